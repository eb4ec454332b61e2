//! `peers NAME`: an extractor as a process. Each line of stdin is the path of an HTML file; each
//! line of stdout is what came of it, `{"seconds": ..., "text": ...}` with processor seconds of
//! parse and extract, or `{"error": ...}`. benches/peers/peer.py is the same for Python.

use std::io::{BufRead, Write};
use std::time::Duration;

use dom_smoothie::{Config, Readability, TextMode};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

type Extract = fn(&[u8]) -> Result<String, String>;

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let extract: Extract = match name.as_str() {
        "saring" => saring,
        "rs-trafilatura" => rs_trafilatura,
        "dom_smoothie" => dom_smoothie,
        _ => panic!("no extractor is called {name:?}"),
    };
    // What is loaded at the first use is not part of the first page.
    let _ = extract(b"<p>One paragraph.</p>");
    let mut out = std::io::stdout();
    writeln!(out, "{{}}").expect("someone reads");
    for path in std::io::stdin().lock().lines() {
        let html = std::fs::read(path.expect("paths are text")).expect("the file is there");
        let start = cpu_time();
        let result = extract(&html);
        let seconds = (cpu_time() - start).as_secs_f64();
        let answer = match result {
            Ok(text) => json!({ "seconds": seconds, "text": text }),
            Err(error) => json!({ "seconds": seconds, "error": error }),
        };
        writeln!(out, "{answer}").expect("someone reads");
    }
}

fn saring(html: &[u8]) -> Result<String, String> {
    Ok(saring::Classifier::pretrained().classify_bytes(html, None).text())
}

fn rs_trafilatura(html: &[u8]) -> Result<String, String> {
    let result = rs_trafilatura::extract_bytes(html).map_err(|error| error.to_string())?;
    Ok(result.content_text)
}

fn dom_smoothie(html: &[u8]) -> Result<String, String> {
    let html = String::from_utf8_lossy(html);
    // Its raw text joins the last and first words of paragraphs.
    let config = Config { text_mode: TextMode::Formatted, ..Config::default() };
    let mut page =
        Readability::new(&*html, None, Some(config)).map_err(|error| error.to_string())?;
    let article = page.parse().map_err(|error| error.to_string())?;
    Ok(article.text_content.to_string())
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
