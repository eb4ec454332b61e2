"""Crawl4AI, datatrove and LangChain, each as it is released."""

import asyncio
import gzip
import json

import pytest

import saring.crawl4ai
from saring import Classifier

PAGE = """<title>Bakau</title><nav class=menu><a href=/>Beranda</a> <a href=/b>Berita</a></nav>
<article><h1>Warga Menanam <i>Bakau</i></h1>
<p>Sebanyak 120 warga menanam bakau di pesisir utara &lt;Muara&gt; pada hari Minggu, kata Sari.</p>
<p>Baca juga: <a href="/b">Kapal Perintis Mulai Berlayar</a></p>
<ul><li>Setiap keluarga di desa itu menanam lima batang bakau pada pagi hari.</li></ul>
<p>Bibit datang dari desa tetangga yang sudah lama membibitkan bakau sendiri.</p></article>"""


def test_crawl4ai_crawls_a_site(site, pages):
    from crawl4ai import AsyncWebCrawler, CacheMode, CrawlerRunConfig, DefaultMarkdownGenerator
    from crawl4ai.async_crawler_strategy import AsyncHTTPCrawlerStrategy

    generator = DefaultMarkdownGenerator(
        saring.crawl4ai.SaringContentFilter(), content_source="raw_html"
    )
    config = CrawlerRunConfig(
        markdown_generator=generator, cache_mode=CacheMode.BYPASS, verbose=False
    )
    chosen = [n for n, page in enumerate(pages) if page.parent.name == "pages"][:20]

    async def crawl():
        async with AsyncWebCrawler(crawler_strategy=AsyncHTTPCrawlerStrategy()) as crawler:
            return [await crawler.arun(f"{site}/{n}.html", config=config) for n in chosen]

    results = asyncio.run(crawl())
    assert all(result.success for result in results)
    for n, result in zip(chosen, results):
        kept = [b.text for b in Classifier().classify(pages[n].read_text("utf-8")).blocks if b.kept]
        fit = "".join(c for c in result.markdown.fit_markdown if c.isalnum())
        assert fit == "".join(c for c in "".join(kept) if c.isalnum())
        assert len(result.markdown.fit_markdown) < len(result.markdown.raw_markdown)


def test_crawl4ai_keeps_the_kinds_of_blocks():
    chosen = saring.crawl4ai.SaringContentFilter()
    html = chosen.filter_content(PAGE)
    assert html[0] == "<h1>Warga Menanam Bakau</h1>"
    assert html[1].startswith("<p>Sebanyak") and "&lt;Muara&gt;" in html[1]
    assert html[2].startswith("<ul><li>Setiap keluarga")
    assert not any("Baca juga" in element or "Beranda" in element for element in html)
    assert chosen.filter_content(PAGE, min_word_threshold=4) == html[1:]
    assert saring.crawl4ai.SaringContentFilter(Classifier(keep=["navigation"])).filter_content("") == []


@pytest.fixture
def datatrove(tmp_path):
    """Documents through steps, by the executor that users have, to what its writer wrote."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    def run(documents, *steps):
        folder = tmp_path / "in"
        folder.mkdir()
        lines = "".join(json.dumps(document) + "\n" for document in documents)
        (folder / "a.jsonl").write_text(lines)
        LocalPipelineExecutor(
            pipeline=[JsonlReader(str(folder)), *steps, JsonlWriter(str(tmp_path / "out"))],
            logging_dir=str(tmp_path / "logs"),
        ).run()
        stats = json.loads((tmp_path / "logs/stats.json").read_text())
        written = [gzip.open(file, "rt").read() for file in (tmp_path / "out").glob("*.gz")]
        return [json.loads(line) for text in written for line in text.splitlines()], stats

    return run


def test_datatrove_extracts(datatrove, pages):
    from saring.datatrove import SaringExtractor

    some = [page.read_text("utf-8") for page in pages if page.parent.name == "pages"][:30]
    texts = [Classifier().content(html) for html in some]
    documents = [{"text": html, "id": str(n)} for n, html in enumerate(some)]
    documents.append({"text": "<nav><a href=/>Beranda</a></nav><p></p>", "id": "empty"})
    keep = ["content", "headline"]
    out, stats = datatrove(documents, SaringExtractor(Classifier(keep=keep), timeout=20))
    expected = {str(n): text for n, text in enumerate(texts) if text}
    assert len(expected) > 25
    rest = {d["id"]: d["text"] for d in out if d["id"] != "empty"}
    assert rest == expected
    assert "clean_error" not in stats[1]["stats"]


def test_datatrove_filters(datatrove):
    from saring.datatrove import SaringFilter

    article = "\n".join(b.text for b in Classifier().classify(PAGE).blocks if b.kept)
    menu = "Beranda\nTerkini\nPopuler\nTentang Kami\nRedaksi\nKebijakan Privasi\nHak cipta Pantai Kita"
    documents = [
        {"text": f"Beranda\nTerkini\nPopuler\n{article}", "id": "article"},
        {"text": menu, "id": "boilerplate"},
        {"text": "\n", "id": "nothing"},
    ]
    out, stats = datatrove(documents, SaringFilter(min_kept=0.5, clean=True))
    assert [document["id"] for document in out] == ["article"]
    assert "Terkini" not in out[0]["text"]
    assert out[0]["text"] == Classifier().classify_text(documents[0]["text"]).text
    assert stats[1]["stats"]["dropped_boilerplate"] == 2


def test_datatrove_filters_by_confidence():
    from datatrove.data import Document

    from saring.datatrove import SaringFilter

    document = Document("Warga menanam bakau di pesisir utara pada hari Minggu.", "1")
    assert SaringFilter(min_kept=0).filter(document) is True
    assert SaringFilter(min_kept=0, min_confidence=1).filter(document) == (False, "confidence")


def test_langchain_transforms():
    from langchain_core.documents import Document

    from saring.langchain import SaringTransformer

    documents = [
        Document(PAGE, metadata={"source": "https://a.example/1", "lang": "id"}, id="1"),
        Document("", metadata={}),
    ]
    transformer = SaringTransformer()
    first, second = transformer.transform_documents(documents)
    page = Classifier().classify(PAGE, url="https://a.example/1")
    assert first.page_content == page.text
    assert first.metadata == {**documents[0].metadata, "confidence": page.confidence}
    assert first.id == "1" and second.page_content == ""
    assert documents[0].page_content == PAGE and "confidence" not in documents[0].metadata
    assert asyncio.run(transformer.atransform_documents(documents)) == [first, second]
    plain = "Baca juga: Kapal Perintis\nWarga menanam bakau di pesisir utara pada hari Minggu."
    (text,) = SaringTransformer(plain_text=True).transform_documents([Document(plain)])
    assert text.page_content == Classifier().classify_text(plain).text
    with pytest.raises(ValueError, match=r"pages\[0\]: .*surrogates"):
        transformer.transform_documents([Document("\ud800")])
