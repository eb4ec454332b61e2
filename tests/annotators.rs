//! `saring export`, `saring import --from` and `saring agree` as processes: out to each tool, back with
//! answers, and two annotators side by side. The files are in the forms that the tools document;
//! scripts/test-annotators has the tools' own code read and write them.
#![cfg(feature = "cli")]

mod common;

use std::path::Path;

use common::{Run, folder, names, saring, write};
use saring::{Dataset, Label};
use serde_json::{Value, json};

const TOOLS: [&str; 3] = ["doccano", "label-studio", "prodigy"];

/// Three of our pages with their labels, as `my.csv`.
fn pages() -> tempfile::TempDir {
    let folder = folder(&[]);
    for name in ["aksarabanua-1.html", "forumpipit-1.html", "beregovoy-1.html"] {
        let page = std::fs::read(Path::new("training-data/pages").join(name)).unwrap();
        write(folder.path(), &format!("pages/{name}"), &page);
    }
    done(saring(folder.path(), &["blocks", "pages", "-o", "my.csv", "--weight", "2.5"]));
    folder
}

fn done(run: Run) -> Run {
    assert_eq!(run.code, 0, "{}", run.stderr);
    run
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// Writes a file, imports it as `out.csv` and gives its rows: text, label, annotator.
fn import(
    folder: &Path,
    tool: &str,
    files: &[(&str, String)],
    args: &[&str],
) -> (Vec<[String; 3]>, Run) {
    for (name, content) in files {
        write(folder, name, content.as_bytes());
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let run =
        saring(folder, &[&["import", "--from", tool, "-o", "out.csv"], args, &names].concat());
    (rows(folder), run)
}

fn rows(folder: &Path) -> Vec<[String; 3]> {
    let Ok(mut reader) = csv::Reader::from_path(folder.join("out.csv")) else { return Vec::new() };
    let header = reader.headers().unwrap().clone();
    let records = reader.records().map(|record| record.unwrap());
    let field = |record: &csv::StringRecord, name: &str| {
        header.iter().position(|h| h == name).map_or("", |n| &record[n]).to_string()
    };
    records.map(|r| ["text", "label", "annotator"].map(|name| field(&r, name))).collect()
}

fn row(text: &str, label: &str, annotator: &str) -> [String; 3] {
    [text, label, annotator].map(str::to_string)
}

fn lines(items: &[Value]) -> String {
    items.iter().map(|item| format!("{item}\n")).collect()
}

#[test]
fn what_goes_out_comes_back_byte_by_byte() {
    let folder = pages();
    let my = text(folder.path(), "my.csv");
    assert!(
        my.contains(",2.5,") && my.contains("related") && my.contains("html[1]>head[1]>title[1]")
    );
    for (tool, file) in TOOLS
        .into_iter()
        .zip(["out.jsonl", "out.json", "out.jsonl"])
        .chain([("doccano", "out.csv")])
    {
        done(saring(folder.path(), &["export", "--to", tool, "my.csv", "-o", file]));
        done(saring(folder.path(), &["import", "--from", tool, file, "-o", "back.csv"]));
        assert!(text(folder.path(), "back.csv") == my, "{tool} {file}");
    }
    assert!(!names(folder.path()).iter().any(|name| name.starts_with(".tmp")));
}

#[test]
fn order_and_number_formats_of_a_tool_do_not_matter() {
    let folder = pages();
    let out = done(saring(folder.path(), &["export", "--to", "doccano", "my.csv"])).stdout;
    let mut items: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    items.reverse();
    for (n, item) in items.iter_mut().enumerate() {
        item["id"] = n.into();
        // A table with gaps makes these of numbers and of nothing.
        item["link_chars"] = json!(item["link_chars"].as_f64().unwrap());
        if item["url"] == "" {
            item["url"] = Value::Null;
        }
    }
    write(folder.path(), "shuffled.jsonl", lines(&items).as_bytes());
    done(saring(
        folder.path(),
        &["import", "--from", "doccano", "shuffled.jsonl", "-o", "back.csv"],
    ));
    assert!(text(folder.path(), "back.csv") == text(folder.path(), "my.csv"));
}

#[test]
fn suggestions_are_no_answers() {
    let folder = pages();
    for tool in ["label-studio", "prodigy"] {
        done(saring(
            folder.path(),
            &["export", "--to", tool, "--suggest", "my.csv", "-o", "out.json"],
        ));
        assert!(text(folder.path(), "out.json").contains("navigation"));
        done(saring(folder.path(), &["import", "--from", tool, "out.json", "-o", "back.csv"]));
        let [mine, back] =
            ["my.csv", "back.csv"].map(|name| Dataset::read([folder.path().join(name)]).unwrap());
        assert!(mine.label_counts().len() > 5 && back.label_counts().is_empty(), "{tool}");
        assert_eq!(mine.pages[0].document, back.pages[0].document);
    }
}

#[test]
fn annotated_rows_train_with_structure() {
    let folder = pages();
    done(saring(folder.path(), &["export", "--to", "label-studio", "my.csv", "-o", "out.json"]));
    let mut tasks: Vec<Value> = serde_json::from_str(&text(folder.path(), "out.json")).unwrap();
    for (n, task) in tasks.iter_mut().enumerate() {
        task["id"] = n.into();
        for annotation in task["annotations"].as_array_mut().unwrap() {
            annotation["completed_by"] = json!({"id": 1, "email": "ani@kantor.example"});
            annotation["was_cancelled"] = false.into();
        }
    }
    write(folder.path(), "done.json", Value::from(tasks).to_string().as_bytes());
    done(saring(
        folder.path(),
        &["import", "--from", "label-studio", "done.json", "-o", "back.csv"],
    ));
    let [mine, back] =
        ["my.csv", "back.csv"].map(|name| Dataset::read([folder.path().join(name)]).unwrap());
    assert_eq!(mine.pages, back.pages);
    assert!(text(folder.path(), "back.csv").contains(",content,ani@kantor.example,"));
}

#[test]
fn doccano_names_annotators_by_their_files() {
    let folder = folder(&[]);
    let of = |labels: [Value; 4]| {
        let texts = ["Isi berita", "Baca juga", "Iklan", "Hak cipta"];
        let items = texts.iter().zip(labels).enumerate();
        lines(&items.map(|(n, (text, label))| json!({"id": n, "text": text, "label": label, "Comments": []})).collect::<Vec<_>>())
    };
    let files = [
        ("ani.jsonl", of([json!(["content"]), json!(["related"]), json!(["ad"]), json!([])])),
        ("ben.jsonl", of([json!(["content"]), json!(["navigation"]), json!([]), json!(null)])),
    ];
    let (rows, run) = import(folder.path(), "doccano", &files, &[]);
    assert_eq!(
        rows,
        [
            row("Isi berita", "content", "ani;ben"),
            row("Baca juga", "", "ani;ben"),
            row("Iklan", "ad", "ani"),
            row("Hak cipta", "", ""),
        ]
    );
    assert!(
        run.stderr
            .contains("conflict: ani.jsonl:2: related (ani), navigation (ben): \"Baca juga\""),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr
            .contains("4 pages, 4 rows, 2 labelled; 1 have several labels and are left without"),
        "{}",
        run.stderr
    );

    let (rows, run) = import(folder.path(), "doccano", &files, &["--annotator", "ben"]);
    assert_eq!(rows[1], row("Baca juga", "navigation", "ben"));
    assert_eq!(rows[2], row("Iklan", "", ""));
    assert_eq!(run.code, 0);
    let (_, run) = import(folder.path(), "doccano", &files, &["--annotator", "cici"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("\"ani\", \"ben\" have"), "{}", run.stderr);
}

#[test]
fn doccano_csv_joins_labels() {
    let folder = folder(&[]);
    let csv = "id,text,label,Comments\n1,\"Isi, berita\",content,\n2,Dua,ad#promo,\n3,Tiga,,\n4,Empat,Isi#Berita,\n";
    let (rows, run) = import(
        folder.path(),
        "doccano",
        &[("all.csv", csv.into())],
        &["--map", "Isi#Berita=content"],
    );
    assert_eq!(
        rows.iter().map(|r| r[1].as_str()).collect::<Vec<_>>(),
        ["content", "", "", "content"]
    );
    assert!(run.stderr.contains("conflict: all.csv:3: promo, ad: \"Dua\""), "{}", run.stderr);
}

#[test]
fn label_studio_choices_of_several_people() {
    let folder = folder(&[]);
    let choice = |who: Value, label: &str, cancelled: bool| {
        json!({"completed_by": who, "was_cancelled": cancelled, "result": [
            {"from_name": "jenis", "to_name": "teks", "type": "choices", "value": {"choices": [label]}},
        ]})
    };
    let tasks = json!([
        {"id": 7, "data": {"text": "Isi"}, "annotations": [choice(json!(1), "content", false), choice(json!(2), "content", false)],
         "predictions": [choice(json!(null), "ad", false)]},
        {"id": 8, "data": {"text": "Baca juga"}, "annotations": [choice(json!({"email": "a@b.example"}), "related", true)]},
        {"id": 9, "data": {"text": "Promo"}, "annotations": [choice(json!(1), "promo", false), choice(json!(2), "ad", false)]},
        {"id": 10, "data": {"text": "Isi"}, "annotations": []},
    ]);
    let (rows, run) =
        import(folder.path(), "label-studio", &[("export.json", tasks.to_string())], &[]);
    assert_eq!(
        rows,
        [
            row("Isi", "content", "1;2"),
            row("Baca juga", "", ""),
            row("Promo", "", "1;2"),
            row("Isi", "", "")
        ]
    );
    assert!(
        run.stderr.contains("conflict: export.json: item 3: promo (1), ad (2): \"Promo\""),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("1 tasks were skipped"), "{}", run.stderr);
}

const PAGE: &str = "<html><head><title>Ombak</title><link rel=canonical href=https://laut.example/1></head><body>\
    <script>1</script><nav><a href=/>Beranda</a></nav><h1>Ombak Tinggi</h1><div><p>Ombak <b>setinggi</b> dua meter.</p>\
    <p>Baca juga: angin</p><p>Nelayan tidak melaut hari ini.</p></div></body></html>";

fn span(start: &str, from: usize, end: &str, to: usize, label: &str, text: &str) -> Value {
    json!({"id": "s1", "type": "hypertextlabels", "from_name": "l", "to_name": "h", "value": {
        "start": start, "startOffset": from, "end": end, "endOffset": to, "text": text,
        "hypertextlabels": [label],
    }})
}

#[test]
fn label_studio_spans_become_blocks() {
    let folder = folder(&[]);
    let result = json!([
        span("/h1[1]/text()[1]", 0, "/h1[1]/text()[1]", 12, "headline", "Ombak Tinggi"),
        span(
            "/div[1]/p[1]/text()[1]",
            0,
            "/div[1]/p[1]/text()[2]",
            12,
            "content",
            "Ombak setinggi dua meter."
        ),
        // One word of seven, and another place than the text.
        span("/div[1]/p[3]/text()[1]", 0, "/div[1]/p[3]/text()[1]", 7, "content", "Nelayan"),
        span(
            "/div[9]/p[1]/text()[1]",
            0,
            "/div[9]/p[1]/text()[1]",
            16,
            "related",
            "Baca juga: angin"
        ),
    ]);
    let task = |result: Value| json!([{"id": 3, "data": {"html": PAGE}, "annotations": [{"completed_by": 4, "result": result}]}]);
    let (rows, run) = import(
        folder.path(),
        "label-studio",
        &[("e.json", task(result).to_string())],
        &["--rest", "boilerplate"],
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        rows,
        [
            row("Ombak", "", ""),
            row("Beranda", "boilerplate", "4"),
            row("Ombak Tinggi", "headline", "4"),
            row("Ombak setinggi dua meter.", "content", "4"),
            row("Baca juga: angin", "related", "4"),
            row("Nelayan tidak melaut hari ini.", "", ""),
        ]
    );
    assert!(
        run.stderr.contains("1 blocks have no label, since spans cover less than half"),
        "{}",
        run.stderr
    );
    // The page is that of `saring blocks`.
    write(folder.path(), "page.html", PAGE.as_bytes());
    done(saring(folder.path(), &["blocks", "page.html", "-o", "blocks.csv"]));
    let [spans, blocks] =
        ["out.csv", "blocks.csv"].map(|name| Dataset::read([folder.path().join(name)]).unwrap());
    assert_eq!(spans.pages[0].document, blocks.pages[0].document);
    assert_eq!(spans.pages[0].group, "laut.example");

    let gone = json!([span(
        "/div[9]/p[1]/text()[1]",
        0,
        "/div[9]/p[1]/text()[1]",
        3,
        "ad",
        "Tidak ada di sini"
    )]);
    let (_, run) =
        import(folder.path(), "label-studio", &[("e.json", task(gone).to_string())], &[]);
    assert_eq!(run.code, 3);
    assert!(
        run.stderr.contains("e.json: item 1: the span \"s1\": its text is not on the page"),
        "{}",
        run.stderr
    );
}

#[test]
fn prodigy_answers() {
    let folder = folder(&[]);
    let options = json!([{"id": 1, "text": "content"}, {"id": "promo", "text": "Promosi"}]);
    let items = [
        json!({"text": "Isi", "options": options, "accept": [1], "answer": "accept", "_annotator_id": "db-ani", "_input_hash": 1}),
        json!({"text": "Isi", "options": options, "accept": ["promo"], "answer": "accept", "_annotator_id": "db-ben", "_input_hash": 1}),
        json!({"text": "Gabung", "options": options, "accept": ["promo"], "answer": "accept", "_session_id": "db-ben", "_input_hash": 2}),
        json!({"text": "Dua", "label": "ad", "answer": "reject", "_input_hash": 3}),
        json!({"text": "Tiga", "options": options, "accept": [], "answer": "ignore", "_input_hash": 4}),
        json!({"text": "Empat", "label": "ad", "score": 0.3, "answer": "accept", "_input_hash": 5}),
        json!({"text": "Lima", "label": "ad", "_input_hash": 6}),
    ];
    let (rows, run) = import(folder.path(), "prodigy", &[("db.jsonl", lines(&items))], &[]);
    assert_eq!(
        rows,
        [
            row("Isi", "", "db-ani;db-ben"),
            row("Gabung", "promo", "db-ben"),
            row("Dua", "", ""),
            row("Tiga", "", ""),
            row("Empat", "ad", ""),
            row("Lima", "", ""),
        ]
    );
    for told in [
        "1 answers reject a label",
        "1 tasks were skipped",
        "content (db-ani), promo (db-ben): \"Isi\"",
    ] {
        assert!(run.stderr.contains(told), "{}", run.stderr);
    }
}

#[test]
fn a_part_of_a_page_is_told() {
    let folder = pages();
    let out = done(saring(folder.path(), &["export", "--to", "prodigy", "my.csv"])).stdout;
    let some: String = out.lines().take(3).map(|line| format!("{line}\n")).collect();
    let (_, run) = import(folder.path(), "prodigy", &[("some.jsonl", some)], &[]);
    assert!(run.stderr.contains("note: pages/aksarabanua-1.html: 3 of "), "{}", run.stderr);
}

#[test]
fn errors_say_where_and_nothing_is_written() {
    let cases: &[(&str, &str, &str, &str)] = &[
        (
            "doccano",
            "a.jsonl",
            "{\"text\":\"x\",\"label\":[\"ad\"]}\n\n{\"text\":\"y\",\"label\":[\"Iklan\"]}\n",
            "a.jsonl:3: unknown label \"Iklan\"\nlabels are content headline",
        ),
        (
            "doccano",
            "a.jsonl",
            "{\"text\":\"x\",\"label\":[\"ad\"]}\n{\"text\":\n",
            "a.jsonl: is no JSON: EOF while parsing a value at line 3",
        ),
        (
            "doccano",
            "a.jsonl",
            "{\"text\":\"x\",\"label\":[[0,1,\"ad\"]]}\n",
            "a.jsonl:1: is of sequence labelling",
        ),
        (
            "doccano",
            "a.jsonl",
            "{\"text\":\"x\",\"annotations\":[{\"label\":1,\"user\":1}]}",
            "a.jsonl:1: labels are numbers",
        ),
        ("doccano", "a.jsonl", "{\"text\":\" \",\"label\":\"ad\"}", "a.jsonl:1: text is empty"),
        (
            "doccano",
            "a.jsonl",
            "{\"text\":\"x\",\"label\":\"ad\",\"path\":\"p[\"}",
            "a.jsonl:1: path \"p[\" is not",
        ),
        (
            "doccano",
            "a.jsonl",
            "{\"text\":\"x\",\"label\":\"ad\",\"place\":\"1:0/3\"}",
            "a.jsonl:1: place is \"1:0/3\"",
        ),
        ("doccano", "a.jsonl", "[1]", "a.jsonl: item 1: is no JSON object"),
        ("doccano", "a.csv", "text,label\nx\n", "a.csv: CSV error: record 1 (line: 2"),
        ("doccano", "a.jsonl", "", "not written: there is no block to write"),
        (
            "label-studio",
            "a.json",
            "[{\"text\":\"x\",\"choice\":\"ad\"}]",
            "a.json: item 1: has no \"data\": export as JSON, not as JSON-MIN",
        ),
        (
            "label-studio",
            "a.json",
            "[{\"data\":{\"text\":\"x\"},\"annotations\":[{\"result\":[{\"value\":{\"start\":0,\"end\":1,\"labels\":[\"ad\"]}}]}]}]",
            "item 1: has spans on a text",
        ),
        (
            "label-studio",
            "a.json",
            "[{\"data\":{\"html\":\"https://a.example/\"},\"annotations\":[{\"result\":[{\"value\":{\"start\":\"/p[1]\",\"labels\":[\"ad\"]}}]}]}]",
            "item 1: has spans on a page, but the page is not in its data",
        ),
        (
            "label-studio",
            "a.json",
            "[{\"data\":{\"review\":\"x\"},\"annotations\":[]}]",
            "item 1: has neither \"text\" nor a page in its data",
        ),
        (
            "label-studio",
            "a.json",
            "[{\"data\":{\"html\":\"<p>x\"},\"annotations\":[{\"result\":[{\"value\":{\"choices\":[\"ad\"]}}]}]}]",
            "item 1: has a choice for a page",
        ),
        (
            "label-studio",
            "a.json",
            "[{\"data\":{\"text\":\"x\"},\"annotations\":3}]",
            "item 1: \"annotations\" is no list of objects",
        ),
        (
            "prodigy",
            "a.jsonl",
            "{\"text\":\"x\",\"label\":\"ad\",\"answer\":\"maybe\"}",
            "a.jsonl:1: answer is \"maybe\"",
        ),
        (
            "prodigy",
            "a.jsonl",
            "{\"text\":\"x\",\"accept\":\"ad\",\"answer\":\"accept\"}",
            "a.jsonl:1: \"accept\" is no list",
        ),
    ];
    for (tool, name, content, message) in cases {
        let folder = folder(&[(name, content.as_bytes())]);
        let run = saring(folder.path(), &["import", "--from", tool, name, "-o", "out.csv"]);
        assert_eq!(run.code, 1, "{content}: {}", run.stderr);
        assert!(run.stderr.contains(message), "{content}: {}", run.stderr);
        assert_eq!(names(folder.path()), [*name]);
    }
    let folder = folder(&[("a.jsonl", b"{\"text\":\"x\xff\",\"label\":[]}")]);
    let run = saring(folder.path(), &["import", "--from", "doccano", "a.jsonl", "-o", "out.csv"]);
    assert!(run.code == 1 && run.stderr.contains("a.jsonl:1: is not UTF-8"), "{}", run.stderr);
    let usage = saring(folder.path(), &["import", "set", "-o", "out.csv", "--map", "a=ad"]);
    assert_eq!(usage.code, 2);
}

const A: &str = "page,text,label,path\np,Satu,content,html>p[1]\np,Dua,ad,html>p[2]\np,Dua,promo,html>p[3]\n\
    p,Tiga,content,html>p[4]\np,Empat,,html>p[5]\nq,Satu,content,\nq,Lima,legal,\n";
const B: &str = "page,text,label,path\np,Satu,content,html[1]>p[1]\np,Dua,ad,html>p[2]\np,Dua,related,html>p[3]\n\
    p,Tiga,content,html>p[4]\np,Empat,ad,html>p[5]\nq,Satu,ad,\nq,Enam,legal,\n";

#[test]
fn agreement_of_two() {
    let folder = folder(&[("a.csv", A.as_bytes()), ("b.csv", B.as_bytes())]);
    let json = done(saring(folder.path(), &["agree", "a.csv", "b.csv", "--format", "json"]));
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    // Five blocks, three alike; by chance (content 3 * 2 + ad 1 * 2) / 5 = 1.6.
    assert_eq!((&json["blocks"], &json["alike"]), (&json!(5), &json!(3)));
    assert!((json["kappa"].as_f64().unwrap() - (3.0 - 1.6) / (5.0 - 1.6)).abs() < 1e-12);
    // Kept or not: four alike; by chance (3 * 2 + 2 * 3) / 5 = 2.4.
    assert!((json["kappa_kept"].as_f64().unwrap() - (4.0 - 2.4) / (5.0 - 2.4)).abs() < 1e-12);
    // ad against the rest: four alike; by chance (1 * 2 + 4 * 3) / 5 = 2.8.
    let ad = &json["labels"]["ad"];
    assert_eq!((&ad["a"], &ad["b"], &ad["both"]), (&json!(1), &json!(2), &json!(1)));
    assert!((ad["kappa"].as_f64().unwrap() - (4.0 - 2.8) / (5.0 - 2.8)).abs() < 1e-12);
    assert_eq!(json["labelled_alone"], json!({"a": 0, "b": 1}));
    assert_eq!(json["there_alone"], json!({"a": 1, "b": 1}));
    assert_eq!(
        json["disagreements"],
        json!([
            {"page": "p", "block": 3, "text": "Dua", "a": "promo", "b": "related"},
            {"page": "q", "block": 1, "text": "Satu", "a": "content", "b": "ad"},
        ])
    );
    let text = done(saring(folder.path(), &["agree", "a.csv", "b.csv"])).stdout;
    assert!(text.contains("Cohen's kappa 0.412 over the labels"), "{text}");
    assert!(text.contains("     3  A promo          B related        Dua"), "{text}");

    let same = done(saring(folder.path(), &["agree", "a.csv", "a.csv"])).stdout;
    assert!(same.contains("kappa 1.000 over the labels") && !same.contains("alone"), "{same}");
    write(folder.path(), "c.csv", b"text,label\nLain,ad\n");
    let run = saring(folder.path(), &["agree", "a.csv", "c.csv"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
}

#[test]
fn kappa_is_the_same_from_both_sides() {
    let folder = folder(&[("a.csv", A.as_bytes()), ("b.csv", B.as_bytes())]);
    let of = |files: [&str; 2]| {
        let run = done(saring(folder.path(), &["agree", files[0], files[1], "--format", "json"]));
        serde_json::from_str::<Value>(&run.stdout).unwrap()
    };
    let (ab, ba) = (of(["a.csv", "b.csv"]), of(["b.csv", "a.csv"]));
    assert_eq!(ab["kappa"], ba["kappa"]);
    for label in Label::ALL {
        assert_eq!(ab["labels"][label.name()]["kappa"], ba["labels"][label.name()]["kappa"]);
        assert_eq!(ab["labels"][label.name()]["a"], ba["labels"][label.name()]["b"]);
    }
}
