//! `saring train` as a process: from a few pages or rows to a model with its card, and what it says
//! of data that it cannot use.
#![cfg(feature = "cli")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Run, folder, names, saring};
use saring::{Classifier, Dataset, Label, Limits, Model, segment_annotated};
use serde_json::Value;

/// Twelve pages of six sites, and four of other sites that the model does not see.
const SEEN: [&str; 12] = [
    "lensakulon-1",
    "lensakulon-2",
    "lensakulon-3",
    "kronikapasundan-2",
    "kronikapasundan-3",
    "niagaharian-1",
    "niagaharian-3",
    "suarapelita-1",
    "suarapelita-3",
    "tribunhijau-3",
    "saltandsorrel-2",
    "saltandsorrel-1",
];
const UNSEEN: [&str; 4] = ["kabarmuara-1", "gatramuara-2", "kabarsauh-1", "harlowledger-1"];

const CONTENT: [&str; 20] = [
    "Warga menanam bakau di pesisir utara sejak pagi, kata ketua kelompok tani.",
    "Perahu kedua tiba menjelang sore dengan muatan beras dan minyak goreng.",
    "Menurut kepala desa, saluran air itu terakhir diperbaiki tujuh tahun lalu.",
    "Hujan turun tiga hari, tetapi jalan ke pasar tetap dapat dilalui kendaraan.",
    "Sekolah itu menerima dua puluh murid baru dari kampung di seberang sungai.",
    "Para nelayan sepakat libur melaut setiap bulan purnama agar ikan bertelur.",
    "Harga cabai di tingkat petani turun setelah panen raya di dua kabupaten.",
    "Ia belajar menenun dari neneknya dan kini mengajar belasan anak muda.",
    "Jembatan gantung sepanjang enam puluh meter itu dibangun dengan gotong royong.",
    "Tim dokter hewan memeriksa sapi satu per satu sebelum pasar ternak dibuka.",
    "Penduduk mengumpulkan botol bekas dan menukarnya dengan bibit pohon buah.",
    "Listrik tenaga air itu cukup untuk menerangi empat puluh rumah setiap malam.",
    "Kelompok musik kampung tampil dengan alat yang dibuat dari bambu tua.",
    "Dinas pertanian mencatat luas sawah bertambah sebelas hektare tahun ini.",
    "Anak-anak belajar berenang di kolam yang airnya datang dari mata air.",
    "Pedagang kecil memilih pindah ke lantai dua karena atapnya tidak bocor.",
    "Peneliti menemukan jenis katak kecil yang belum pernah dicatat di hutan itu.",
    "Ketua panitia berkata bahwa lomba perahu tahun depan dimulai lebih pagi.",
    "Kapal patroli membawa pulang enam orang yang tersesat sejak hari Senin.",
    "Perpustakaan keliling singgah di lima desa dan meminjamkan ratusan buku.",
];

const PROMO: [&str; 10] = [
    "Gabung saluran WhatsApp kami",
    "Unduh aplikasi kami gratis",
    "Langganan sekarang, baca tanpa iklan",
    "Ikuti kanal Telegram kami",
    "Daftar buletin mingguan kami",
    "Jadi anggota dan baca tanpa iklan",
    "Ikuti kami di saluran WhatsApp",
    "Unduh aplikasi dan langganan sekarang",
    "Daftar gratis, gabung kanal kami",
    "Langganan buletin kami gratis",
];

const RELATED: [&str; 10] = [
    "Baca juga: Harga Beras Turun",
    "Baca juga: Jalan Desa Diperbaiki",
    "Lihat juga: Lomba Perahu Dimulai",
    "Baca juga: Pasar Ternak Dibuka",
    "Baca juga: Sekolah Apung Diresmikan",
    "Lihat juga: Panen Garam Melimpah",
    "Baca juga: Jembatan Gantung Selesai",
    "Lihat juga: Kereta Pagi Ditambah",
    "Baca juga: Hutan Bakau Meluas",
    "Lihat juga: Kopi Gunung Dipanen",
];

