//! A real crawl, by spider, of a site of invented pages on a port of this machine.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use saring::Classifier;

#[path = "../examples/crawl.rs"]
mod example;

/// Answers one request.
type Answer = fn(path: &str) -> Option<(&'static str, Vec<u8>)>;

/// Serves until the test ends; gives the address.
fn serve(answer: Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            thread::spawn(move || respond(socket, answer));
        }
    });
    address
}

fn respond(mut socket: TcpStream, answer: Answer) -> std::io::Result<()> {
    let mut reader = BufReader::new(socket.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    if path == "/lama" {
        return write!(
            socket,
            "HTTP/1.1 301 Moved Permanently\r\nLocation: /artikel/1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    }
    let (status, (content_type, body)) = match answer(path) {
        Some(page) => ("200 OK", page),
        None => ("404 Not Found", ("text/plain", Vec::new())),
    };
    write!(
        socket,
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    socket.write_all(&body)
}

const ARTICLES: usize = 12;

/// A front page, articles that lead to each other, one of them in another charset.
fn newspaper(path: &str) -> Option<(&'static str, Vec<u8>)> {
    let html = "text/html; charset=utf-8";
    if path == "/" {
        let links = (0..ARTICLES).map(|n| format!("<li><a href=/artikel/{n}>Kabar {n}</a>"));
        let page =
            format!("<html><title>Depan</title><ul>{}</ul></html>", links.collect::<String>());
        return Some((html, page.into_bytes()));
    }
    if path == "/islandia" {
        // Bytes that look like Russian. Nothing but the header says that they are not.
        let mut page = b"<html><body><article><h1>Islandia</h1><p>".to_vec();
        page.extend(b"\xcf\xf0\xe8\xe2\xe5\xf2 ".repeat(30));
        page.extend(b".</p></article></body></html>");
        return Some(("text/html; charset=iso-8859-1", page));
    }
    let n: usize = path.strip_prefix("/artikel/")?.parse().ok().filter(|n| *n < ARTICLES)?;
    let next = (n + 1) % ARTICLES;
    let page = format!(
        "<html><head><title>Jembatan nomor {n} dibuka</title></head><body>\
         <nav><a href=/>Beranda</a> <a href=/islandia>Islandia</a></nav>\
         <article><h1>Jembatan nomor {n} dibuka</h1>\
         <p>Warga kampung nomor {n} akhirnya bisa menyeberang sungai tanpa rakit sejak Senin pagi, \
         kata kepala desa setempat kepada wartawan.</p>\
         <p><strong>Baca juga: <a href=/artikel/{next}>Jembatan nomor {next} dibuka</a></strong></p>\
         <p>Pembangunan jembatan itu memakan waktu dua tahun dan sempat berhenti ketika banjir \
         merusak tiang pertamanya pada musim hujan.</p></article></body></html>"
    );
    Some((html, page.into_bytes()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crawl_streams_the_kept_text() {
    let site = serve(newspaper);
    let mut texts = BTreeMap::new();
    let front = format!("{site}/");
    let crawled = example::crawl(&front, |page, filtered| {
        let path = page.get_url().strip_prefix(&site).unwrap().to_string();
        assert_eq!(filtered.url, page.get_url());
        assert!(texts.insert(path, filtered.text()).is_none(), "each page comes once");
    });
    assert_eq!(crawled.await, Ok(()));
    let paths: Vec<String> = texts.keys().filter(|p| p.contains("artikel")).cloned().collect();
    assert_eq!(paths.len(), ARTICLES, "{paths:?}");
    for n in 0..ARTICLES {
        let text = &texts[&format!("/artikel/{n}")];
        assert!(text.contains(&format!("Warga kampung nomor {n} akhirnya")), "{text}");
        assert!(text.contains("Pembangunan jembatan"), "{text}");
        assert!(!text.contains("Baca juga") && !text.contains("Beranda"), "{text}");
    }
    assert!(texts["/islandia"].contains("Ïðèâåò Ïðèâåò"), "{}", texts["/islandia"]);
}

#[tokio::test]
async fn a_page_is_what_the_library_makes_of_its_bytes() {
    let site = serve(newspaper);
    let client = spider::Client::new();
    let page = |path: &str| {
        let (url, client) = (format!("{site}{path}"), client.clone());
        async move { spider::page::Page::new_page(&url, &client).await }
    };
    let fetched = page("/artikel/1").await;
    let mut document = saring::segment_html(
        &String::from_utf8(newspaper("/artikel/1").unwrap().1).unwrap(),
        &saring::Limits::default(),
    );
    document.url = format!("{site}/artikel/1");
    let expected = Classifier::pretrained().classify_document(document);
    assert!(!expected.text().is_empty());
    assert_eq!(saring_spider::filter_page(&fetched), expected);
    // Redirected: the address is where the page was.
    assert_eq!(saring_spider::filter_page(&page("/lama").await), expected);
    // Missing, and not there at all.
    assert!(saring_spider::filter_page(&page("/tidak-ada").await).blocks.is_empty());
    let nobody = spider::page::Page::new_page("http://127.0.0.1:1/", &client).await;
    assert!(saring_spider::filter_page(&nobody).blocks.is_empty());
    // A classifier of one's own.
    #[cfg(feature = "rules")]
    {
        let mut rules = saring::Rules::default();
        rules.add("127.0.0.1", "article > p:last-child", saring::Ruling::Drop).unwrap();
        let ruled = Classifier::pretrained().clone().rules(rules);
        let filtered = saring_spider::filter_page_with(&ruled, &fetched);
        let rules: Vec<_> = filtered.blocks.iter().filter_map(|b| b.rule.as_deref()).collect();
        assert_eq!(rules, ["127.0.0.1 article > p:last-child -> drop"]);
        assert!(!filtered.text().contains("Pembangunan jembatan"));
    }
    let unsure = Classifier::pretrained().clone().min_probability(1.0);
    let filtered = saring_spider::filter_page_with(&unsure, &fetched);
    assert!(filtered.blocks.iter().any(|block| block.uncertain));
}
