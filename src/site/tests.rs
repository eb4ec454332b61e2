use super::*;
use crate::segment::{Limits, segment_html};

fn page(host: &str, name: &str, body: &str) -> Document {
    let html = format!("<link rel=canonical href='https://{host}/{name}'>{body}");
    segment_html(&html, &Limits::default())
}

/// A page of a site: its own paragraph between two lines that all have.
fn of_site(n: usize) -> Document {
    let own = format!("Paragraf {} tentang sesuatu.", "x".repeat(n + 1));
    page(
        "kabar.example",
        &n.to_string(),
        &format!("<nav>Beranda</nav><article><p>{own}</p></article><footer>{n} orang</footer>"),
    )
}

fn learnt(pages: usize) -> SiteMemory {
    let mut memory = SiteMemory::default();
    (0..pages).for_each(|n| assert!(memory.learn(&of_site(n))));
    memory
}

#[test]
fn what_repeats_is_recalled_and_what_is_the_pages_own_is_not() {
    let memory = learnt(5);
    let recall = memory.recall(&of_site(2)).unwrap();
    let texts: Vec<u32> = recall.blocks.iter().map(|block| block.text_pages).collect();
    // The number in the footer is another on each page.
    assert_eq!((recall.pages, texts), (4, vec![4, 0, 4]));
    let paragraph = recall.blocks[1];
    assert_eq!((paragraph.shape_blocks, paragraph.shape_repeated), (4, 0));
    assert_eq!(recall.blocks[0].shape_repeated, 4);
}

#[test]
fn the_first_page_of_a_host_and_a_page_of_none_are_not_known() {
    let memory = learnt(1);
    assert_eq!(memory.recall(&of_site(0)), None);
    assert_eq!(memory.recall(&page("lain.example", "1", "<p>Beranda</p>")), None);
    let mut memory = learnt(3);
    let nobodys = segment_html("<nav>Beranda</nav>", &Limits::default());
    assert!(!memory.learn(&nobodys));
    assert_eq!((memory.recall(&nobodys), memory.hosts()), (None, vec![("kabar.example", 3)]));
}

#[test]
fn a_text_counts_from_its_second_page_on() {
    let mut memory = learnt(3);
    let quoted = |n: &str| page("kabar.example", n, "<p>Dikutip di halaman lain juga.</p>");
    memory.learn(&quoted("a"));
    assert_eq!(memory.recall(&quoted("b")).unwrap().blocks[0].text_pages, 0);
    memory.learn(&quoted("b"));
    assert_eq!(memory.recall(&quoted("b")).unwrap().blocks[0].text_pages, 1);
    // Twice on one page is one page.
    memory.learn(&page("kabar.example", "c", "<p>Sekali ini</p><p>Sekali ini</p>"));
    assert_eq!(
        memory.recall(&page("kabar.example", "d", "<p>Sekali ini</p>")).unwrap().blocks[0]
            .text_pages,
        0
    );
}

#[test]
fn hosts_are_told_by_their_names_in_lower_case() {
    let host = |url: &str| SiteMemory::host(&Document { url: url.into(), ..Document::default() });
    for url in ["https://www.Kabar.example/a", "http://kabar.example:80", "//KABAR.example?x"] {
        assert_eq!(host(url).as_deref(), Some("kabar.example"), "{url}");
    }
    assert_eq!(host("https://m.kabar.example/").as_deref(), Some("m.kabar.example"));
    for url in ["", "kabar.example", "/a/b", "https:///a"] {
        assert_eq!(host(url), None, "{url}");
    }
}

#[test]
fn the_host_met_longest_ago_is_forgotten() {
    let mut memory = SiteMemory::new(2);
    for host in ["a.example", "b.example", "a.example", "c.example"] {
        memory.learn(&page(host, "1", "<p>Isi</p>"));
    }
    assert_eq!(memory.hosts(), [("a.example", 2), ("c.example", 1)]);
    assert_eq!(SiteMemory::new(0).most_hosts, 1);
}

#[test]
fn what_repeats_outlives_a_flood_of_what_does_not() {
    let mut memory = SiteMemory::default();
    for n in 0..40 {
        let lines: String = (0..200)
            .map(|line| format!("<p>{} {}</p>", "a".repeat(n + 1), "b".repeat(line + 1)))
            .collect();
        memory.learn(&page("kabar.example", &n.to_string(), &format!("<nav>Beranda</nav>{lines}")));
        let host = &memory.hosts["kabar.example"];
        assert!(host.texts.len() <= TEXTS && host.shapes.len() <= SHAPES);
    }
    let recall = memory.recall(&page("kabar.example", "x", "<nav>Beranda</nav>")).unwrap();
    assert_eq!(recall.blocks[0].text_pages, 39);
}

#[test]
fn a_file_gives_the_same_memory_and_the_same_bytes() {
    let memory = learnt(4);
    let json = memory.to_json();
    let read = SiteMemory::from_json(json.as_bytes()).unwrap();
    assert_eq!((read.to_json(), read.hosts()), (json, memory.hosts()));
    assert_eq!(read.recall(&of_site(1)), memory.recall(&of_site(1)));
    let none = SiteMemory::default().to_json();
    assert_eq!(SiteMemory::from_json(none.as_bytes()).unwrap().hosts(), []);
}

#[test]
fn bad_files_are_told_by_what_is_wrong() {
    let of = |hosts: &str| {
        format!("{{\"format\":\"saring-site-memory\",\"version\":1,\"hosts\":{{{hosts}}}}}")
    };
    let host = |texts: &str, shapes: &str| {
        of(&format!("\"a.example\":{{\"pages\":3,\"texts\":{{{texts}}},\"shapes\":{{{shapes}}}}}"))
    };
    assert!(SiteMemory::from_json(host("\"0f\":[2,3]", "\"0f\":[2,3,4,1]").as_bytes()).is_ok());
    for (json, what) in [
        (String::new(), "EOF"),
        ("{\"format\":\"saring-model\",\"version\":2,\"hosts\":{}}".into(), "saring-model"),
        (of("").replace(":1,", ":9,"), "version 9"),
        (host("\"zz\":[2,3]", ""), "host \"a.example\": \"zz\" is no hash"),
        (host("\"0f\":[4,3]", ""), "\"0f\": [4,3] cannot be"),
        (host("\"0f\":[0,0]", ""), "cannot be"),
        (host("\"0f\":[2,4]", ""), "cannot be"),
        (host("", "\"0f\":[2,3,1,2]"), "[2,3,1,2] cannot be"),
        (host("\"0f\":[-1,3]", ""), "column"),
        (host("\"0f\":[1]", ""), "column"),
    ] {
        let error = SiteMemory::from_json(json.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("site memory: ") && error.contains(what), "{json}: {error}");
    }
}
