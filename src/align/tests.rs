use super::*;

const ONE: &str = "The ferry to the northern islands will leave twice a day from March, the \
    harbour office said, and tickets can be bought on board as before.";
const TWO: &str = "Fishermen had asked for a later evening crossing because the market closes \
    only after the last boat has gone; their request is still open.";
const THREE: &str = "Storms kept the pier closed for nine weeks this winter. Repairs cost more \
    than planned, mostly for timber that had to come by road.";

fn content(gold: &str, blocks: &[&str]) -> Vec<usize> {
    let shares = align(gold, blocks);
    assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
    (0..blocks.len()).filter(|&block| shares[block] >= 0.5).collect()
}

fn lines(parts: &[&str]) -> String {
    parts.join("\n\n")
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    tokenize(text, |token| tokens.push(token.to_string()));
    tokens
}

#[test]
fn tokens_are_words_or_single_characters() {
    assert_eq!(tokens("Über_uns: 3,5 kg!"), ["über_uns", "3", "5", "kg"]);
    assert_eq!(tokens("東京へGo"), ["東", "京", "へ", "go"]);
    assert!(tokens(" -- \u{1F600} ").is_empty());
}

#[test]
fn exact_paragraphs() {
    let page = ["Menu", ONE, "Read also: harbour prices", TWO, "Share", THREE, "All rights"];
    assert_eq!(content(&lines(&[ONE, TWO, THREE]), &page), [1, 3, 5]);
    let shares = align(&lines(&[ONE, TWO, THREE]), &page);
    assert_eq!((shares[0], shares[1]), (0.0, 1.0));
}

#[test]
fn of_equal_copies_the_one_at_the_anchors_wins() {
    let page = [ONE, "Menu", "More", "Latest", ONE, TWO, THREE, "Most read", "About", TWO];
    assert_eq!(content(&lines(&[ONE, TWO, THREE]), &page), [4, 5, 6]);
    assert_eq!(content(&lines(&[ONE, TWO]), &[ONE, TWO, "x", ONE, TWO]), [0, 1]);
    assert_eq!(content(&lines(&[ONE, TWO, ONE]), &[ONE, TWO, ONE, ONE]), [0, 1, 2]);
}

#[test]
fn a_teaser_takes_nothing_from_the_paragraph() {
    let teaser: String = ONE.split_inclusive(' ').take(12).collect();
    assert_eq!(content(&lines(&[ONE, TWO]), &[&teaser, "x", ONE, TWO]), [2, 3]);
}

#[test]
fn short_blocks_count_only_in_their_window() {
    let gold = lines(&["Winter", ONE, "Next steps", TWO, "Costs", THREE]);
    let page =
        ["Winter", "Market", "Winter", ONE, "Next steps", TWO, "Ad", "Costs", THREE, "Costs"];
    assert_eq!(content(&gold, &page), [2, 3, 4, 5, 7, 8]);
    // Words of the gold, but far from it.
    assert_eq!(content(&lines(&[ONE, TWO]), &["Tickets", "Market", ONE, TWO, "March"]), [2, 3]);
}

#[test]
fn whole_lines_may_be_out_of_order() {
    let gold = lines(&[ONE, "By the harbour desk", TWO, "Size", "Red", THREE]);
    let page = ["By the harbour desk", ONE, TWO, "Red", "Size", THREE, "Size"];
    assert_eq!(content(&gold, &page), [0, 1, 2, 3, 4, 5]);
    assert_eq!(content(&lines(&[THREE, ONE, TWO]), &[ONE, TWO, THREE]), [0, 1, 2]);
}

#[test]
fn gold_may_be_glued_or_split() {
    let glued = format!("{ONE} {TWO}{THREE}");
    assert_eq!(content(&glued, &["Menu", ONE, "Ad", TWO, THREE]), [1, 3, 4]);
    let one_block = format!("{ONE} {TWO}");
    assert_eq!(content(&lines(&[ONE, TWO]), &["Menu", &one_block, THREE]), [1]);
    let words = ONE.replace(' ', "\n");
    assert_eq!(content(&words, &["Menu", ONE, TWO]), [1]);
}

#[test]
fn gaps_are_filled_and_reordered_words_found() {
    let edited = ONE.replace("twice a day", "2 times daily").replace("said, and", "told us;");
    assert_eq!(content(&lines(&[&edited, TWO]), &["Menu", ONE, TWO]), [1, 2]);
    let gold = lines(&[ONE, "Price: 12 kroner return", TWO]);
    assert_eq!(content(&gold, &[ONE, "12 kroner (return price)", TWO]), [0, 1, 2]);
}

