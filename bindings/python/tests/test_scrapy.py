"""saring.scrapy in crawls of a site on localhost by the real Scrapy, each in a process of its own."""

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
import scrapy
from scrapy.exceptions import DropItem

from saring import Classifier
from saring.scrapy import SaringPipeline

PIPELINE = {"saring.scrapy.SaringPipeline": 300}


@pytest.fixture
def crawl(site, tmp_path):
    """Settings to the items, the statistics and what went to stderr."""

    def run(**settings):
        items, stats = tmp_path / "items.jsonl", tmp_path / "stats.json"
        items.unlink(missing_ok=True)
        program = Path(__file__).with_name("crawl.py")
        arguments = [f"{name}={json.dumps(value)}" for name, value in settings.items()]
        done = subprocess.run(
            [sys.executable, "-W", "error::DeprecationWarning:saring", program, site, items, stats]
            + arguments,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        lines = items.read_text().splitlines() if items.exists() else []
        return [json.loads(line) for line in lines], json.loads(stats.read_text()), done.stderr

    return run


def test_a_crawl_gives_what_the_classifier_gives(crawl, site, pages):
    items, stats, words = crawl(ITEM_PIPELINES=PIPELINE)
    assert words == ""
    assert stats["saring/classified"] == stats["item_scraped_count"] == len(items) == len(pages)
    by_url = {item.pop("url"): item for item in items}
    assert len(by_url) == len(pages)
    for n, path in enumerate(pages):
        url = f"{site}/{n}.html"
        told = Classifier().classify(path.read_bytes(), url=url).to_dict()
        assert by_url[url] == {name: told[name] for name in ("text", "confidence", "blocks")}


def test_settings(crawl, pages):
    items, stats, _ = crawl(
        ITEM_PIPELINES=PIPELINE,
        SARING_CLASSIFIER={"keep": ["navigation"], "max_bytes": 3000},
        SARING_MIN_CONFIDENCE=0.5,
    )
    assert 0 < stats["saring/dropped"] == stats["item_dropped_count"] < len(pages)
    assert len(items) == stats["saring/classified"] == len(pages) - stats["saring/dropped"]
    assert all(item["confidence"] >= 0.5 for item in items)
    assert 0 < stats["saring/truncated"] < len(pages)
    labels = {b["label"] for i in items for b in i["blocks"] if b["text"] in i["text"].split("\n")}
    assert "navigation" in labels


def test_rules(crawl, tmp_path, pages):
    file = tmp_path / "rules.csv"
    file.write_text("host,selector,label\n127.0.0.1,h1,legal\n127.0.0.1,.tidak-ada,ad\nlain.example,p,ad\n")
    settings = {"ITEM_PIPELINES": PIPELINE, "LOG_LEVEL": "WARNING"}
    items, _, words = crawl(**settings, SARING_RULES=str(file))
    assert len(items) == len(pages)
    rules = {block.get("rule") for item in items for block in item["blocks"]}
    assert rules == {None, "127.0.0.1 h1 -> legal"}
    (told,) = [line for line in words.splitlines() if "of the rules" in line]
    wanted = f"line 3 of the rules: 127.0.0.1 .tidak-ada -> ad decides no block of {len(pages)} pages"
    assert told.endswith(wanted)
    items, _, words = crawl(ITEM_PIPELINES=PIPELINE, SARING_RULES="tidak-ada.csv")
    assert items == [] and "tidak-ada.csv: No such file" in words


def test_another_field_and_a_bad_option(crawl, pages):
    pipelines = {**PIPELINE, "__main__.WithoutHtml": 400}
    items, stats, words = crawl(ITEM_PIPELINES=pipelines, SARING_HTML_FIELD="body")
    assert words == "" and "saring/classified" not in stats
    assert [set(item) for item in items] == [{"url"}] * len(pages)
    items, _, words = crawl(ITEM_PIPELINES=PIPELINE, SARING_CLASSIFIER={"keep": ["isi"]})
    assert items == [] and 'ValueError: unknown label "isi"' in words


def test_a_crawl_takes_less_than_3_ms_a_page_more(crawl, pages):
    nothing = {"__main__.WithoutHtml": 300}
    pairs = [
        [crawl(ITEM_PIPELINES=pipelines)[1] for pipelines in (nothing, PIPELINE)] for _ in range(3)
    ]
    assert all(stats["item_scraped_count"] == len(pages) for pair in pairs for stats in pair)
    added = [(after["seconds"] - before["seconds"]) / len(pages) * 1000 for before, after in pairs]
    print(f"the pipeline adds {statistics.median(added):.2f} ms a page, of {added}")
    assert statistics.median(added) < 3


class Item(scrapy.Item):
    html = scrapy.Field()


class Full(Item):
    url, text, confidence, blocks = (scrapy.Field() for _ in range(4))


def test_items_of_other_kinds():
    pipeline = SaringPipeline(Classifier())
    assert pipeline.process_item({"name": "no page"}) == {"name": "no page"}
    full = pipeline.process_item(Full(html="<p>Satu</p>", url="https://a.example/"))
    assert set(full) == {"url", "text", "confidence", "blocks"}
    with pytest.raises(KeyError, match="text"):
        pipeline.process_item(Item(html="<p>Satu</p>"))
    with pytest.raises(TypeError, match="html must be str or bytes, not NoneType"):
        pipeline.process_item({"html": None})
    with pytest.raises(DropItem, match="confidence 0.* is below 1.0"):
        SaringPipeline(Classifier(), min_confidence=1.0).process_item({"html": "<p>Satu</p>"})
