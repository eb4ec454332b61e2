"""Classifies Arrow record batches: `pip install saring[arrow]`.

Spark, Ray and Parquet files all speak record batches; this is the one function under each of them.

>>> import pyarrow as pa
>>> from saring.arrow import classify_batches
>>> batch = pa.RecordBatch.from_pydict({"id": [7], "html": [b"<h1>Bakau</h1>"]})
>>> (out,) = classify_batches([batch], html_col="html")
>>> out.schema.names
['id', 'url', 'text', 'confidence', 'truncated', 'blocks', 'error']
>>> out.column("blocks")[0].as_py()[0]["text"]
'Bakau'
"""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from saring import Classifier, Page
from saring._saring import _columns

_TEXT = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
_BYTES = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view)

# How much goes to the classifier at once, so that memory does not depend on the size of batches.
_ROWS_AT_ONCE = 256
_BYTES_AT_ONCE = 16 << 20

BLOCK = pa.struct(
    [
        pa.field("text", pa.string(), nullable=False),
        pa.field("label", pa.string(), nullable=False),
        pa.field("probability", pa.float64(), nullable=False),
        pa.field("kept", pa.bool_(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("rule", pa.string()),
    ]
)

#: What is told of each page. Where `error` says why a page could not be read, the others are null.
RESULT = pa.schema(
    [
        ("url", pa.string()),
        ("text", pa.string()),
        ("confidence", pa.float64()),
        ("truncated", pa.string()),
        ("blocks", pa.list_(pa.field("element", BLOCK, nullable=False))),
        ("error", pa.string()),
    ]
)


def result_schema(schema: pa.Schema, html_col: str = "html", url_col: str | None = None) -> pa.Schema:
    """What comes out for what goes in: the other columns, and then those of `RESULT`.

    A ValueError names a column that is not there, a TypeError one of the wrong type.
    """
    _check(schema, html_col, (*_TEXT, *_BYTES), "str or bytes")
    if url_col is not None:
        _check(schema, url_col, _TEXT, "str")
    others = [field for field in schema if field.name not in (html_col, url_col)]
    for field in others:
        if field.name in RESULT.names:
            raise ValueError(f"column {field.name!r} would be there twice: rename or drop it first")
    return pa.schema([*others, *RESULT])


def classify_batches(
    batches: Iterable[pa.RecordBatch],
    html_col: str = "html",
    url_col: str | None = None,
    *,
    classifier: Classifier | None = None,
    threads: int | None = None,
) -> Iterator[pa.RecordBatch]:
    """Classifies the pages in the column `html_col`, of type string or binary.

    Each row comes out once and in order, in batches of at most 256 rows. `html_col` and `url_col`
    are replaced by the columns of `RESULT`; the others stay as they are. A row without HTML is no
    error of the job: its `error` says so, and its other results are null. `threads` is as for
    `Classifier.classify_many`.

    A ValueError names a column that is not there, a TypeError one of the wrong type.
    """
    classifier = Classifier() if classifier is None else classifier
    for batch in batches:
        if not isinstance(batch, pa.RecordBatch):
            # What going through a table gives is its columns.
            wanted = "record batches, such as table.to_batches()"
            raise TypeError(f"batches must be {wanted}, not {type(batch).__name__}")
        schema = result_schema(batch.schema, html_col, url_col)
        for rows in _slices(batch, html_col):
            html = _values(rows.column(html_col))
            urls = None if url_col is None else _addresses(rows.column(url_col))
            results = classifier.classify_many(
                html, urls=urls, threads=threads, return_exceptions=True
            )
            others = [rows.column(name) for name in schema.names if name not in RESULT.names]
            yield pa.RecordBatch.from_arrays([*others, *_arrays(results)], schema=schema)


def _check(schema: pa.Schema, name: str, types: tuple[Any, ...], wanted: str) -> None:
    places = schema.get_all_field_indices(name)
    if len(places) != 1:
        there = f"there {len(places)} times" if places else "not there"
        raise ValueError(f"column {name!r} is {there}; columns are {', '.join(schema.names)}")
    found = schema.field(places[0]).type
    if not any(is_type(found) for is_type in types):
        raise TypeError(f"column {name!r} must be {wanted}, not {found}")


def _slices(batch: pa.RecordBatch, html_col: str) -> Iterator[pa.RecordBatch]:
    """The batch in pieces of `_ROWS_AT_ONCE` rows or, where that is less, of `_BYTES_AT_ONCE`."""
    column = batch.column(html_col)
    start = size = 0
    for row in range(batch.num_rows):
        value = column[row]
        size += len(value.as_buffer() or b"")
        if row + 1 - start == _ROWS_AT_ONCE or size >= _BYTES_AT_ONCE or row + 1 == batch.num_rows:
            yield batch.slice(start, row + 1 - start)
            start, size = row + 1, 0


def _values(html: pa.Array) -> list[Any]:
    try:
        return list(html.to_pylist())
    except UnicodeDecodeError:
        # A column that says it is text, and is not UTF-8: bytes are read whatever their charset.
        return list(html.cast(pa.large_binary()).to_pylist())


def _addresses(urls: pa.Array) -> list[str | None]:
    found = _values(urls)
    return [url.decode("utf-8", "replace") if isinstance(url, bytes) else url for url in found]


def _error(result: Page | Exception) -> str | None:
    if isinstance(result, Page):
        return None
    # The types of the column are right, so that a wrong one is a null.
    return "no html" if isinstance(result, TypeError) else str(result)


def _arrays(results: list[Page | Exception]) -> list[pa.Array]:
    """The columns of `RESULT`."""
    pages = [page if isinstance(page, Page) else None for page in results]
    columns = _columns(pages)
    texts = [columns[name] for name in ("block_text", "block_label", "block_path", "block_rule")]
    offsets = pa.Array.from_buffers(
        pa.int32(), len(pages) + 1, [None, pa.py_buffer(columns["offsets"])]
    )
    count = offsets[-1].as_py()

    def fixed(kind: pa.DataType, data: bytes) -> pa.Array:
        return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(data)])

    def strings(there: bytes | None, starts: bytes, data: bytes) -> pa.Array:
        nulls = None if there is None else pa.py_buffer(there)
        return pa.Array.from_buffers(
            pa.string(), count, [nulls, pa.py_buffer(starts), pa.py_buffer(data)]
        )

    text, label, path, rule = (strings(*buffers) for buffers in texts)
    probability = fixed(pa.float64(), columns["block_probability"])
    kept = fixed(pa.bool_(), columns["block_kept"])
    blocks = pa.StructArray.from_arrays(
        [text, label, probability, kept, path, rule], fields=list(BLOCK)
    )
    unread = pa.array([page is None for page in pages])
    columns["blocks"] = pa.ListArray.from_arrays(
        offsets, blocks, type=RESULT.field("blocks").type, mask=unread
    )
    columns["error"] = [_error(page) for page in results]
    return [
        column if isinstance(column, pa.Array) else pa.array(column, field.type)
        for field in RESULT
        for column in [columns[field.name]]
    ]
