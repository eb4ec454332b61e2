"""Rules: they win, say so, are counted, and are those of the command."""

import copy
import json
import os
import pickle
import subprocess
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from saring import Classifier, Rules

RULES = """host,selector,label,note
*,nav,content,
*,"h1, h2",drop,
warta.example,.kanal-wa,promo,the channel
warta.example,.iklan,ad,
lain.example,p,drop,
"""
HTML = (
    "<h1>Warga Menanam Bakau</h1><nav><a href=/>Beranda</a></nav>"
    "<p class=kanal-wa>Ikuti berita terbaru kami di kanal pesan setiap pagi.</p>"
    "<p>Sebanyak 120 warga menanam bakau di pesisir utara pada hari Minggu pagi.</p>"
)
URL = "https://www.warta.example/bakau"


def test_what_a_rule_decides():
    rules = Rules.parse(RULES)
    page = Classifier(rules=rules).classify(HTML, url=URL)
    plain = Classifier().classify(HTML, url=URL)
    assert [block.rule for block in page.blocks] == [
        "* h1, h2 -> drop",
        "* nav -> content",
        "warta.example .kanal-wa -> promo",
        None,
    ]
    verdicts = [(block.label, block.probability, block.kept) for block in page.blocks]
    assert verdicts[1:3] == [("content", 1.0, True), ("promo", 0.0, False)]
    assert not verdicts[0][2] and plain.blocks[0].kept
    assert page.blocks[3].label == plain.blocks[3].label
    assert [block.rule for block in plain.blocks] == [None] * 4
    assert page != plain
    assert page.to_dict()["blocks"][2]["rule"] == "warta.example .kanal-wa -> promo"
    assert "rule" not in page.to_dict()["blocks"][3]
    assert Classifier(rules=rules).content(HTML, url=URL) == page.text


def test_what_is_counted():
    rules = Rules.parse(RULES, "aturan.csv")
    first, second = Classifier(rules=rules), Classifier(rules=rules, keep=["promo"])
    first.classify_many([HTML] * 10, urls=[URL] * 10, threads=2)
    second.classify(HTML)
    assert first.rules is rules
    assert Classifier().rules is None
    assert len(rules) == 5
    assert [(rule.line, rule.pages, rule.blocks) for rule in rules] == [
        (2, 11, 11), (3, 11, 11), (4, 10, 10), (5, 10, 0), (6, 0, 0),
    ]
    (unused,) = rules.unused()
    assert (unused.host, unused.selector, unused.label) == ("warta.example", ".iklan", "ad")
    assert str(unused) == "warta.example .iklan -> ad"
    assert repr(unused) == "<saring.Rule of line 5: warta.example .iklan -> ad>"
    assert repr(rules) == '<saring.Rules "aturan.csv": 5 rules>'


def test_the_command_says_the_same(tmp_path, pages):
    """Every page of the repository, byte for byte, and what is told of unused rules."""
    path = tmp_path / "rules.csv"
    path.write_text(RULES + "*,article p:first-of-type,legal,\n*,footer,keep,\n")
    command = [os.environ["SARING_COMMAND"], "classify", "--format", "jsonl", "--rules", path, *pages]
    done = subprocess.run(command, capture_output=True, check=True)
    lines = done.stdout.decode().splitlines()
    rules = Rules.load(path)
    results = Classifier(rules=rules).classify_many([page.read_bytes() for page in pages])
    assert [r.to_json(str(page)) for page, r in zip(pages, results)] == lines
    assert sum(line.count('"rule":') for line in lines) > len(pages)
    told = [
        f"saring: {path}:{rule.line}: {rule} decides no block of {rule.pages} pages"
        for rule in rules.unused()
    ]
    assert done.stderr.decode().splitlines() == told


