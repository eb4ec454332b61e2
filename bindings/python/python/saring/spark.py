"""Classifies the pages of a Spark DataFrame: `pip install saring[spark]`, on each executor too.

    pages = spark.read.parquet("pages.parquet")                  # html: string or binary, url, ...
    labelled = saring.spark.classify(pages, html_col="html", url_col="url")
    labelled.select("url", "text").write.parquet("text.parquet")
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DoubleType,
    StringType,
    StructField,
    StructType,
)

from saring import Classifier
from saring.arrow import classify_batches

#: `saring.arrow.RESULT` in Spark's types.
RESULT = StructType(
    [
        StructField("url", StringType()),
        StructField("text", StringType()),
        StructField("confidence", DoubleType()),
        StructField("truncated", StringType()),
        StructField(
            "blocks",
            ArrayType(
                StructType(
                    [
                        StructField("text", StringType(), nullable=False),
                        StructField("label", StringType(), nullable=False),
                        StructField("probability", DoubleType(), nullable=False),
                        StructField("kept", BooleanType(), nullable=False),
                        StructField("path", StringType(), nullable=False),
                        StructField("rule", StringType()),
                    ]
                ),
                containsNull=False,
            ),
        ),
        StructField("error", StringType()),
    ]
)


def classify(
    df: DataFrame,
    html_col: str = "html",
    url_col: str | None = None,
    *,
    classifier: Classifier | None = None,
    threads: int = 1,
) -> DataFrame:
    """Classifies the pages in the column `html_col`, a string or binary.

    Each row comes out once. `html_col` and `url_col` are replaced by the columns of `RESULT`, the
    others stay. Where a page could not be read, `error` says why and the other results are null. The
    classifier goes to the executors with its model. `threads` is per task; Spark runs a task per core,
    so one is right unless `spark.task.cpus` is more.

    A ValueError names a column that is not there, a TypeError one of the wrong type; both come before
    any work is done.
    """
    _check(df.schema, html_col, (StringType, BinaryType), "a string or binary")
    if url_col is not None:
        _check(df.schema, url_col, (StringType,), "a string")
    others = [field for field in df.schema if field.name not in (html_col, url_col)]
    for field in others:
        if field.name in RESULT.names:
            raise ValueError(f"column {field.name!r} would be there twice: rename or drop it first")
    work = partial(
        _work, html_col=html_col, url_col=url_col, classifier=classifier, threads=threads
    )
    return df.mapInArrow(work, StructType([*others, *RESULT]))


def _work(
    batches: Iterable[pa.RecordBatch],
    html_col: str,
    url_col: str | None,
    classifier: Classifier | None,
    threads: int,
) -> Iterator[pa.RecordBatch]:
    return classify_batches(batches, html_col, url_col, classifier=classifier, threads=threads)


def _check(schema: StructType, name: str, types: tuple[type[DataType], ...], wanted: str) -> None:
    found = [field.dataType for field in schema if field.name == name]
    if len(found) != 1:
        there = f"there {len(found)} times" if found else "not there"
        raise ValueError(f"column {name!r} is {there}; columns are {', '.join(schema.names)}")
    if not isinstance(found[0], types):
        raise TypeError(f"column {name!r} must be {wanted}, not {found[0].simpleString()}")
