"""saring.arrow on pyarrow: the columns, their types, and what is refused."""

import doctest

import pyarrow as pa
import pytest

import saring.arrow
from saring import Classifier
from saring.arrow import RESULT, classify_batches, result_schema

from records import records


def test_examples_run():
    assert doctest.testmod(saring.arrow, raise_on_error=True).attempted >= 5


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary_view()])
def test_rows_are_those_of_the_command(kind, pages, command):
    lines = command("classify", "--format", "jsonl", *pages)
    table = pa.table(
        {
            "source": [str(page) for page in pages],
            "html": pa.array([page.read_bytes() for page in pages], kind),
        }
    )
    batches = list(classify_batches(table.to_batches(max_chunksize=60)))
    assert [b.schema for b in batches] == [result_schema(table.schema)] * len(batches)
    for batch in batches:
        batch.validate(full=True)
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert list(records(rows)) == lines
    kept = ["\n".join(b["text"] for b in row["blocks"] if b["kept"]) for row in rows]
    assert kept == [row["text"] for row in rows]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_text_with_addresses(kind):
    batch = pa.RecordBatch.from_pydict(
        {
            "page": pa.array(["<p>Satu</p>", "<p>Dua</p>"], kind),
            "address": pa.array(["https://a.example/1", None], kind),
            "id": [1, 2],
        }
    )
    (out,) = classify_batches([batch], "page", "address")
    assert out.schema.names == ["id", *RESULT.names]
    assert out.column("url").to_pylist() == ["https://a.example/1", ""]
    assert [b[0]["text"] for b in out.column("blocks").to_pylist()] == ["Satu", "Dua"]


def test_a_row_that_cannot_be_read_says_so_and_loses_nothing():
    html = pa.array([b"<p>Satu</p>", None, b"", b"<p>Empat</p>"])
    batch = pa.RecordBatch.from_pydict({"id": [1, 2, 3, 4], "html": html})
    (out,) = classify_batches([batch])
    out.validate(full=True)
    rows = out.to_pylist()
    assert [row["id"] for row in rows] == [1, 2, 3, 4]
    assert rows[1]["error"] == "no html"
    assert [rows[1][name] for name in RESULT.names[:-1]] == [None] * 5
    assert [row["error"] for row in rows] == [None, "no html", None, None]
    assert rows[2]["blocks"] == [] and rows[2]["text"] == ""
    assert rows[3]["blocks"][0]["text"] == "Empat"


def test_text_that_is_not_utf_8_is_read_as_bytes():
    data = pa.array(["<p>café crème brûlée</p>".encode("latin1"), b"<p>Dua</p>"])
    html = pa.StringArray.from_buffers(2, data.buffers()[1], data.buffers()[2])
    (out,) = classify_batches([pa.RecordBatch.from_arrays([html, html], ["html", "u"])], "html", "u")
    assert out.column("url")[0].as_py() == "<p>caf\ufffd cr\ufffdme br\ufffdl\ufffde</p>"
    assert [b[0]["text"] for b in out.column("blocks").to_pylist()] == ["café crème brûlée", "Dua"]


@pytest.mark.parametrize(
    "columns, arguments, error, words",
    [
        ({"html": [1]}, {}, TypeError, "column 'html' must be str or bytes, not int64"),
        ({"html": [["<p>"]]}, {}, TypeError, "column 'html' must be str or bytes, not list"),
        ({"html": [None]}, {}, TypeError, "column 'html' must be str or bytes, not null"),
        ({"html": [1.5]}, {}, TypeError, "column 'html' must be str or bytes, not double"),
        ({"html": [{"a": "<p>"}]}, {}, TypeError, "column 'html' must be str or bytes, not struct"),
        (
            {"html": pa.array(["a"]).dictionary_encode()},
            {},
            TypeError,
            "column 'html' must be str or bytes, not dictionary",
        ),
        (
            {"html": pa.array([b"ab"], pa.binary(2))},
            {},
            TypeError,
            r"column 'html' must be str or bytes, not fixed_size_binary\[2\]",
        ),
        ({"html": ["a"], "u": [1]}, {"url_col": "u"}, TypeError, "column 'u' must be str, not int64"),
        ({"page": ["a"]}, {}, ValueError, "column 'html' is not there; columns are page"),
        ({"html": ["a"], "u": [b"b"]}, {"url_col": "u"}, TypeError, "column 'u' must be str, not binary"),
        ({"html": ["a"]}, {"url_col": "u"}, ValueError, "column 'u' is not there"),
        ({"html": ["a"], "text": ["b"]}, {}, ValueError, "column 'text' would be there twice"),
    ],
)
def test_wrong_columns_are_named(columns, arguments, error, words):
    with pytest.raises(error, match=words):
        list(classify_batches([pa.RecordBatch.from_pydict(columns)], **arguments))


@pytest.mark.parametrize("wrong", [None, "batch", pa.table({"html": ["<p>a</p>"]}), {"html": ["a"]}])
def test_what_is_no_batch_is_a_type_error(wrong):
    """A table, above all: going through one gives its columns."""
    batches = wrong if isinstance(wrong, pa.Table) else [wrong]
    with pytest.raises(TypeError, match="^batches must be record batches, such as table.to_batches"):
        list(classify_batches(batches))


def test_a_column_that_is_there_twice_is_named():
    batch = pa.RecordBatch.from_arrays([pa.array(["a"]), pa.array(["b"])], ["html", "html"])
    with pytest.raises(ValueError, match="column 'html' is there 2 times"):
        list(classify_batches([batch]))


def test_large_batches_come_out_in_pieces_and_small_ones_whole():
    html = [f"<p>Halaman {n}</p>" for n in range(600)]
    batch = pa.RecordBatch.from_pydict({"html": html, "n": range(600)}).slice(3)
    out = list(classify_batches([batch], classifier=Classifier(), threads=2))
    assert [b.num_rows for b in out] == [256, 256, 85]
    assert [n for b in out for n in b.column("n").to_pylist()] == list(range(3, 600))
    texts = [row[0]["text"] for b in out for row in b.column("blocks").to_pylist()]
    assert texts == [f"Halaman {n}" for n in range(3, 600)]
    big = pa.RecordBatch.from_pydict({"html": ["<p>" + "a " * (5 << 20)] * 4})
    assert [b.num_rows for b in classify_batches([big])] == [2, 2]
    assert list(classify_batches([batch.slice(0, 0)])) == []