def test_arrow_has_a_column_for_them(pages):
    import pyarrow as pa

    from records import records
    from saring.arrow import classify_batches

    classifier = Classifier(rules=Rules.parse(RULES))
    some = pages[:50]
    table = pa.table({"source": list(map(str, some)), "html": [page.read_bytes() for page in some]})
    batches = list(classify_batches(table.to_batches(), classifier=classifier))
    for batch in batches:
        batch.validate(full=True)
    rows = [row for batch in batches for row in batch.to_pylist()]
    expected = [classifier.classify(page.read_bytes()).to_json(str(page)) for page in some]
    assert list(records(rows)) == expected
    assert any("rule" in block for line in expected for block in json.loads(line)["blocks"])


@pytest.mark.parametrize(
    "csv, words",
    [
        ("host,label\n", r"^aturan.csv:1: no column is called selector"),
        ("host,selector,label\n*,p[,drop\n", r'^aturan.csv:2: the selector "p\["'),
        ("host,selector,label\n*,p,advert\n", r"^aturan.csv:2: unknown label"),
        ("host,selector,label\nhttps://a.example/,p,drop\n", r"^aturan.csv:2: .* is no host"),
        ("host,selector,label\n*,p\n", r"^aturan.csv:2: "),
    ],
)
def test_bad_rules_are_named_by_their_line(csv, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "aturan.csv").write_text(csv)
    for make in (lambda: Rules.load("aturan.csv"), lambda: Rules.parse(csv, "aturan.csv")):
        with pytest.raises(ValueError, match=words):
            make()


def test_bad_arguments(tmp_path):
    with pytest.raises(OSError, match="gone.csv: No such file"):
        Rules.load(tmp_path / "gone.csv")
    (tmp_path / "latin.csv").write_bytes(b"host,selector,label\n*,.caf\xe9,drop\n")
    with pytest.raises(ValueError, match="latin.csv:2: .*UTF-8"):
        Rules.load(tmp_path / "latin.csv")
    with pytest.raises(TypeError, match="^csv must be str, not bytes$"):
        Rules.parse(RULES.encode())
    with pytest.raises(ValueError, match="^csv: .*surrogates not allowed"):
        Rules.parse(RULES + "*,.\ud800,drop\n")
    with pytest.raises(TypeError, match="path"):
        Rules.load(3)
    with pytest.raises(TypeError):
        Rules()
    # Neither a path nor the text of a file: which of the two would be a guess.
    for value in ("rules.csv", RULES, [Rules.parse(RULES)], 3):
        with pytest.raises(TypeError, match="^rules must be saring.Rules, not"):
            Classifier(rules=value)


def test_pickles_and_copies_hold_rules(tmp_path):
    path = tmp_path / "rules.csv"
    path.write_text("\ufeff" + RULES)
    for rules in (Rules.load(path), Rules.parse(RULES)):
        before = Classifier(rules=rules, keep=["content"])
        expected = before.classify(HTML, url=URL)
        for after in (pickle.loads(pickle.dumps(before)), copy.deepcopy(before)):
            assert after.classify(HTML, url=URL) == expected
            # Counts are of the copy's own.
            assert after.rules is not rules
            assert [(r.pages, r.blocks) for r in after.rules][:2] == [(1, 1), (1, 1)]
            assert repr(after.rules) == repr(rules)
        assert next(iter(rules)).pages == 1
        assert copy.copy(before).rules is rules


def ruled(job):
    classifier, html = job
    page = classifier.classify(html, url=URL)
    return page, page.blocks, len(classifier.rules.unused())


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_processes_send_pages_back(start):
    classifier = Classifier(rules=Rules.parse(RULES), threshold=0.2)
    with ProcessPoolExecutor(1, mp_context=get_context(start)) as pool:
        page, blocks, unused = pool.submit(ruled, (classifier, HTML)).result(timeout=60)
    assert page == classifier.classify(HTML, url=URL)
    assert page.to_json() == classifier.classify(HTML, url=URL).to_json()
    assert blocks == page.blocks
    assert unused == 1