/// Forty rows of text and label.
fn two_columns() -> String {
    let labelled = [(&CONTENT[..], "content"), (&PROMO[..], "promo"), (&RELATED[..], "related")];
    let mut csv = "text,label\n".to_string();
    for (texts, label) in labelled {
        texts.iter().for_each(|text| csv += &format!("\"{text}\",{label}\n"));
    }
    csv
}

fn page_path(name: &str) -> String {
    format!("{}/training-data/pages/{name}.html", env!("CARGO_MANIFEST_DIR"))
}

fn done(run: Run) -> Run {
    assert_eq!(run.code, 0, "{}", run.stderr);
    run
}

/// The rows of the table of figures: label to precision, recall, F1 and blocks.
fn table(text: &str) -> BTreeMap<String, [f64; 4]> {
    let (_, rows) =
        text.split_once("label            precision    recall        F1    blocks\n").unwrap();
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap().to_string();
        let figures: Vec<f64> = words.map(|word| word.parse().unwrap()).collect();
        (name, figures.try_into().unwrap())
    };
    rows.lines().take_while(|line| !line.is_empty()).map(row).collect()
}

#[test]
fn a_dozen_pages_make_a_model() {
    let folder = folder(&[("a/data.csv", b""), ("b/other.txt", b"")]);
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    let pages = SEEN.map(page_path);
    let mut args = vec!["blocks", "-o", "data.csv"];
    args.extend(pages.iter().map(String::as_str));
    done(saring(&a, &args));
    let data = std::fs::read(a.join("data.csv")).unwrap();

    // Twice at the same time: from another folder, with other paths and another number of threads.
    let options = ["--folds", "3", "--held-out", "2", "--rows", "2000", "--lexicon", "500"];
    let options = [&options[..], &["--penalty", "100"]].concat();
    let again = Command::new(env!("CARGO_BIN_EXE_saring"))
        .args(["train", "../a/data.csv", "--out", "other.json"])
        .args(&options)
        .env("RAYON_NUM_THREADS", "1")
        .current_dir(&b)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let args = [&["train", "data.csv", "--out", "model.json"], &options[..]].concat();
    let run = done(saring(&a, &args));
    assert_eq!(again.wait_with_output().unwrap().status.code(), Some(0));
    assert_eq!(names(&a), ["data.csv", "model.json", "model.md"]);
    assert_eq!(names(&b), ["other.json", "other.md", "other.txt"]);
    let bytes = std::fs::read(a.join("model.json")).unwrap();
    assert!(bytes == std::fs::read(b.join("other.json")).unwrap(), "the same data, another model");

    // What is printed.
    let dataset = Dataset::read([a.join("data.csv")]).unwrap();
    let figures = table(&run.stdout);
    let kept = figures["kept"];
    assert!(run.stdout.starts_with(&format!("{} blocks of ", kept[3])), "{}", run.stdout);
    assert!(run.stdout.contains(" pages, each by a model that has not seen its domain\n"));
    let blocks: f64 = figures.iter().filter(|(name, _)| *name != "kept").map(|(_, f)| f[3]).sum();
    assert_eq!(blocks, kept[3]);
    // Two of three parts are held out.
    let rows = dataset.label_counts().values().sum::<usize>() as f64;
    assert!(kept[3] > rows * 0.4 && kept[3] < rows * 0.9, "{} of {rows}", kept[3]);
    for (name, [precision, recall, f1, _]) in &figures {
        assert!(name == "kept" || name.parse::<Label>().is_ok(), "{name}");
        assert!([precision, recall, f1].into_iter().all(|f| (0.0..=1.0).contains(f)), "{name}");
    }
    for label in ["content", "headline", "navigation", "related", "promo"] {
        assert!(figures.contains_key(label), "{}", run.stdout);
    }
    for form in ["pages", "plain text"] {
        let (_, weights) =
            run.stdout.split_once(&format!("\n{form}, content: log-odds per ")).unwrap();
        let weights: Vec<&str> = weights.lines().skip(1).take(10).collect();
        assert_eq!(weights.len(), 10);
        let sizes = weights.iter().map(|line| {
            let (value, name) = line.trim_start().split_once("  ").unwrap();
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{line}");
            assert!(value.starts_with(['+', '-']), "{line}");
            value.parse::<f64>().unwrap().abs()
        });
        let sizes: Vec<f64> = sizes.collect();
        assert!(sizes[9] > 0.0 && sizes.is_sorted_by(|a, b| a >= b), "{weights:?}");
    }
    let progress: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(progress[0], "pages: computing features of 12 pages");
    assert!(progress.last().unwrap().starts_with("wrote model.json ("), "{progress:?}");

    // What the model says of itself.
    let model = Model::load(&a.join("model.json")).unwrap();
    assert!(model.to_json().as_bytes() == bytes);
    let [source] = &model.provenance.data[..] else { panic!("{:?}", model.provenance.data) };
    assert_eq!((source.name.as_str(), &source.digest), ("data.csv", &saring::digest(&data)));
    assert_eq!((source.rows as f64, source.pages, source.domains), (rows, 12, 6));
    let option = |name: &str| model.provenance.options[name].as_str();
    assert_eq!((option("folds"), option("rows"), option("penalty")), ("3", "2000", "100"));
    assert_eq!(option("lexicon_entries"), "500");
    assert_eq!(model.provenance.metrics["blocks"], kept[3]);
    assert!((model.provenance.metrics["f1"] - kept[2]).abs() <= 0.0006);
    assert!(model.structured.as_ref().unwrap().content.lexicon.len() <= 500);

    // What the card says.
    let card = std::fs::read_to_string(a.join("model.md")).unwrap();
    assert!(card.starts_with("# Model card: model.json\n"), "{card}");
    assert!(card.contains(&format!("xxh3 of the model file: `{}`", saring::digest(&bytes))));
    let row = format!("| data.csv | `{}` | {rows} | 12 | 6 |\n", saring::digest(&data));
    assert!(card.contains(&row), "{card}");
    assert!(card.contains("- lexicon_entries: 500\n"), "{card}");
    assert_eq!(table(&card), figures);

    // What the model does on sites it has not seen: far better than keeping all or nothing.
    let classifier = Classifier::load(a.join("model.json")).unwrap();
    let (mut content, mut furniture) = (Vec::new(), Vec::new());
    for name in UNSEEN {
        let html = std::fs::read_to_string(page_path(name)).unwrap();
        let (document, labels) = segment_annotated(&html, &Limits::default());
        let page = classifier.classify_document(document.clone());
        for (block, label) in page.blocks.iter().zip(&labels) {
            match label.as_deref() {
                Some("content" | "headline") => content.push(block.label.is_main()),
                Some("navigation") => furniture.push(!block.label.is_main()),
                _ => {}
            }
        }
    }
    let share = |hits: &[bool]| hits.iter().filter(|&&hit| hit).count() as f64 / hits.len() as f64;
    assert!(content.len() > 40 && furniture.len() > 40);
    let (content, furniture) = (share(&content), share(&furniture));
    assert!(content > 0.4 && furniture > 0.6 && content + furniture > 1.4, "{content} {furniture}");
}

