use super::*;

fn blocks(html: &str) -> Vec<String> {
    segment_html(html, &Limits::default()).blocks.into_iter().map(|b| b.text).collect()
}

#[test]
fn inline_runs_are_one_block() {
    assert_eq!(blocks("<p>Satu <b>dua</b>, ti<i>ga</i></p>empat"), ["Satu dua, tiga", "empat"]);
    assert_eq!(blocks("<span>a</span><span>b</span>"), ["a b"]);
    assert_eq!(blocks("x<br>y<br> <br>z<hr>w"), ["x y", "z", "w"]);
    assert_eq!(blocks("<ul><li>a<li>b</ul><table><td>c<td>d</table>"), ["a", "b", "c", "d"]);
    assert_eq!(
        blocks("<x-card>a</x-card>b<label>c</label><button>d</button>"),
        ["a", "b", "c", "d"]
    );
}

#[test]
fn invisible_code_is_left_out() {
    let html = "<script>s</script><style>t</style><template>u</template><svg><text>v</text></svg>\
                <textarea>w</textarea><noscript>x</noscript><iframe>y</iframe><p>z";
    assert_eq!(blocks(html), ["x", "z"]);
}

#[test]
fn hidden_is_a_fact_and_a_boundary() {
    let page = segment_html(
        "<p>a<span style='DISPLAY : none'>b</span>c</p><div hidden><p>d</div><p aria-hidden=true>e",
        &Limits::default(),
    );
    let facts: Vec<_> = page.blocks.iter().map(|b| (b.text.as_str(), b.hidden)).collect();
    assert_eq!(facts, [("a", false), ("b", true), ("c", false), ("d", true), ("e", true)]);
}

#[test]
fn the_path_ends_at_the_deepest_common_element() {
    let page = segment_html(
        "<div><p><strong><a href=x>Baca juga</a></strong></p><p><b>a</b> b</p><p><i>c</i><i>d</i></p></div>",
        &Limits::default(),
    );
    assert!(page.path(0).ends_with("div[1]>p[1]>strong[1]>a[1]"));
    let empty = segment_html("<p><a href=x>a</a><i></i><b></b></p>", &Limits::default());
    assert!(empty.path(0).ends_with("p[1]>a[1]"));
    assert!(page.path(1).ends_with("div[1]>p[2]"));
    assert!(page.path(2).ends_with("div[1]>p[3]"));
}

#[test]
fn head_gives_title_and_address() {
    let page = segment_html(
        "<title> Judul\n halaman </title><link rel=canonical href=https://a.example/b><p>x",
        &Limits::default(),
    );
    assert_eq!((page.title.as_str(), page.url.as_str()), ("Judul halaman", "https://a.example/b"));
    assert_eq!(page.blocks.len(), 1);
}

#[test]
fn links_across_blocks_and_blocks_across_links() {
    let page = segment_html(
        "<a href='/a b'><p>satu</p><p>dua</p></a><p>x <a href=''>y</a> <a href=/c>z</a>",
        &Limits::default(),
    );
    let links: Vec<_> = page.blocks.iter().map(|b| b.links.join(" ")).collect();
    assert_eq!(links, ["/ab", "/ab", "# /c"]);
    assert_eq!(page.blocks[2].link_chars, 2);
}

#[test]
fn annotations_come_from_the_nearest_ancestor_of_most_characters() {
    let (_, labels) = segment_annotated(
        "<div data-label=navigation>a<p data-label=content>bb <i data-label=ad>c</i></p></div><p>d",
        &Limits::default(),
    );
    let labels: Vec<_> = labels.iter().map(Option::as_deref).collect();
    assert_eq!(labels, [Some("navigation"), Some("content"), None]);
}

#[test]
fn depth_is_bounded_and_text_survives() {
    let html = format!("{}x{}<p>after", "<div>a".repeat(20_000), "</div>".repeat(20_000));
    let page = segment_html(&html, &Limits::default());
    assert_eq!(page.blocks.last().unwrap().text, "after");
    assert_eq!(page.blocks.len(), 20_001);
    let deepest = (0..600).map(|n| page.path(n).matches('>').count()).max().unwrap();
    assert!((500..=514).contains(&deepest), "{deepest}");
    let last = page.path(page.blocks.len() - 1).matches('>').count();
    assert!(last <= 3, "{last}");
}

#[test]
fn nodes_and_bytes_are_bounded_and_told() {
    let bomb = format!(
        "<p>{}{}",
        (0..2000).map(|n| format!("<b id={n}>")).collect::<String>(),
        "<p>x".repeat(2000)
    );
    let page = segment_html(&bomb, &Limits { nodes: 1_000, ..Limits::default() });
    assert_eq!(page.truncated, Some(Truncation::Nodes));
    let page = segment_html("<p>aé", &Limits { bytes: 5, ..Limits::default() });
    assert_eq!(page.truncated, Some(Truncation::Bytes));
    assert_eq!(page.blocks[0].text, "a");
    let page = segment_text("a\nb\nc", &Limits { nodes: 2, ..Limits::default() });
    assert_eq!((page.blocks.len(), page.truncated), (2, Some(Truncation::Nodes)));
}

#[test]
fn what_a_page_says_once_is_not_repeated_without_end() {
    let long = "x".repeat(100_000);
    let pages = [
        format!("<a href={long}>"),
        format!("<a href={}>", long.replace("xx", "é ")),
        format!("<p><b id={long}>"),
        format!("<div class='{}'>", long.replace("xx", "x ")),
        format!("<div data-label={long}>"),
        format!("<x{long}>"),
    ];
    for mut html in pages {
        html += &"<p>x".repeat(10_000);
        let (document, labels) = segment_annotated(&html, &Limits::default());
        assert_eq!(document.blocks.len(), 10_000);
        let links = document.blocks.iter().flat_map(|block| &block.links).map(String::len);
        let labels = labels.iter().flatten().map(String::len);
        let paths = (0..10_000).map(|n| document.path(n).len());
        let repeated: usize = links.chain(labels).chain(paths).sum();
        assert!(repeated < 60 * html.len(), "{repeated} bytes: {}", &html[..20]);
    }
}

#[test]
fn what_is_short_is_repeated_as_often_as_it_holds() {
    let html = format!("<main id=isi class='a b'><a href=/x>{}", "<p>x".repeat(10_000));
    let document = segment_html(&html, &Limits::default());
    let path = "html[1]>body[2]>main#isi.a.b[1]>a[1]>p[10000]";
    assert_eq!(document.path(9_999), path);
    assert!(document.blocks.iter().all(|block| block.links == ["/x"]));
}
