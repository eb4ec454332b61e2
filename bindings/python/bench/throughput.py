"""How fast pages are classified through Python, beside Rust: one thread each, the same bytes.

    bindings/python/bench/run [--pages FOLDER] [--rounds N]

The two take turns, so that the drift of a shared machine meets both; figures are processor time,
and a ratio is the median over the rounds. Arrow is classify_batches on one batch of
all pages, beside Rust that writes JSON objects: both tell all that is known of the blocks.
"""

import argparse
import gzip
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from saring import Classifier
from saring.arrow import classify_batches


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--pages", type=Path, default=Path("training-data/pages"))
    arguments.add_argument("--rounds", type=int, default=11)
    options = arguments.parse_args()
    pages = read(options.pages)
    if not pages:
        sys.exit(f"throughput: no .html or .html.gz in {options.pages}")
    size = sum(map(len, pages))
    print(f"{len(pages)} pages of {size / len(pages) / 1000:.0f} KB on average, {options.rounds} rounds")

    classifier = Classifier()
    batch = pa.RecordBatch.from_pydict({"html": pages})

    def many() -> None:
        classifier.classify_many(pages, threads=1)

    def many_to_json() -> None:
        for page in classifier.classify_many(pages, threads=1):
            page.to_json()

    def one_by_one() -> None:
        for page in pages:
            classifier.classify(page)

    def arrow() -> None:
        list(classify_batches([batch], html_col="html", threads=1))

    rust = Rust(pages)
    contestants: dict[str, tuple[str, Callable[[], float]]] = {
        "classify_many": ("c", timed(many)),
        "classify, one by one": ("c", timed(one_by_one)),
        "classify_many, to_json": ("j", timed(many_to_json)),
        "arrow.classify_batches": ("j", timed(arrow)),
    }
    print(f"{'':<24}{'Python ms/page':>16}{'Rust ms/page':>16}{'Python/Rust speed':>20}")
    for name, (what, run) in contestants.items():
        run(), rust.round(what)
        rounds = [(run(), rust.round(what)) for _ in range(options.rounds)]
        of_python, of_rust = (statistics.median(side) / len(pages) * 1000 for side in zip(*rounds))
        ratio = statistics.median(theirs / ours for ours, theirs in rounds)
        print(f"{name:<24}{of_python:>16.3f}{of_rust:>16.3f}{ratio:>20.3f}")


def read(folder: Path) -> list[bytes]:
    files = sorted(file for file in folder.iterdir() if file.name.endswith((".html", ".html.gz")))
    unpacked = (gzip.decompress if file.suffix == ".gz" else bytes for file in files)
    return [unpack(file.read_bytes()) for file, unpack in zip(files, unpacked)]


def timed(work: Callable[[], None]) -> Callable[[], float]:
    def seconds() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return seconds


class Rust:
    """The process of rounds.rs, which holds the same pages."""

    def __init__(self, pages: list[bytes]) -> None:
        program = os.environ["SARING_ROUNDS"]
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.send(len(pages).to_bytes(8, "little"))
        for page in pages:
            self.send(len(page).to_bytes(8, "little") + page)

    def send(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def round(self, what: str) -> float:
        self.send(what.encode())
        assert self.process.stdout
        return float(self.process.stdout.readline())


if __name__ == "__main__":
    main()