#[test]
fn two_columns_are_enough() {
    let text = "Kelompok tani menanam padi di sawah yang luasnya enam hektare sejak hari Senin.\n\
                Baca juga: Harga Cabai Turun\n\
                Ketua kelompok berkata bahwa air datang dari mata air di hutan itu setiap pagi.\n\
                Gabung saluran Telegram kami gratis\n";
    let html: String = text.lines().map(|line| format!("<p>{line}</p>\n")).collect();
    let folder = folder(&[
        ("rows.csv", two_columns().as_bytes()),
        ("page.txt", text.as_bytes()),
        ("page.html", html.as_bytes()),
    ]);
    let args = ["train", "rows.csv", "--out", "rows.json", "--folds", "3"];
    let run = done(saring(folder.path(), &args));
    assert!(!run.stderr.contains("pages: "), "there are only texts: {}", run.stderr);
    let figures = table(&run.stdout);
    assert_eq!(figures["kept"][3], 40.0);
    assert!(figures["kept"][2] > 0.8, "{}", run.stdout);
    let model = Model::load(&folder.path().join("rows.json")).unwrap();
    assert!(model.structured.is_none());
    assert_eq!(model.provenance.data[0].domains, 40);

    // No row of it is a page of several blocks, so the cut learnt of it is not put to the test.
    let args = ["classify", "page.txt", "page.html", "--model", "rows.json", "--threshold", "0.5"];
    let run = done(saring(folder.path(), &args));
    let pages: Vec<Value> = run.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(pages.len(), 2);
    let lines: Vec<&str> = text.lines().collect();
    for page in &pages {
        assert_eq!(page["text"], format!("{}\n{}", lines[0], lines[2]), "{page:#}");
        let labels: Vec<&Value> =
            page["blocks"].as_array().unwrap().iter().map(|block| &block["label"]).collect();
        assert_eq!(labels, ["content", "related", "content", "promo"]);
    }
    assert_eq!(pages[1]["blocks"][1]["path"], "html[1]>body[2]>p[2]");
}

