"""A content filter for Crawl4AI: `pip install saring[crawl4ai]`.

    generator = DefaultMarkdownGenerator(SaringContentFilter(), content_source="raw_html")
    async with AsyncWebCrawler() as crawler:
        result = await crawler.arun(url, config=CrawlerRunConfig(markdown_generator=generator))
    print(result.markdown.fit_markdown)

Give it `content_source="raw_html"`: Crawl4AI's own cleaning takes away class names, which Saring reads.
"""

from __future__ import annotations

import re
from html import escape

from crawl4ai.content_filter_strategy import RelevantContentFilter

from saring import Block, Classifier

_HEADING = re.compile("h[1-6]")


class SaringContentFilter(RelevantContentFilter):  # type: ignore[misc]
    """Keeps what the classifier keeps, as one element of HTML per block.

    Headings, list items, quotes and preformatted text stay what they are; links and emphasis inside a
    block become plain text.
    """

    def __init__(self, classifier: Classifier | None = None) -> None:
        super().__init__()
        self.classifier = Classifier() if classifier is None else classifier

    def filter_content(self, html: str, min_word_threshold: int | None = None) -> list[str]:
        """The kept blocks of at least `min_word_threshold` words, in reading order."""
        blocks = self.classifier.classify(html).blocks
        least = min_word_threshold or 0
        return [_element(b) for b in blocks if b.kept and len(b.text.split()) >= least]


def _element(block: Block) -> str:
    text = escape(block.text, quote=False)
    # From the block upwards: the first that says what kind of text it is.
    for step in reversed(block.path.split(">")):
        tag = re.split(r"[#.\[]", step, maxsplit=1)[0]
        if _HEADING.fullmatch(tag) or tag in ("blockquote", "pre"):
            return f"<{tag}>{text}</{tag}>"
        if tag == "li":
            return f"<ul><li>{text}</li></ul>"
    return f"<p>{text}</p>"
