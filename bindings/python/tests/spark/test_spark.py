"""saring.spark and the example job on the real Spark: in threads, and on executors of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

import saring.spark
from saring import Classifier, Rules

from conftest import REPOSITORY
from records import records

LOCAL, CLUSTER = "local[2]", "local-cluster[2,1,1024]"
JOB = REPOSITORY / "examples/spark/label_pages.py"

# Each file a task, however small: a killed executor is to leave work behind.
CONF = {
    "spark.ui.enabled": "false",
    "spark.sql.files.openCostInBytes": "0",
    "spark.sql.files.minPartitionNum": "24",
}
# What Spark starts on an executor.
os.environ["PYSPARK_PYTHON"] = sys.executable


@pytest.fixture(scope="module", params=[LOCAL, CLUSTER])
def spark(request):
    builder = SparkSession.builder.master(request.param)
    for name, value in CONF.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def table(pages, tmp_path_factory):
    """A folder of Parquet files with every page, and a row without one."""
    folder = tmp_path_factory.mktemp("table")
    rows = [{"source": str(page), "html": page.read_bytes()} for page in pages]
    for n in range(0, len(rows), 20):
        pq.write_table(pa.Table.from_pylist(rows[n : n + 20]), folder / f"{n:03}.parquet")
    return folder


def test_rows_are_those_of_the_command(spark, table, pages, command):
    df = saring.spark.classify(spark.read.parquet(str(table)))
    assert df.rdd.getNumPartitions() > 4
    rows = [row.asDict(recursive=True) for row in df.collect()]
    lines = command("classify", "--format", "jsonl", *pages)
    assert sorted(records(rows)) == sorted(lines)
    kept = [[block["text"] for block in row["blocks"] if block["kept"]] for row in rows]
    assert ["\n".join(texts) for texts in kept] == [row["text"] for row in rows]


def test_tasks_run_where_they_should(spark):
    """On executors of their own, not in the driver: the cluster is one."""
    pids = spark.sparkContext.parallelize(range(8), 8).map(lambda _: os.getppid()).collect()
    cluster = spark.sparkContext.master == CLUSTER
    assert len(set(pids)) == (2 if cluster else 1)


def test_options_and_a_model_go_to_the_executors(spark, pages):
    classifier = Classifier(
        model=REPOSITORY / "models/training-data.json", keep=["navigation"], threshold=0.3
    )
    html = pages[0].read_text("utf-8")
    df = spark.createDataFrame([("https://a.example/", html), (None, html)], "u string, h string")
    rows = saring.spark.classify(df, "h", "u", classifier=classifier).collect()
    urls = {row.url: row for row in rows}
    page = classifier.classify(html, url="https://a.example/")
    assert urls["https://a.example/"].text == page.text
    assert page.text != Classifier().classify(html, url="https://a.example/").text
    assert len(urls) == 2


def test_rules_go_to_the_executors(spark):
    rules = Rules.parse("host,selector,label\na.example,h1,legal\n")
    page = ("https://a.example/1", "<h1>Judul</h1><p>Isi berita hari ini.</p>")
    df = spark.createDataFrame([page], "u string, h string")
    (row,) = saring.spark.classify(df, "h", "u", classifier=Classifier(rules=rules)).collect()
    assert [block.rule for block in row.blocks] == ["a.example h1 -> legal", None]


def test_a_page_that_is_not_there_is_told_and_ends_nothing(spark):
    df = spark.createDataFrame([(1, "<p>Satu</p>"), (2, None), (3, "")], "id int, html string")
    rows = {row.id: row for row in saring.spark.classify(df).collect()}
    assert {id: row.error for id, row in rows.items()} == {1: None, 2: "no html", 3: None}
    assert rows[2].text is None and rows[2].blocks is None and rows[2].url is None
    assert rows[3].text == "" and rows[3].blocks == []
    assert rows[1].blocks[0].text == "Satu"


def test_wrong_columns_are_named(spark):
    df = spark.createDataFrame([(1, "a", "b")], "html int, page string, text string")
    with pytest.raises(TypeError, match="column 'html' must be a string or binary, not int"):
        saring.spark.classify(df)
    with pytest.raises(ValueError, match="column 'pages' is not there; columns are html, page, text"):
        saring.spark.classify(df, "pages")
    with pytest.raises(TypeError, match="column 'html' must be a string, not int"):
        saring.spark.classify(df, "page", "html")
    with pytest.raises(ValueError, match="column 'text' would be there twice"):
        saring.spark.classify(df, "page")


def test_the_types_are_those_of_arrow():
    from pyspark.sql.pandas.types import to_arrow_schema

    assert to_arrow_schema(saring.spark.RESULT) == saring.arrow.RESULT


def submit(master, *arguments, **conf):
    """The command that runs the example."""
    options = [f"--conf={name}={value}" for name, value in {**CONF, **conf}.items()]
    program = Path(sys.executable).with_name("spark-submit")
    return subprocess.Popen(
        [program, "--master", master, *options, JOB, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )


def blocks_of(pages):
    """What the job is to write of a page, by its source."""
    results = Classifier().classify_many([page.read_bytes() for page in pages])
    return {
        str(page): [(block.text, block.label, block.kept, block.path) for block in result.blocks]
        for page, result in zip(pages, results)
    }


def test_the_example_writes_blocks_and_what_failed(tmp_path, table, pages):
    extra = pa.Table.from_pylist([{"source": "none", "html": None}], pq.read_schema(table / "000.parquet"))
    source = tmp_path / "pages.parquet"
    pq.write_table(pa.concat_tables([pq.read_table(table), extra]), source)
    out, failed = tmp_path / "blocks", tmp_path / "failed"
    arguments = [source, out, "--id", "source", "--failed", failed]
    job = submit(LOCAL, *arguments)
    words, _ = job.communicate(timeout=300)
    assert job.returncode == 0, words
    rows = sorted(pq.read_table(out).to_pylist(), key=lambda row: (row["source"], row["number"]))
    found = {}
    for row in rows:
        block = (row["text"], row["label"], row["kept"], row["path"])
        found.setdefault(row["source"], []).append(block)
    assert found == {source: blocks for source, blocks in blocks_of(pages).items() if blocks}
    assert pq.read_table(failed).to_pylist() == [{"source": "none", "url": None, "error": "no html"}]
    again = submit(LOCAL, *arguments)
    assert "PATH_ALREADY_EXISTS" in again.communicate(timeout=300)[0]
    assert again.returncode != 0


def executors(process):
    """The processes of executors under this one, from those of the whole machine."""
    parents, found = {}, set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
            if b"CoarseGrainedExecutorBackend" in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue  # It has ended meanwhile.

    def is_below(pid):
        while pid in parents and pid != process:
            pid = parents[pid]
        return pid == process

    return sorted(filter(is_below, found))


def test_a_killed_executor_loses_nothing_and_doubles_nothing(tmp_path, pages):
    copies, files = 120, 24
    table, out, log = tmp_path / "table", tmp_path / "blocks", tmp_path / "log"
    table.mkdir(), log.mkdir()
    some = pages[-100:]
    rows = [{"source": str(page), "html": page.read_bytes()} for page in some]
    one = pa.Table.from_pylist(rows)
    for n in range(files):
        ids = [f"{copy} {row['source']}" for copy in range(n, copies, files) for row in rows]
        part = pa.concat_tables([one] * (copies // files)).append_column("id", pa.array(ids))
        pq.write_table(part, table / f"{n:02}.parquet")

    job = submit(
        CLUSTER, table, out,
        **{"spark.eventLog.enabled": "true", "spark.eventLog.dir": log.as_uri(),
           "spark.eventLog.compress": "false", "spark.eventLog.rolling.enabled": "false"},
    )
    try:
        deadline = time.monotonic() + 200
        while len(list(out.glob("_temporary/0/task_*"))) < 3:
            assert time.monotonic() < deadline and job.poll() is None, job.communicate()[0]
            time.sleep(0.02)
        there = executors(job.pid)
        assert len(there) == 2, "two executors of their own"
        os.kill(there[0], signal.SIGKILL)
        words, _ = job.communicate(timeout=300)
    finally:
        job.kill()
    assert job.returncode == 0, words

    # It was an executor, and the job noticed: work was left, and was done by others.
    events = [json.loads(line) for file in log.iterdir() for line in file.open()]
    lost = [e for e in events if e["Event"] == "SparkListenerExecutorRemoved"]
    assert any("137" in e["Removed Reason"] for e in lost), lost
    ended = [e for e in events if e["Event"] == "SparkListenerTaskEnd"]
    after = [e for e in ended if e["Task Info"]["Finish Time"] > lost[0]["Timestamp"]]
    assert len(after) > 5

    written = pq.read_table(out, columns=["id", "number", "text", "label", "kept", "path"])
    expected = blocks_of(some)
    assert written.num_rows == copies * sum(map(len, expected.values()))
    counts = Counter(zip(written["id"].to_pylist(), written["number"].to_pylist()))
    assert max(counts.values()) == 1
    by_page = {}
    for row in written.to_pylist():
        block = (row["text"], row["label"], row["kept"], row["path"])
        by_page.setdefault(row["id"], {})[row["number"]] = block
    for copy in range(copies):
        for source, blocks in expected.items():
            found = by_page.get(f"{copy} {source}", {})
            assert [found[n] for n in sorted(found)] == blocks