#[test]
fn the_folder_of_the_data_does_not_matter() {
    let csv = two_columns();
    let folder = folder(&[("a/rows.csv", csv.as_bytes()), ("b/c/rows.csv", csv.as_bytes())]);
    let train = |data: &str, out: &str| {
        done(saring(folder.path(), &["train", data, "--out", out, "--held-out", "0"]));
        std::fs::read(folder.path().join(out)).unwrap()
    };
    assert!(train("a/rows.csv", "a.json") == train("b/c/rows.csv", "c.json"));
    let without = std::fs::read_to_string(folder.path().join("a.md")).unwrap();
    assert!(without.contains("no held-out figures"), "{without}");
}

#[test]
fn contradictions_are_noted_and_trained_on() {
    let csv = format!("{}\"{}\",promo\n", two_columns(), CONTENT[3])
        .replace("text,label", "label,x,text");
    // The columns in another order, and one that nobody knows.
    let swapped: String = csv
        .lines()
        .map(|line| match line.rsplit_once(',') {
            Some((text, label)) if text.starts_with('"') => format!("{label},7,{text}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let folder = folder(&[("rows.csv", swapped.as_bytes())]);
    let args = ["train", "rows.csv", "-o", "m.json", "--folds", "3", "--held-out", "0"];
    let run = done(saring(folder.path(), &args));
    let notes: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("note: ")).collect();
    let start: String = CONTENT[3].chars().take(60).collect();
    assert_eq!(
        notes,
        [
            "note: rows.csv: column \"x\" is ignored".to_string(),
            format!(
                "note: rows.csv: 1 rows contradict an earlier one; {start:?} is content and promo"
            ),
        ]
    );
    assert_eq!(names(folder.path()), ["m.json", "m.md", "rows.csv"]);
}

#[test]
fn data_that_cannot_be_used_is_told_with_file_and_line() {
    let one_class: String = CONTENT.iter().map(|text| format!("\"{text}\",content\n")).collect();
    let other_class: String = PROMO.iter().map(|text| format!("{text:?},promo\n")).collect();
    let utf_16: Vec<u8> =
        "\u{feff}text,label\nx,ad\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&[u8], &str); 21] = [
        (b"", "data.csv:1: column \"text\" is missing from the header"),
        (b"text,class\nx,ad\n", "data.csv:1: column \"label\" is missing from the header"),
        (b"label\nad\n", "data.csv:1: column \"text\" is missing from the header"),
        (b"text;label\nx;ad\n", "data.csv:1: column \"text\" is missing from the header"),
        (b"text,label,label\nx,ad,ad\n", "data.csv:1: column \"label\" is there twice"),
        (
            b"text,label\nx,ad\ny,advert\n",
            "data.csv:3: unknown label \"advert\"; labels are content ",
        ),
        (b"text,label\nx,Content\n", "data.csv:2: unknown label \"Content\""),
        (b"text,label\n\"a\nb\",ad\ny,advert\n", "data.csv:4: unknown label"),
        (b"text,label\nx,ad\n\ny\n", "data.csv:4: the row has 1 fields, the header 2"),
        (b"text,label\r\n\r\nx,ad\r\n\r\ny,advert\r\n", "data.csv:5: unknown label"),
        (b"text,label\nx,ad\ny,z,ad\n", "data.csv:3: the row has 3 fields, the header 2"),
        (b"text,label\nok,ad\ncaf\xe9,ad\n", "data.csv:3: text is not UTF-8 at its byte 3"),
        (b"t\xe9xt,label\nok,ad\n", "data.csv:1: the header is not UTF-8"),
        (&utf_16, "data.csv:1: the header is not UTF-8"),
        (b"text,label\n\" \",ad\n", "data.csv:2: text is empty"),
        (b"text,label,weight\nx,ad,-1\n", "data.csv:2: weight is \"-1\", not a number from 0 up"),
        (b"text,label,path\nx,ad,p[q]\n", "data.csv:2: path \"p[q]\""),
        (b"text,label\n", "no row has a label: fill the label column first"),
        (b"text,label\nx,\ny,\n", "no row has a label: fill the label column first"),
        (one_class.as_bytes(), "none of the 20 labelled rows is boilerplate of any kind"),
        (other_class.as_bytes(), "none of the 10 labelled rows is content or headline"),
    ];
    for (content, message) in cases {
        let content = match content {
            // The two lists above come without a header.
            rows if rows.starts_with(b"\"") => [b"text,label\n", rows].concat(),
            whole => whole.to_vec(),
        };
        let folder = folder(&[("data.csv", &content)]);
        let run = saring(folder.path(), &["train", "data.csv", "--out", "model.json"]);
        let text = String::from_utf8_lossy(&content).into_owned();
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{text}");
        assert!(run.stderr.contains(&format!("saring: {message}")), "{text}: {}", run.stderr);
        assert_eq!(names(folder.path()), ["data.csv"], "{text}");
    }
}

#[test]
fn the_second_file_is_named_where_it_is_wrong() {
    let folder =
        folder(&[("ok.csv", two_columns().as_bytes()), ("bad.csv", b"text,label\nx,advert\n")]);
    let train = |data| saring(folder.path(), &["train", "ok.csv", data, "--out", "m.json"]);
    for (data, message) in [
        ("bad.csv", "saring: bad.csv:2: unknown label"),
        ("gone.csv", "saring: gone.csv: No such file"),
        (".", "saring: .: Is a directory"),
    ] {
        let run = train(data);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""));
        assert!(run.stderr.starts_with(message), "{}", run.stderr);
    }
    assert_eq!(names(folder.path()), ["bad.csv", "ok.csv"]);
}

