"""Steps of a datatrove pipeline: `pip install saring[datatrove]`.

    LocalPipelineExecutor(pipeline=[
        WarcReader("crawl/"),
        SaringExtractor(),                  # HTML to its kept text
        SaringFilter(min_kept=0.5),         # plain text that is boilerplate for the greater part is dropped
        JsonlWriter("text/"),
    ]).run()
"""

from __future__ import annotations

from datatrove.data import Document
from datatrove.pipeline.extractors.base import BaseExtractor
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter

from saring import Classifier


class SaringExtractor(BaseExtractor):  # type: ignore[misc]
    """The kept text of HTML, one block per line.

    datatrove works in a process of its own, ended after `timeout` seconds per document, and drops
    documents of which no text is left.
    """

    name = "🧹 Saring"

    def __init__(self, classifier: Classifier | None = None, timeout: float = 1) -> None:
        super().__init__(timeout)
        self.classifier = Classifier() if classifier is None else classifier

    def extract(self, text: str) -> str:
        return self.classifier.content(text)


class SaringFilter(BaseFilter):  # type: ignore[misc]
    """Drops plain texts of which less than the share `min_kept` of the characters is kept, or with a
    confidence below `min_confidence`. With `clean` the others go on with their kept lines only.

    Statistics count what is dropped as `dropped_boilerplate` and `dropped_confidence`.
    """

    name = "🧹 Saring"

    def __init__(
        self,
        min_kept: float = 0.5,
        min_confidence: float = 0.0,
        clean: bool = False,
        classifier: Classifier | None = None,
        exclusion_writer: DiskWriter | None = None,
    ) -> None:
        super().__init__(exclusion_writer)
        self.min_kept = min_kept
        self.min_confidence = min_confidence
        self.clean = clean
        self.classifier = Classifier() if classifier is None else classifier

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        page = self.classifier.classify_text(doc.text)
        kept, every = (
            sum(len(block.text) for block in page.blocks if block.kept or not only_kept)
            for only_kept in (True, False)
        )
        if kept < self.min_kept * every or not every:
            return False, "boilerplate"
        if page.confidence < self.min_confidence:
            return False, "confidence"
        if self.clean:
            doc.text = page.text
        return True
