"""An item pipeline for Scrapy: `pip install saring[scrapy]`.

    ITEM_PIPELINES = {"saring.scrapy.SaringPipeline": 300}
    SARING_CLASSIFIER = {"keep": ["content", "headline", "caption"]}   # optional: of Classifier
    SARING_RULES = "rules.csv"                                         # optional: rules that win
    SARING_HTML_FIELD = "html"                                         # optional: this is the default
    SARING_MIN_CONFIDENCE = 0.3                                        # optional: drops items below it

The spider yields items with the page as `html`, either `response.text` or `response.body`, and its
address as `url`. They go on with `text`, `confidence` and `blocks` and without `html`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem

from saring import Classifier, Rules

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.statscollectors import StatsCollector


class SaringPipeline:
    """Replaces the HTML of items by what Saring says of it; items without HTML go through.

    Items that are instances of `scrapy.Item` need the fields `text`, `confidence` and `blocks`. HTML
    that is neither str nor bytes, and a str with a lone surrogate, are errors, which Scrapy logs. The
    statistics `saring/classified`, `saring/truncated` and `saring/dropped` count pages. Rules that have
    decided nothing, although pages of their host came, are warnings of the logger "saring" at the end.
    """

    def __init__(
        self,
        classifier: Classifier,
        stats: StatsCollector | None = None,
        html_field: str = "html",
        min_confidence: float = 0.0,
    ) -> None:
        self.classifier = classifier
        self.stats = stats
        self.html_field = html_field
        self.min_confidence = min_confidence

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SaringPipeline:
        settings = crawler.settings
        options = settings.getdict("SARING_CLASSIFIER")
        if file := settings.get("SARING_RULES"):
            options["rules"] = Rules.load(file)
        return cls(
            Classifier(**options),
            crawler.stats,
            settings.get("SARING_HTML_FIELD", "html"),
            settings.getfloat("SARING_MIN_CONFIDENCE"),
        )

    def process_item(self, item: Any, spider: Any = None) -> Any:
        adapter = ItemAdapter(item)
        if self.html_field not in adapter:
            return item
        page = self.classifier.classify(adapter[self.html_field], url=adapter.get("url"))
        if page.confidence < self.min_confidence:
            self._count("dropped")
            raise DropItem(f"confidence {page.confidence:.2f} is below {self.min_confidence}")
        told = page.to_dict()
        for field in ("text", "confidence", "blocks"):
            adapter[field] = told[field]
        del adapter[self.html_field]
        self._count("classified")
        if page.truncated:
            self._count("truncated")
        return item

    def close_spider(self, spider: Any = None) -> None:
        for rule in self.classifier.rules.unused() if self.classifier.rules else ():
            logging.getLogger("saring").warning(
                "line %d of the rules: %s decides no block of %d pages", rule.line, rule, rule.pages
            )

    def _count(self, what: str) -> None:
        if self.stats:
            self.stats.inc_value(f"saring/{what}")
