"""The example for Ray Data on the real Ray, started on this machine."""

import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq

from conftest import REPOSITORY
from records import records


def test_the_example_labels_what_the_command_labels(tmp_path, pages, command):
    rows = [{"source": str(page), "html": page.read_bytes()} for page in pages]
    (tmp_path / "pages").mkdir()
    for n in range(0, len(rows), 50):
        pq.write_table(pa.Table.from_pylist(rows[n : n + 50]), tmp_path / f"pages/{n:03}.parquet")
    done = subprocess.run(
        [sys.executable, REPOSITORY / "examples/ray/label_pages.py", tmp_path / "pages", tmp_path / "out"],
        env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = pq.read_table(tmp_path / "out").to_pylist()
    lines = command("classify", "--format", "jsonl", *pages)
    assert sorted(records(found)) == sorted(lines)
