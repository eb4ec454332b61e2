//! Model files: what is not one is rejected with a word on what and where, fast and without a
//! panic; what loads gives probabilities.

use std::path::Path;
use std::time::{Duration, Instant};

use saring::{Calibration, Classifier, Label, Lexicon, Model, Stages};
use serde_json::{Value, json};

#[cfg(feature = "cli")]
mod common;

const HTML: &str = "<title>Pasar - Warta</title><nav class=menu><a href=/>Beranda</a></nav><article>\
    <h1>Pasar Pagi Dibuka</h1><p>Pasar di tepi sungai dibuka lagi sesudah dua tahun diperbaiki, \
    kata pengelola.</p><p><a href=/x>Baca juga: harga cabai naik</a></p></article><footer>Hak cipta</footer>";
const TEXT: &str =
    "Pasar Pagi Dibuka\nPasar di tepi sungai dibuka lagi.\nBaca juga: harga cabai naik";

/// The embedded model, cut down so that it can be loaded hundreds of times.
fn small() -> Model {
    let mut model = Model::pretrained().clone();
    let lexicon: Lexicon = serde_json::from_value(json!({
        "word": {"baca": -1.5, "sungai": 0.75, "pasar": 0.5},
        "own_class": {"menu": -2.0},
    }))
    .unwrap();
    for stages in model.structured.iter_mut().chain(&mut model.plain) {
        keep_kinds(stages, &[Label::Related, Label::Legal]);
        for scorer in stages.kinds.values_mut().chain([&mut stages.content]) {
            scorer.lexicon = lexicon.clone();
        }
    }
    model
}

/// Drops the other kinds, and what stage two knows of them.
fn keep_kinds(stages: &mut Stages, kinds: &[Label]) {
    stages.kinds.retain(|kind, _| kinds.contains(kind));
    let known = |name: &str| match name.strip_prefix("kind_") {
        Some(of) => kinds.iter().any(|kind| of.starts_with(&format!("{kind}_"))),
        None => true,
    };
    for scorer in stages.kinds.values_mut().chain([&mut stages.content]) {
        scorer.second.iter_mut().for_each(|two| two.weights.retain(|w| known(&w.name)));
    }
}

fn plain(model: &Model) -> &Stages {
    model.plain.as_ref().unwrap()
}

#[cfg(feature = "cli")]
fn plain_mut(model: &mut Model) -> &mut Stages {
    model.plain.as_mut().unwrap()
}

fn to_value(model: &Model) -> Value {
    serde_json::from_str(&model.to_json()).unwrap()
}

/// The small model after a change to its JSON.
fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value = to_value(&small());
    change(&mut value);
    serde_json::to_vec(&value).unwrap()
}

fn rejection(bytes: &[u8]) -> String {
    match Model::from_json(bytes) {
        Ok(_) => panic!("loads: {}", String::from_utf8_lossy(&bytes[..bytes.len().min(200)])),
        Err(error) => error.to_string(),
    }
}

/// Classifies with the model and checks that what comes out are probabilities.
fn check_probabilities(model: Model, what: &str) {
    let classifier = Classifier::new(model);
    for page in [classifier.classify(HTML), classifier.classify_text(TEXT)] {
        assert!(page.blocks.len() >= 3);
        assert!((0.0..=1.0).contains(&page.confidence), "{what}: {}", page.confidence);
        for block in page.blocks {
            assert!((0.0..=1.0).contains(&block.probability), "{what}: {block:?}");
        }
    }
}

#[test]
fn json_and_back_gives_the_same_model_and_bytes() {
    for model in [small(), Model::pretrained().clone()] {
        let json = model.to_json();
        let read = Model::from_json(json.as_bytes()).unwrap();
        assert!(read == model);
        assert!(read.to_json() == json);
    }
    // The order of keys and the white space of the file do not matter.
    let value = to_value(&small());
    for text in [value.to_string(), format!("\n{value:#}  \n")] {
        assert!(Model::from_json(text.as_bytes()).unwrap() == small());
    }
    // A feature has a line of its own, for diff.
    let feature = plain(&small()).content.logistic.weights[0].name.clone();
    let lines = small().to_json().lines().filter(|l| l.contains(&format!("\"{feature}\""))).count();
    let structured = small().structured.unwrap();
    assert!(lines >= 2 + plain(&small()).kinds.len() + structured.kinds.len(), "{lines}");
}

