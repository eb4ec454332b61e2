"""What the tests share: the repository's pages and the command to compare with."""

import os
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def pages() -> list[Path]:
    """Every HTML file that the repository holds: training pages, examples, fixtures, seeds."""
    folders = ["training-data/pages", "examples", "tests", "fuzz/seeds"]
    found = [file for folder in folders for file in (REPOSITORY / folder).rglob("*.html")]
    assert len(found) > 200
    return sorted(found)


@pytest.fixture(scope="session")
def command():
    """`saring` as a process: arguments and stdin to the lines of stdout."""

    def run(*args: object, stdin: bytes = b"") -> list[str]:
        saring = os.environ["SARING_COMMAND"]
        done = subprocess.run([saring, *map(str, args)], input=stdin, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().splitlines()

    return run