#[test]
fn places_that_cannot_be_written_are_told_before_training() {
    let folder = folder(&[
        ("rows.csv", two_columns().as_bytes()),
        ("m.json", b"before"),
        ("taken.md/x", b""),
        ("models/x", b""),
    ]);
    let cases = [
        ("gone/m.json", 1, "saring: gone: is not a folder"),
        ("rows.csv/m.json", 1, "saring: rows.csv: is not a folder"),
        ("models", 2, "saring: --out must name a file"),
        ("taken.json", 2, "saring: --out must name a file"),
        ("m.md", 2, "saring: --out must name a file"),
    ];
    for (out, code, message) in cases {
        let run = saring(folder.path(), &["train", "rows.csv", "--out", out]);
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{out}");
        assert!(run.stderr.starts_with(message), "{out}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
    assert_eq!(names(folder.path()), ["m.json", "models", "rows.csv", "taken.md"]);
    assert_eq!(names(&folder.path().join("models")), ["x"]);
    // A model that is there stays as it was where training fails.
    std::fs::write(folder.path().join("one.csv"), "text,label\nx,ad\n").unwrap();
    assert_eq!(saring(folder.path(), &["train", "one.csv", "--out", "m.json"]).code, 1);
    assert_eq!(std::fs::read(folder.path().join("m.json")).unwrap(), b"before");
}

#[test]
fn options_out_of_range_are_usage_errors() {
    let folder = folder(&[("rows.csv", two_columns().as_bytes())]);
    let cases: [(&[&str], &str); 13] = [
        (&["--folds", "1"], "--folds must be 2 or more"),
        (&["--folds", "0"], "--folds must be 2 or more"),
        (&["--folds", "-3"], "'-3'"),
        (&["--folds", "many"], "invalid value 'many' for '--folds"),
        (&["--rows", "0"], "--rows must be 1 or more"),
        (&["--penalty", "0"], "--penalty must be a number above 0"),
        (&["--penalty", "NaN"], "--penalty must be a number above 0"),
        (&["--penalty", "inf"], "--penalty must be a number above 0"),
        (&["--penalty=-1"], "--penalty must be a number above 0"),
        (&["--lexicon", "1.5"], "invalid value '1.5' for '--lexicon"),
        (&["--out", "twice.json"], "--out"),
        (&["--mood", "1"], "--mood"),
        (&["--held-out", ""], "--held-out"),
    ];
    for (args, message) in cases {
        let args = [&["train", "rows.csv", "--out", "m.json"], args].concat();
        let run = saring(folder.path(), &args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}");
        assert!(run.stderr.contains(message), "{args:?}: {}", run.stderr);
    }
    for args in [&["train"][..], &["train", "rows.csv"], &["train", "--out", "m.json"]] {
        assert_eq!(saring(folder.path(), args).code, 2, "{args:?}");
    }
    assert_eq!(names(folder.path()), ["rows.csv"]);
}

#[test]
fn a_reader_that_leaves_does_not_cost_the_model() {
    let folder = folder(&[("rows.csv", two_columns().as_bytes())]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_saring"))
        .args(["train", "rows.csv", "--out", "m.json", "--held-out", "0"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(Model::load(&folder.path().join("m.json")).is_ok());
    assert_eq!(names(folder.path()), ["m.json", "m.md", "rows.csv"]);
}

#[test]
fn a_model_of_two_rows_a_side_is_a_model_or_an_error() {
    // Too little to learn from, and no reason to panic or to leave half a file.
    let csv = "text,label\nSatu dua tiga,content\nEmpat lima,content\nIklan,ad\nPromo,promo\n";
    let folder = folder(&[("rows.csv", csv.as_bytes())]);
    let run = saring(folder.path(), &["train", "rows.csv", "--out", "m.json"]);
    match run.code {
        0 => assert_eq!(names(folder.path()), ["m.json", "m.md", "rows.csv"]),
        code => {
            assert_eq!(
                (code, run.stderr.lines().last().unwrap().starts_with("saring: ")),
                (1, true)
            );
            assert_eq!(names(folder.path()), ["rows.csv"]);
        }
    }
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    let file = folder.path().join("m.json");
    assert_eq!(Path::exists(&file), run.code == 0);
    if run.code == 0 {
        let page = Classifier::load(file).unwrap().classify_text("Satu dua tiga\nIklan");
        assert!(page.blocks.iter().all(|block| (0.0..=1.0).contains(&block.probability)));
    }
}
