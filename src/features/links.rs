//! Where the links of a block lead. Absent for plain text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::columns::{Sink, flag, log};
use super::page::Page;

/// Hosts of messengers, whose channels are promoted in articles.
const MESSENGERS: [&str; 7] =
    ["wa.me", "whatsapp.com", "t.me", "telegram.me", "telegram.org", "line.me", "viber.com"];

/// Hosts of app stores and news readers.
const STORES: [&str; 7] = [
    "play.google.com",
    "apps.apple.com",
    "itunes.apple.com",
    "appgallery.huawei.com",
    "news.google.com",
    "onelink.me",
    "flipboard.com",
];

/// Hosts of social networks.
const NETWORKS: [&str; 14] = [
    "facebook.com",
    "twitter.com",
    "x.com",
    "instagram.com",
    "linkedin.com",
    "pinterest.com",
    "youtube.com",
    "tiktok.com",
    "reddit.com",
    "tumblr.com",
    "threads.net",
    "vk.com",
    "bsky.app",
    "weibo.com",
];

/// Words in an address that hands a page on to somebody.
const SHARING: [&str; 7] =
    ["share", "intent/", "submit?", "pin/create", "send?text", "text=", "addtoany"];

/// First words of addresses of lists rather than articles.
const LISTS: [&str; 12] = [
    "/tag/",
    "/tags/",
    "/topic",
    "/category/",
    "/categories/",
    "/author/",
    "/penulis/",
    "/indeks",
    "/search",
    "/label/",
    "/kategori/",
    "/section/",
];

/// What looks for words in an address: made once, it is much faster than to look for each anew.
type Finders = LazyLock<Vec<Finder<'static>>>;

static SHARING_FINDERS: Finders = LazyLock::new(|| SHARING.map(Finder::new).into());

static LISTS_FINDERS: Finders = LazyLock::new(|| LISTS.map(Finder::new).into());

fn has_any(text: &str, words: &[Finder]) -> bool {
    words.iter().any(|word| word.find(text.as_bytes()).is_some())
}

/// What the addresses of some links tell, a bit for each thing.
#[derive(Default, Clone, Copy)]
struct Targets(u16);

impl Targets {
    const MESSENGER: u16 = 1;
    const STORE: u16 = 1 << 1;
    const NETWORK: u16 = 1 << 2;
    const SHARING: u16 = 1 << 3;
    const EXTERNAL: u16 = 1 << 4;
    const FRAGMENT: u16 = 1 << 5;
    const SCRIPT: u16 = 1 << 6;
    const MAIL: u16 = 1 << 7;
    const LIST: u16 = 1 << 8;
    const ARTICLE: u16 = 1 << 9;
    const QUERY: u16 = 1 << 10;
    const TOP: u16 = 1 << 11;

    fn has(self, target: u16) -> bool {
        self.0 & target != 0
    }
}

/// The host of a link that names one, without `www.`.
pub(crate) fn host(link: &str) -> Option<&str> {
    let rest = link.strip_prefix("http://").or_else(|| link.strip_prefix("https://"));
    let rest = rest.or_else(|| link.strip_prefix("//"))?;
    let end = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
    Some(rest[..end].trim_start_matches("www."))
}

/// The part of a link after the host.
pub(crate) fn path_of(link: &str) -> &str {
    let rest = link.find("://").map_or(link, |at| &link[at + 3..]);
    if rest.len() == link.len() && !link.starts_with("//") {
        return link;
    }
    let rest = rest.trim_start_matches('/');
    rest.find('/').map_or("", |at| &rest[at..])
}

