"""A document transformer for LangChain: `pip install saring[langchain]`.

    documents = AsyncHtmlLoader(urls).load()                  # HTML, or plain text
    documents = SaringTransformer().transform_documents(documents)
    chunks = RecursiveCharacterTextSplitter().split_documents(documents)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.documents import BaseDocumentTransformer, Document

from saring import Classifier


class SaringTransformer(BaseDocumentTransformer):
    """Documents with the kept text of their HTML, and its `confidence` in the metadata.

    The address is the `source` of the metadata, if that is there. With `plain_text` the documents are
    text that was extracted before, one block per line. A document of which nothing is kept stays, with
    an empty text. What came in is not changed.
    """

    def __init__(self, classifier: Classifier | None = None, *, plain_text: bool = False) -> None:
        self.classifier = Classifier() if classifier is None else classifier
        self.plain_text = plain_text

    def transform_documents(self, documents: Sequence[Document], **kwargs: Any) -> list[Document]:
        texts = [document.page_content for document in documents]
        if self.plain_text:
            pages = [self.classifier.classify_text(text) for text in texts]
        else:
            urls = [document.metadata.get("source") for document in documents]
            pages = self.classifier.classify_many(texts, urls=urls)
        return [
            document.model_copy(
                update={
                    "page_content": page.text,
                    "metadata": {**document.metadata, "confidence": page.confidence},
                }
            )
            for document, page in zip(documents, pages)
        ]