#[test]
fn scripts_without_spaces() {
    let (a, b) = ("北の島へ行く船は三月から一日に二回出ます。", "切符は船の中でも買えます。");
    assert_eq!(content(&lines(&[a, b]), &["目次", a, "広告です", b, "三月"]), [1, 3]);
    let thai = "เรือไปเกาะทางเหนือจะออกวันละสองครั้งตั้งแต่เดือนมีนาคม";
    assert_eq!(content(thai, &["เมนู", thai]), [1]);
}

#[test]
fn nothing_to_align() {
    assert!(align("", &[]).is_empty());
    assert!(align(ONE, &[]).is_empty());
    assert_eq!(align("", &[ONE, ""]), [0.0, 0.0]);
    assert_eq!(align("...", &["...", ONE]), [0.0, 0.0]);
    assert_eq!(align(ONE, &["", "***", "--"]), [0.0, 0.0, 0.0]);
}

#[test]
fn repetition_is_linear() {
    let same = "a ".repeat(100_000);
    let rare = format!("{} x y z ", "a ".repeat(3_000)).repeat(30);
    let two: String = (0..100_000).map(|n| ["a ", "b "][n * n % 7 % 2]).collect();
    let start = std::time::Instant::now();
    for text in [&same, &rare, &two] {
        let words: Vec<&str> = text.split(' ').collect();
        let blocks: Vec<String> = words.chunks(10).map(|chunk| chunk.join(" ")).collect();
        let blocks: Vec<&str> = blocks.iter().map(String::as_str).collect();
        assert_eq!(align(text, &blocks).len(), blocks.len());
        align(text, &[text]);
        align(&two, &blocks);
        match_blocks(&blocks, &[text]);
        match_blocks(&[text], &blocks);
    }
    // Seconds, not the hours of a quadratic search; loose, since test machines are busy.
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn arbitrary_text_is_deterministic_and_does_not_panic() {
    let mut state = 7_u64;
    let mut next = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % n
    };
    for round in 0..300 {
        let mut text = |len: u64| -> String {
            let alphabet = ['a', 'b', 'é', 'İ', '東', ' ', ' ', '\n', '\u{AD}', '.'];
            (0..next(len + 1)).map(|_| alphabet[next(10) as usize]).collect()
        };
        let blocks: Vec<String> = (0..round % 20).map(|_| text(30)).collect();
        let blocks: Vec<&str> = blocks.iter().map(String::as_str).collect();
        let gold = text(400);
        assert_eq!(align(&gold, &blocks), align(&gold, &blocks));
        match_snippet(&text(6), &blocks);
        let lines: Vec<&str> = gold.lines().collect();
        assert_eq!(match_blocks(&lines, &blocks).len(), blocks.len());
    }
}

#[test]
fn snippets() {
    let page = ["Terms", "Privacy  Notice", "Contact us", "Read our privacy notice", "Help"];
    assert_eq!(match_snippet(" privacy\nnotice", &page), [1, 3]);
    assert_eq!(match_snippet("terms PRIVACY notice", &page), [0, 1]);
    assert_eq!(match_snippet("privacy notice of the house", &page), [0; 0]);
    // The last block is hardly covered.
    assert_eq!(match_snippet("Contact us Read", &page), [0; 0]);
    assert_eq!(match_snippet(" ", &page), [0; 0]);
    assert_eq!(match_snippet("x", &[]), [0; 0]);
}

#[test]
fn block_sequences() {
    let of = |gold: &[&str], page: &[&str]| -> Vec<Vec<usize>> {
        let parts = match_blocks(gold, page).into_iter();
        parts.map(|parts| parts.into_iter().map(|(g, _)| g).collect()).collect()
    };
    let gold = ["Home", "News Sport", "One long text.", "More", "Home", "Left", "Right"];
    assert_eq!(of(&gold, &gold), [[0], [1], [2], [3], [4], [5], [6]]);
    // Split, glued, and unknown.
    assert_eq!(
        of(&gold, &["News", "Sport", "Other", "One long text."]),
        [vec![1], vec![1], vec![], vec![2]]
    );
    assert_eq!(
        of(&gold, &["One long", "text. More", "left (new) right"]),
        [vec![2], vec![2, 3], vec![5, 6]]
    );
    assert_eq!(match_blocks(&gold, &["text. more"]), [[(2, 5), (3, 4)]]);
    assert_eq!(of(&[], &["a", ""]), [[0; 0], [0; 0]]);
}

#[test]
fn increasing() {
    assert_eq!(longest_increasing(&[]), [0; 0]);
    assert_eq!(longest_increasing(&[5, 1, 2, 9, 3, 4, 2]), [1, 2, 4, 5]);
}