#[test]
fn a_file_that_ends_early_is_rejected_wherever_it_ends() {
    let json = small().to_json();
    let whole = json.trim_end().len();
    for part in 0..50 {
        let message = rejection(&json.as_bytes()[..whole * part / 50]);
        // Within a number it is the number that ends too early.
        let ends = message.contains("EOF while parsing") || message.contains("invalid number");
        assert!(ends, "{part}: {message}");
        assert!(message.contains(" at line ") && message.contains(" column "), "{message}");
    }
    assert!(rejection(&json.as_bytes()[..whole - 1]).contains("EOF while parsing"));
    assert!(rejection(format!("{json}]").as_bytes()).contains("trailing characters at line"));
}

#[test]
fn what_is_no_model_is_rejected() {
    let cases: [(&[u8], &str); 10] = [
        (b"", "EOF while parsing a value at line 1 column 0"),
        (b"\n", "EOF while parsing"),
        (b"{}", "format is None, not \"saring-model\""),
        (b"[]", "invalid"),
        (b"null", "invalid type: null"),
        (b"NaN", "expected value at line 1 column 1"),
        (b"\x1f\x8b\x08\x00", "expected value"),
        (b"{\"format\":\"saring-model\"}", "version (missing) is not 2"),
        (b"{\"format\":\"saring-model\",\"version\":2}", "missing field"),
        (b"{\"format\":\"saring-model\",\"version\":2,\"version\":2}", "duplicate field `version`"),
    ];
    for (bytes, expected) in cases {
        let message = rejection(bytes);
        assert!(message.starts_with("model: ") && message.contains(expected), "{message}");
    }
    // No key makes the reader call itself a million times.
    for key in ["format", "plain", "mood"] {
        let nested = format!(
            "{{\"format\":\"saring-model\",\"version\":2,\"{key}\":{}",
            "[".repeat(1 << 20)
        );
        assert!(rejection(nested.as_bytes()).len() < 200);
    }
}

