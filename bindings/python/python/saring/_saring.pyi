from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, final, overload

_Html: TypeAlias = str | bytes | bytearray

__all__ = [
    "LABELS", "Block", "Classifier", "Page", "Training", "__version__", "_columns", "_restore",
    "train",
]

__version__: Final[str]
LABELS: Final[tuple[str, ...]]

@final
class Classifier:
    def __new__(
        cls,
        *,
        model: str | PathLike[str] | None = None,
        keep: Iterable[str] | None = None,
        threshold: float | None = None,
        min_probability: float | None = None,
        max_bytes: int | None = None,
    ) -> Classifier: ...
    def classify(
        self, html: _Html, *, url: str | None = None, charset: str | None = None
    ) -> Page: ...
    def classify_text(self, text: str) -> Page: ...
    def content(
        self, html: _Html, *, url: str | None = None, charset: str | None = None
    ) -> str: ...
    @overload
    def classify_many(
        self,
        pages: Iterable[_Html],
        *,
        urls: Iterable[str | None] | None = None,
        charsets: Iterable[str | None] | None = None,
        threads: int | None = None,
        return_exceptions: Literal[False] = False,
    ) -> list[Page]: ...
    @overload
    def classify_many(
        self,
        pages: Iterable[_Html | None],
        *,
        urls: Iterable[str | None] | None = None,
        charsets: Iterable[str | None] | None = None,
        threads: int | None = None,
        return_exceptions: Literal[True],
    ) -> list[Page | Exception]: ...

@final
class Page:
    @property
    def url(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def truncated(self) -> Literal["bytes", "nodes"] | None: ...
    @property
    def blocks(self) -> list[Block]: ...
    def to_json(self, source: str | None = None) -> str: ...
    def to_dict(self, source: str | None = None) -> dict[str, Any]: ...

@final
class Block:
    @property
    def text(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def probability(self) -> float: ...
    @property
    def kept(self) -> bool: ...
    @property
    def uncertain(self) -> bool: ...
    @property
    def path(self) -> str: ...

@final
class Training:
    @property
    def path(self) -> Path: ...
    @property
    def metrics(self) -> dict[str, float]: ...
    @property
    def notes(self) -> list[str]: ...
    @property
    def warnings(self) -> list[str]: ...

def train(
    data: str | PathLike[str] | Iterable[str | PathLike[str]],
    out: str | PathLike[str],
    *,
    folds: int = 5,
    held_out: int = 5,
    rows: int = 100_000,
    penalty: float = 1.0,
    lexicon: int = 16_000,
    progress: Callable[[str], object] | None = None,
) -> Training: ...

def _columns(pages: Iterable[Page | None]) -> dict[str, Any]: ...
def _restore(model: str | None, options: dict[str, Any]) -> Classifier: ...
