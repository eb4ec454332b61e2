"""The same on Ray Data: a Parquet table of pages to a table with a row per page.

    pip install saring[arrow] 'ray[data]'
    python examples/ray/label_pages.py pages.parquet labelled.parquet

Ray hands batches to `classify_batches` as Spark does; the columns are those of `saring.arrow.RESULT`.
"""

import sys

import pyarrow as pa
import ray

from saring.arrow import classify_batches, result_schema


def label(table: pa.Table) -> pa.Table:
    # A task of Ray has a core.
    batches = classify_batches(table.to_batches(), html_col="html", threads=1)
    return pa.Table.from_batches(batches, result_schema(table.schema))


def main(pages: str, labelled: str) -> None:
    data = ray.data.read_parquet(pages)
    data.map_batches(label, batch_format="pyarrow", batch_size=256).write_parquet(labelled)


if __name__ == "__main__":
    main(*sys.argv[1:])
