//! Model files: an error, or a model that classifies. The same of site memories, which are JSON too.

use std::sync::LazyLock;

use saring::train::{Options, Progress, train};
use saring::{Classifier, Dataset, Error, LabelledPage, Limits, Model, SiteMemory};
use saring::{segment_annotated, segment_html, segment_text};
use serde_json::{Value, json};

use super::document::check_page;

/// The input is a file; or, after a first byte of `0` to `3`, changes to a model of ours:
///
/// - `0` and `1`: bytes, each after its position in four bytes,
/// - `2` and `3`: values, each as its number in two bytes and what becomes of it.
pub fn model(bytes: &[u8]) {
    let models = &*TINY;
    match bytes.split_first() {
        Some((&which @ (b'0' | b'1'), changes)) => {
            let mut file = models[usize::from(which - b'0')].clone().into_bytes();
            for change in changes.chunks_exact(5) {
                let at = u32::from_le_bytes([change[0], change[1], change[2], change[3]]);
                let at = at as usize % file.len();
                file[at] = change[4];
            }
            check(&file);
        }
        Some((&which @ (b'2' | b'3'), changes)) => {
            let file = &models[usize::from(which - b'2')];
            let mut file: Value = serde_json::from_str(file).expect("a model is JSON");
            for change in changes.chunks_exact(3) {
                let number = usize::from(u16::from_le_bytes([change[0], change[1]]));
                let mut number = number % count(&file);
                change_value(nth(&mut file, &mut number).expect("so many there are"), change[2]);
            }
            check(&serde_json::to_vec(&file).expect("JSON"));
        }
        _ => check(bytes),
    }
}

const HTML: &str = "<title>Pasar - Warta</title><nav class=menu><a href=/>Beranda</a></nav><article>\
    <h1>Pasar Pagi Dibuka</h1><p>Pasar di tepi sungai dibuka lagi sesudah dua tahun diperbaiki, \
    kata pengelola.</p><p><a href=/x>Baca juga: harga cabai naik</a></p></article><footer>Hak cipta</footer>";

fn check(file: &[u8]) {
    match SiteMemory::from_json(file) {
        Ok(memory) => {
            let written = memory.to_json();
            let again =
                SiteMemory::from_json(written.as_bytes()).expect("a memory that was written");
            assert_eq!(again.to_json(), written);
        }
        Err(error) => assert!(matches!(error, Error::Site(_)), "{error}"),
    }
    let model = match Model::from_json(file) {
        Ok(model) => model,
        Err(error) => {
            assert!(matches!(error, Error::Model(_)), "{error}");
            return;
        }
    };
    let written = model.to_json();
    let again = Model::from_json(written.as_bytes()).expect("a model that was written");
    assert!(again == model && again.to_json() == written);
    let classifier = Classifier::new(model);
    let limits = Limits::default();
    let html = segment_html(HTML, &limits);
    check_page(&classifier.classify(HTML), &html);
    let text = html.to_plain().blocks.into_iter().map(|b| b.text).collect::<Vec<_>>().join("\n");
    check_page(&classifier.classify_text(&text), &segment_text(&text, &limits));
    // Reasons take much longer than labels.
    if file.len().is_multiple_of(16) {
        assert_eq!(classifier.explain(HTML).page, classifier.classify(HTML));
    }
}

/// Two models of a few pages: one of two classes and text alone, one of pages with a kind.
static TINY: LazyLock<[String; 2]> = LazyLock::new(|| {
    let pages: Vec<LabelledPage> = (0..6).map(page).collect();
    let options = Options {
        folds: 2,
        rows: 200,
        lexicon_entries: 32,
        held_out: 0,
        kinds: true,
        ..Options::default()
    };
    let trained = |data: Dataset, options: Options| {
        let model = train(&data, &options, &Progress::new(&|_| ())).expect("enough data").model;
        model.expect("a model was asked for").to_json()
    };
    let text = pages.iter().map(LabelledPage::to_plain).collect();
    let text = Dataset { pages: text, ..Dataset::default() };
    let html = Dataset { pages, ..Dataset::default() };
    let few = Options { kinds: false, ..options.clone() };
    [trained(text, few), trained(html, Options { plain: false, ..options })]
});

fn page(n: usize) -> LabelledPage {
    let html = format!(
        "<nav data-label=navigation><a href=/>Beranda {n}</a></nav><h1 data-label=headline>Pasar \
         {n}</h1><p data-label=content>Pasar ke-{n} di tepi sungai dibuka lagi sesudah {n} tahun \
         diperbaiki, kata pengelola.<p data-label=content>Pedagang ikan kembali ke kios mereka, \
         dan jalan ke dermaga sudah rata.<footer data-label=navigation>Tentang kami</footer>"
    );
    let (document, labels) = segment_annotated(&html, &Limits::default());
    let labels: Vec<_> = labels.into_iter().map(|label| label?.parse().ok()).collect();
    LabelledPage {
        name: format!("{n}.html"),
        group: format!("situs{n}.example"),
        weights: vec![1.0; labels.len()],
        labels,
        document,
    }
}

/// How many values a value has, with itself.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(count).sum::<usize>(),
        Value::Object(values) => 1 + values.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

/// The value that so many others are before; counts down.
fn nth<'a>(value: &'a mut Value, before: &mut usize) -> Option<&'a mut Value> {
    if *before == 0 {
        return Some(value);
    }
    *before -= 1;
    match value {
        Value::Array(values) => values.iter_mut().find_map(|value| nth(value, before)),
        Value::Object(values) => values.values_mut().find_map(|value| nth(value, before)),
        _ => None,
    }
}

fn change_value(value: &mut Value, how: u8) {
    if let Value::Array(values) = value {
        match how % 4 {
            0 => drop(values.pop()),
            1 => values.extend(values.last().cloned()),
            2 => values.reverse(),
            _ => {}
        }
    } else if let Value::Object(values) = value
        && how.is_multiple_of(2)
    {
        let first = values.keys().next().cloned();
        first.and_then(|key| values.remove(&key));
    } else {
        let others = [
            json!(0),
            json!(-0.0),
            json!(1e8),
            json!(-1e8),
            json!(1e9),
            json!(1e300),
            json!(1e-40),
            json!(-1),
            json!(u64::MAX),
            json!(null),
            json!(true),
            json!(""),
            json!("content"),
            json!([]),
            json!({}),
            json!(f32::MAX),
        ];
        *value = others[usize::from(how) % others.len()].clone();
    }
}