#[test]
fn other_formats_and_versions_are_named() {
    let cases = [
        ("format", json!("onnx"), "format is Some(\"onnx\"), not \"saring-model\""),
        ("version", json!(1), "version 1 is not 2, the one this saring reads"),
        ("version", json!(0), "version 0 is not 2"),
        ("version", json!("1"), "invalid type: string \"1\""),
        ("version", json!(-1), "invalid value: integer `-1`"),
    ];
    for (key, value, expected) in cases {
        let message = rejection(&changed(|model| model[key] = value));
        assert!(message.contains(expected), "{message}");
    }
    // The version is looked at first: a newer file may have anything in it.
    let message = rejection(br#"{"format":"saring-model","version":7,"forest":[{}]}"#);
    assert!(message.contains("version 7 is not 2"), "{message}");
}

#[test]
fn features_must_be_those_of_this_version_in_order() {
    let names: Vec<String> =
        plain(&small()).content.logistic.weights.iter().map(|w| w.name.clone()).collect();
    type Change = fn(&mut Vec<Value>);
    let cases: [(Change, String); 7] = [
        (|w| w[4][0] = json!("mood"), "feature \"mood\" is unknown to this version".into()),
        (|w| drop(w.remove(4)), format!("feature {:?} is missing", names[4])),
        (|w| w.clear(), format!("feature {:?} is missing", names[0])),
        (|w| drop(w.pop()), format!("feature {:?} is missing", names[names.len() - 1])),
        (|w| w.push(w[4].clone()), format!("feature {:?} is there twice", names[4])),
        (|w| w[5] = w[4].clone(), format!("feature {:?} is there twice", names[4])),
        (|w| w.swap(4, 5), format!("feature {:?} is not in its place, 4", names[4])),
    ];
    let parts =
        ["/plain/content/logistic", "/structured/kinds/related/logistic", "/structured/cut"];
    for part in parts {
        for (change, expected) in &cases {
            let bytes = changed(|model| {
                let weights = model.pointer_mut(&format!("{part}/weights")).unwrap();
                change(weights.as_array_mut().unwrap());
            });
            let message = rejection(&bytes);
            // The names in the messages are those of the plain content model.
            let expected = match part {
                "/plain/content/logistic" => format!("model: plain.content: {expected}"),
                _ => {
                    let dotted = part[1..].replace("/logistic", "").replace("/kinds", "");
                    let what = expected.rsplit("\" ").next().unwrap();
                    assert!(message.ends_with(what), "{message}");
                    format!("model: {}: feature ", dotted.replace('/', "."))
                }
            };
            assert!(message.starts_with(&expected), "{message}, not {expected}");
        }
    }
}

#[test]
fn numbers_must_be_finite_and_within_reason() {
    let places = [
        ("/plain/content/logistic/intercept", "plain.content: intercept"),
        ("/plain/content/logistic/weights/0/1", "plain.content: feature \""),
        ("/structured/content/logistic/weights/3/2", "structured.content: feature \""),
        ("/structured/kinds/legal/logistic/weights/3/3", "structured.legal: feature \""),
        ("/structured/cut/weights/1/1", "structured.cut: feature \""),
        ("/plain/content/lexicon/word/sungai", "plain.content: word \"sungai\""),
        ("/structured/calibration/slope", "structured.calibration"),
        ("/plain/calibration/intercept", "plain.calibration"),
    ];
    for (place, expected) in places {
        for number in [3e38, -3e38, 1.01e8, -1e9] {
            let bytes = changed(|model| *model.pointer_mut(place).unwrap() = json!(number));
            let message = rejection(&bytes);
            assert!(message.starts_with(&format!("model: {expected}")), "{message}");
            assert!(message.contains("not finite, or beyond 1e8"), "{message}");
        }
        // 1e39 is finite in 64 bits, not in the 32 that are computed with.
        for literal in ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e39"] {
            let bytes = changed(|model| *model.pointer_mut(place).unwrap() = json!("HERE"));
            let text = String::from_utf8(bytes).unwrap().replace("\"HERE\"", literal);
            let message = rejection(text.as_bytes());
            let expected = if literal.ends_with('9') { "number out of range" } else { "" };
            assert!(
                message.contains(expected) && message.contains(" at line 1 column "),
                "{message}"
            );
        }
    }
}

#[test]
fn other_shapes_are_rejected() {
    let cases = [
        ("/mood", json!(1), "unknown field `mood`"),
        ("/plain/mood", json!(1), "unknown field `mood`"),
        ("/plain/content/mood", json!(1), "unknown field `mood`"),
        ("/plain/content/logistic/mood", json!(1), "unknown field `mood`"),
        ("/plain/calibration/mood", json!(1), "unknown field `mood`"),
        ("/provenance/mood", json!(1), "unknown field `mood`"),
        ("/plain", json!([]), "invalid"),
        ("/plain/content", Value::Null, "invalid type: null"),
        ("/structured", json!(3), "invalid type: integer `3`"),
        ("/provenance", Value::Null, "invalid type: null"),
        ("/plain/kinds", json!([]), "invalid type: sequence"),
        ("/plain/kinds/advert", json!({}), "unknown variant `advert`"),
        ("/plain/content/lexicon/mood", json!({}), "unknown variant `mood`"),
        ("/plain/content/lexicon/word/sungai", json!("1"), "invalid type: string"),
        ("/plain/content/logistic/intercept", json!("0"), "invalid type: string"),
        ("/plain/content/logistic/weights", json!({}), "invalid type: map"),
        ("/plain/content/logistic/weights/0", json!(["words", 1.0, 0.0]), "invalid length 3"),
        ("/plain/content/logistic/weights/0", json!({"words": 1.0}), "invalid type: map"),
        ("/plain/calibration", json!({"slope": 1.0}), "missing field `intercept`"),
        ("/provenance/metrics/f1", Value::Null, "invalid type: null"),
    ];
    for (place, value, expected) in cases {
        let bytes = changed(|model| {
            let (parent, key) = place.rsplit_once('/').unwrap();
            match model.pointer_mut(parent).unwrap() {
                Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
                parent => parent[key] = value,
            }
        });
        let message = rejection(&bytes);
        assert!(message.contains(expected), "{place}: {message}");
        assert!(message.contains(" at line "), "{place}: {message}");
    }
    for required in ["format", "version", "provenance"] {
        let bytes = changed(|model| drop(model.as_object_mut().unwrap().remove(required)));
        assert!(rejection(&bytes).contains(required));
    }
}

