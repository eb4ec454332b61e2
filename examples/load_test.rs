//! Load on a `saring serve`: so many requests over so many connections, each answer compared with
//! what the library says of the page. Run by scripts/load-test.
//!
//! ```text
//! cargo run --release --example load_test -- ADDRESS CONNECTIONS REQUESTS FOLDER
//! ```

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use saring::Classifier;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// A page and the text that is to be kept of it.
struct Page {
    html: Vec<u8>,
    text: String,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, connections, requests, folder] = arguments.as_slice() else {
        return Err("usage: load_test ADDRESS CONNECTIONS REQUESTS FOLDER".into());
    };
    let (connections, requests): (usize, usize) = (connections.parse()?, requests.parse()?);
    let pages = pages(folder)?;

    let next = AtomicUsize::new(0);
    let begin = Instant::now();
    let client = || -> (Vec<Duration>, Vec<String>) {
        let (mut times, mut failures) = (Vec::new(), Vec::new());
        let mut connection = None;
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= requests {
                return (times, failures);
            }
            let begin = Instant::now();
            match ask(address, &mut connection, &pages[n % pages.len()]) {
                Ok(()) => times.push(begin.elapsed()),
                Err(error) => {
                    failures.push(format!("request {n}: {error}"));
                    connection = None;
                }
            }
        }
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..connections).map(|_| scope.spawn(client)).collect();
        clients.into_iter().map(|client| client.join().expect("a client does not panic")).collect()
    });
    let seconds = begin.elapsed().as_secs_f64();

    let (times, failures): (Vec<_>, Vec<_>) = results.into_iter().unzip();
    let (mut times, failures) = (times.concat(), failures.concat());
    times.sort_unstable();
    let part = |share: f64| {
        let at = (times.len() as f64 * share).ceil() as usize;
        times.get(at.max(1) - 1).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    };
    let bytes: usize = (0..requests).map(|n| pages[n % pages.len()].html.len()).sum();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{requests} requests, {connections} connections, {} pages of {} KB on average",
        pages.len(),
        bytes / requests.max(1) / 1000
    )?;
    writeln!(out, "failed answers  {}", failures.len())?;
    writeln!(out, "requests/s      {:.0}", requests as f64 / seconds)?;
    for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("most", 1.0)] {
        writeln!(out, "{name:<4} ms         {:.1}", part(share))?;
    }
    match failures.first() {
        None => Ok(()),
        Some(first) => Err(first.clone().into()),
    }
}

fn pages(folder: &str) -> Result<Vec<Page>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "html"));
    files.sort();
    let page = |file| {
        let html = std::fs::read(file)?;
        let text = Classifier::pretrained().classify_bytes(&html, None).text();
        Ok(Page { html, text })
    };
    let pages: Vec<Page> = files.iter().map(page).collect::<Result<_>>()?;
    if pages.is_empty() { Err(format!("no .html in {folder}").into()) } else { Ok(pages) }
}

/// A request and its answer, over the connection if there is one.
fn ask(address: &str, connection: &mut Option<BufReader<TcpStream>>, page: &Page) -> Result<()> {
    let reader = match connection {
        Some(reader) => reader,
        None => {
            let socket = TcpStream::connect(address)?;
            socket.set_nodelay(true)?;
            socket.set_read_timeout(Some(Duration::from_secs(60)))?;
            connection.insert(BufReader::new(socket))
        }
    };
    let length = page.html.len();
    let mut request = format!(
        "POST /classify HTTP/1.1\r\nHost: {address}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n"
    )
    .into_bytes();
    request.extend_from_slice(&page.html);
    reader.get_mut().write_all(&request)?;

    let (mut status, mut length) = (String::new(), 0);
    reader.read_line(&mut status)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err("the connection ended".into());
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse()?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if !status.starts_with("HTTP/1.1 200 ") {
        return Err(status.trim_end().into());
    }
    let answer: serde_json::Value = serde_json::from_slice(&body)?;
    if answer["text"] != page.text.as_str() {
        return Err("the answer is that of another page".into());
    }
    Ok(())
}