fn is_or_is_under(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The last two labels of a host: close enough to tell a site's own links from others.
fn site(host: &str) -> &str {
    let mut dots = host.rmatch_indices('.').map(|(at, _)| at);
    let two = dots.nth(1);
    let label = two.map_or(host, |at| &host[at + 1..]);
    // Second-level registries such as co.id and com.my.
    if label.split('.').next().is_some_and(|l| l.len() <= 3) && label.len() <= 7 {
        return dots.next().map_or(host, |at| &host[at + 1..]);
    }
    label
}

fn targets(link: &str, own: &str) -> Targets {
    let host = host(link);
    let among = |domains: &[&str]| {
        host.is_some_and(|host| domains.iter().any(|domain| is_or_is_under(host, domain)))
    };
    let path = path_of(link);
    let plain = path.split(['?', '#']).next().unwrap_or("");
    let last = plain.trim_end_matches('/').rsplit('/').next().unwrap_or("");
    let words = last.split(['-', '_']).filter(|w| !w.is_empty()).count();
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    let steps = plain.split('/').filter(|s| !s.is_empty()).count();
    let lower = match link.bytes().any(|b| b.is_ascii_uppercase()) {
        true => Cow::Owned(link.to_ascii_lowercase()),
        false => Cow::Borrowed(link),
    };
    let script = lower.starts_with("javascript:");
    let mail = lower.starts_with("mailto:") || lower.starts_with("tel:");
    let fragment = link.starts_with('#');
    let internal = host.is_none_or(|h| site(h) == own) && !script && !mail && !fragment;
    let facts = [
        (Targets::MESSENGER, among(&MESSENGERS) || lower.starts_with("whatsapp:")),
        (Targets::STORE, among(&STORES)),
        (Targets::NETWORK, among(&NETWORKS)),
        (Targets::SHARING, has_any(&lower, &SHARING_FINDERS)),
        (Targets::EXTERNAL, host.is_some_and(|h| site(h) != own)),
        (Targets::FRAGMENT, fragment),
        (Targets::SCRIPT, script),
        (Targets::MAIL, mail),
        (Targets::LIST, has_any(plain, &LISTS_FINDERS)),
        (Targets::ARTICLE, internal && (words >= 4 || (words >= 2 && digits >= 4))),
        (Targets::QUERY, internal && path.contains('?')),
        (Targets::TOP, internal && steps <= 1 && words <= 2),
    ];
    Targets(
        facts.into_iter().fold(0, |all, (target, holds)| if holds { all | target } else { all }),
    )
}

/// The site that the page is on: from its address, else the one most of its links lead to.
fn own_site(page: &Page) -> String {
    if let Some(host) = host(&page.document.url) {
        return site(host).to_string();
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for host in page.document.blocks.iter().flat_map(|b| &b.links).filter_map(|link| host(link)) {
        *counts.entry(site(host)).or_default() += 1;
    }
    let most = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)));
    most.map_or(String::new(), |(site, _)| site.to_string())
}

pub(super) fn add(page: &Page, columns: &mut impl Sink) {
    let own = own_site(page);
    let blocks = &page.document.blocks;
    let all =
        |links: &[String]| Targets(links.iter().fold(0, |all, link| all | targets(link, &own).0));
    let found: Vec<Targets> = blocks.iter().map(|b| all(&b.links)).collect();
    columns.add("link_share", |i| page.text[i].link_share);
    columns.add("log_links", |i| log(blocks[i].links.len() as f32));
    columns.add("one_link", |i| flag(blocks[i].links.len() == 1 && page.text[i].link_share > 0.9));
    columns.add("some_link", |i| flag(page.text[i].link_share > 0.0));
    columns
        .add("log_unlinked_words", |i| log(page.text[i].words * (1.0 - page.text[i].link_share)));
    let any = |i: usize, target: u16| flag(found[i].has(target));
    columns.add("link_messenger", |i| any(i, Targets::MESSENGER));
    columns.add("link_store", |i| any(i, Targets::STORE));
    columns.add("link_network", |i| any(i, Targets::NETWORK));
    columns.add("link_sharing", |i| any(i, Targets::SHARING));
    columns.add("link_external", |i| any(i, Targets::EXTERNAL));
    columns.add("link_fragment", |i| any(i, Targets::FRAGMENT));
    columns.add("link_script", |i| any(i, Targets::SCRIPT));
    columns.add("link_mail", |i| any(i, Targets::MAIL));
    columns.add("link_list", |i| any(i, Targets::LIST));
    columns.add("link_article", |i| any(i, Targets::ARTICLE));
    columns.add("link_query", |i| any(i, Targets::QUERY));
    columns.add("link_top", |i| any(i, Targets::TOP));
    // A line that is a link to another article, standing between paragraphs: read-also.
    columns.add("linked_article_line", |i| {
        flag(page.text[i].link_share > 0.6 && found[i].has(Targets::ARTICLE))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_and_paths() {
        assert_eq!(site("news.warta.example"), "warta.example");
        assert_eq!(site("bola.warta.co.id"), "warta.co.id");
        assert_eq!(host("https://www.a.example:8080/x"), Some("a.example"));
        assert_eq!(path_of("https://a.example/x/y"), "/x/y");
        assert_eq!(path_of("/x/y"), "/x/y");
        assert_eq!(path_of("//a.example/x"), "/x");
    }

    #[test]
    fn targets_of_links() {
        let has = |link: &str, target: u16| targets(link, "a.example").has(target);
        assert!(has("https://whatsapp.com/channel/0029", Targets::MESSENGER));
        assert!(has("https://api.whatsapp.com/send?text=x", Targets::SHARING));
        assert!(has("/read/2024/05/banjir-di-kota-lama", Targets::ARTICLE));
        assert!(!has("/ekonomi", Targets::ARTICLE));
        assert!(has("/ekonomi", Targets::TOP));
        assert!(has("https://b.example/x", Targets::EXTERNAL));
        assert!(!has("https://m.a.example/x", Targets::EXTERNAL));
        assert!(has("JavaScript:void(0)", Targets::SCRIPT));
    }
}