#[test]
fn what_may_be_left_out_may_be_left_out() {
    let bytes = changed(|model| {
        model["structured"] = Value::Null;
        model["plain"]["cut"] = Value::Null;
        model["plain"]["content"]["second"] = Value::Null;
        model["plain"]["kinds"] = json!({});
        model["plain"]["content"]["lexicon"] = json!({});
    });
    let model = Model::from_json(&bytes).unwrap();
    assert!(model.structured.is_none());
    let page = Classifier::new(model.clone()).classify(HTML);
    let two_classes = |label| [Label::Content, Label::Boilerplate].contains(&label);
    assert!(page.blocks.iter().all(|block| two_classes(block.label)));
    assert!(page.blocks.iter().all(|block| block.kept == (block.probability >= 0.5)));
    check_probabilities(model, "least");
    // One of the two forms is enough for both kinds of input.
    let bytes = changed(|model| model["plain"] = Value::Null);
    check_probabilities(Model::from_json(&bytes).unwrap(), "pages alone");
    let bytes = changed(|model| (model["plain"], model["structured"]) = Default::default());
    assert!(rejection(&bytes).contains("neither \"structured\" nor \"plain\" is there"));
}

#[test]
fn too_much_is_rejected_before_it_is_read() {
    let start = Instant::now();
    let digits = vec![b'7'; 65 << 20];
    assert!(rejection(&digits).contains("68157440 bytes is more than"));
    let folder = tempfile();
    let path = folder.join("digits.json");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(1 << 30).unwrap();
    let message = Model::load(&path).unwrap_err().to_string();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(message.contains("digits.json: 1073741824 bytes is more than"), "{message}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn many_digits_are_read_in_time() {
    let start = Instant::now();
    let digits = "7".repeat(20 << 20);
    for text in [
        digits.clone(),
        format!("{{\"format\":{digits}}}"),
        format!("{{\"version\":{digits}}}"),
        format!("{{\"format\":\"saring-model\",\"version\":2,\"plain\":0.{digits}}}"),
    ] {
        assert!(rejection(text.as_bytes()).len() < 400);
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
#[cfg(unix)]
fn a_device_without_end_is_no_model() {
    let message = Model::load(Path::new("/dev/zero")).unwrap_err().to_string();
    assert!(message.contains("/dev/zero: 67108865 bytes is more than"), "{message}");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    for path in ["no/such/model.json", env!("CARGO_MANIFEST_DIR")] {
        let message = Model::load(Path::new(path)).unwrap_err().to_string();
        assert!(message.starts_with(&format!("{path}: ")), "{message}");
    }
    // A file that is read and is no model is named too.
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let message = Model::load(&manifest).unwrap_err().to_string();
    assert!(message.contains("Cargo.toml: "), "{message}");
    assert!(message.contains("at line 1 column"), "{message}");
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }
}

#[test]
fn flipped_bytes_never_break_anything() {
    let json = small().to_json();
    let mut random = Random(0x5EED);
    let (mut loaded, mut rejected) = (0, 0);
    for round in 0..300 {
        let mut bytes = json.clone().into_bytes();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            // Half of the changes are such that numbers stay numbers, for models that load.
            match round % 2 {
                0 => bytes[at] ^= 1 << random.below(8),
                _ if bytes[at].is_ascii_digit() => bytes[at] = b"0123456789e.-"[random.below(13)],
                _ => {}
            }
        }
        match Model::from_json(&bytes) {
            Err(error) => {
                rejected += 1;
                assert!(error.to_string().starts_with("model: "), "{error}");
            }
            Ok(model) => {
                loaded += 1;
                check_probabilities(model, &format!("round {round}"));
            }
        }
    }
    assert!(loaded > 50 && rejected > 50, "{loaded} loaded, {rejected} rejected");
}

#[test]
fn the_largest_numbers_allowed_give_probabilities() {
    for signs in [[1e8, 1e8], [1e8, -1e8], [-1e8, -1e8]] {
        for slope in [1e8, -1e8, 0.0] {
            let mut model = small();
            for stages in model.structured.iter_mut().chain(&mut model.plain) {
                stages.calibration = Calibration { slope, intercept: signs[0] };
                let scorers = stages.kinds.values_mut().chain([&mut stages.content]);
                let parts = scorers.flat_map(|scorer| {
                    [&mut scorer.logistic].into_iter().chain(&mut scorer.second)
                });
                for logistic in parts.chain(&mut stages.cut) {
                    logistic.intercept = signs[1];
                    for (n, weight) in logistic.weights.iter_mut().enumerate() {
                        weight.weight = signs[n % 2];
                    }
                }
            }
            let model = Model::from_json(model.to_json().as_bytes()).unwrap();
            check_probabilities(model, &format!("{signs:?} {slope}"));
        }
    }
}

/// A new folder; the library alone has no crate for that.
fn tempfile() -> std::path::PathBuf {
    let name = format!("saring-model-file-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// `saring model` as a process.
#[cfg(feature = "cli")]
mod process {
    use super::common::{Run, folder, saring};
    use super::*;

    fn done(run: Run) -> String {
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
        run.stdout
    }

    #[test]
    fn inspect_tells_where_a_model_comes_from_and_what_it_weighs() {
        let mut model = small();
        model.provenance.data[0].name = "pasar.csv".into();
        model.provenance.data[0].digest = "00112233aabbccdd".into();
        model.provenance.metrics.insert("f1".into(), 0.875);
        for weight in &mut plain_mut(&mut model).content.logistic.weights {
            weight.weight = 0.0;
        }
        let weight = &mut plain_mut(&mut model).content.logistic.weights[7];
        (weight.weight, weight.deviation) = (-2.0, 1.5);
        let name = weight.name.clone();
        let folder = folder(&[("m.json", model.to_json().as_bytes())]);
        let text = done(saring(folder.path(), &["model", "inspect", "m.json", "--top", "2"]));
        assert!(text.contains("\ndata pasar.csv (xxh3 00112233aabbccdd): "), "{text}");
        assert!(text.contains("\nheld-out f1 = 0.875\n"), "{text}");
        assert!(text.contains("\noption folds = "), "{text}");
        let (_, plain) = text.split_once("\nplain text, content: log-odds per ").unwrap();
        assert_eq!(plain.lines().nth(1).unwrap(), format!("    -3.000  {name}"));
        assert!(plain.contains(
            "strongest of 4 tokens\n    -2.000  own_class   menu\n    -1.500  word        baca\n"
        ));
        assert!(!plain.contains("sungai"), "more than two: {plain}");
    }

    #[test]
    fn inspect_shows_the_embedded_model_where_none_is_named() {
        let text = done(saring(Path::new("."), &["model", "inspect"]));
        for source in &Model::pretrained().provenance.data {
            assert!(text.contains(&source.digest), "{text}");
        }
        assert!(text.contains("\npages, content: log-odds per "), "{text}");
    }

    #[test]
    fn diff_names_what_has_changed() {
        let a = small();
        let mut b = a.clone();
        let weight = &mut plain_mut(&mut b).content.logistic.weights[7];
        (weight.weight, weight.deviation) = (3.0, 0.5);
        let name = weight.name.clone();
        let before = &plain(&a).content.logistic.weights[7];
        let before = before.weight * before.deviation;
        let structured = b.structured.as_mut().unwrap();
        structured.content.lexicon =
            serde_json::from_value(json!({"word": {"baca": 2.5, "sungai": 0.75, "pasar": 0.5}}))
                .unwrap();
        structured.kinds.get_mut(&Label::Legal).unwrap().logistic.intercept = 41.0;
        plain_mut(&mut b).calibration.intercept = 7.5;
        keep_kinds(plain_mut(&mut b), &[Label::Legal]);
        b.provenance.metrics.insert("f1".into(), 0.123);
        let folder = folder(&[
            ("a.json", a.to_json().as_bytes()),
            ("same.json", a.to_json().as_bytes()),
            ("b.json", b.to_json().as_bytes()),
        ]);
        let diff = |a, b| done(saring(folder.path(), &["model", "diff", a, b]));
        assert_eq!(diff("a.json", "same.json"), "the models are equal\n");
        let text = diff("a.json", "b.json");
        let expected = [
            format!("held-out f1: {} -> 0.123\n", a.provenance.metrics["f1"]),
            format!(
                "plain text, content: 1 weights differ\n  {before:>+8.3} ->   +1.500  {name}\n"
            ),
            "pages, content: 0 weights differ\n".into(),
            "pages, legal: 1 weights differ\n".into(),
            " ->  +41.000  (intercept)\n".into(),
            "plain text, related: only in the first\n".into(),
            format!("plain text, calibration: {} * logit", plain(&a).calibration.slope),
            " * logit + 7.5\n".into(),
            "pages, lexicon: 2 tokens differ\n".into(),
            "    -1.500 ->   +2.500  word        baca\n".into(),
            "    -2.000 ->   +0.000  own_class   menu\n".into(),
            "plain text, lexicon: 0 tokens differ\n".into(),
        ];
        for expected in expected {
            assert!(text.contains(&expected), "no {expected:?} in {text}");
        }
        assert!(!text.contains("sungai"), "{text}");
        let back = diff("b.json", "a.json");
        assert!(back.contains("plain text, related: only in the second\n"), "{back}");
    }

    #[test]
    fn diff_tells_models_of_one_form_apart() {
        let a = small();
        let mut b = a.clone();
        b.structured = None;
        let folder =
            folder(&[("a.json", a.to_json().as_bytes()), ("b.json", b.to_json().as_bytes())]);
        let diff = |a, b| done(saring(folder.path(), &["model", "diff", a, b]));
        assert!(diff("a.json", "b.json").contains("pages: only in the first\n"));
        assert!(diff("b.json", "a.json").contains("pages: only in the second\n"));
    }

    #[test]
    fn models_that_cannot_be_read_are_named() {
        // At the end of a line: a number cut in two is another error.
        let whole = small().to_json();
        let cut = &whole[..whole[..1000].rfind('\n').unwrap()];
        let folder = folder(&[("ok.json", whole.as_bytes()), ("cut.json", cut.as_bytes())]);
        let cases: [(&[&str], &str); 5] = [
            (&["model", "inspect", "gone.json"], "saring: gone.json: No such file"),
            (&["model", "diff", "ok.json", "gone.json"], "saring: gone.json: No such file"),
            (
                &["model", "diff", "cut.json", "ok.json"],
                "saring: model: cut.json: EOF while parsing",
            ),
            (&["model", "inspect", "cut.json"], "saring: model: cut.json: EOF while parsing"),
            (&["classify", "ok.json", "--model", "cut.json"], "saring: model: cut.json: EOF"),
        ];
        for (args, expected) in cases {
            let run = saring(folder.path(), args);
            assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{args:?}");
            assert!(run.stderr.starts_with(expected), "{args:?}: {}", run.stderr);
            assert_eq!(run.stderr.lines().count(), 1);
        }
    }
}
