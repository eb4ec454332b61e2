"""saring.Warc: the pages of the command, broken records told, memory that does not grow."""

import copy
import gzip
import io
import logging
import os
import pickle
import subprocess
import sys
import zlib
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from saring import Classifier, Warc, WarcPage

HTTP = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset={}\r\n{}\r\n"


def record(kind, block, *fields, length=None):
    head = ["WARC/1.1", f"WARC-Type: {kind}", *fields]
    head.append(f"Content-Length: {len(block) if length is None else length}")
    return "\r\n".join([*head, "", ""]).encode() + block + b"\r\n\r\n"


def response(url, body, charset="utf-8", http=""):
    block = HTTP.format(charset, http).encode() + body
    return record("response", block, f"WARC-Target-URI: {url}", "Content-Type: application/http")


def page(n):
    return response(
        f"https://warta.example/{n}", f"<title>T</title><p>Isi berita nomor {n}.</p>".encode()
    )


@pytest.fixture
def crawl(tmp_path):
    """A crawl with all that may be in it, and an answer that is packed, one in latin1, one broken."""
    packed = gzip.compress("<p>Isi yang dikemas.</p>".encode())
    image = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG"
    http = "Content-Type: application/http"
    records = [
        record("warcinfo", b"software: x\r\n", "Content-Type: application/warc-fields"),
        record("request", b"GET / HTTP/1.1\r\n\r\n", http),
        page(1),
        response("https://warta.example/latin", b"<p>caf\xe9 cr\xe8me</p>", "iso-8859-1"),
        response("https://warta.example/gz", packed, http="Content-Encoding: gzip\r\n"),
        response("https://warta.example/bad", b"\x1f\x8bnot gzip", http="Content-Encoding: gzip\r\n"),
        record("response", image, "WARC-Target-URI: https://warta.example/i", http),
        record("response", b"HTTP/1.1 404 Not Found\r\n\r\n", http),
        record("revisit", b"HTTP/1.1 200 OK\r\n\r\n", http),
        record("response", b"HTTP/1.1 200 OK\r\n\r\n<p>a", http, length="many"),
        page(2),
        record("conversion", "Teks polos, café.\nBaca juga: Kabar lain\n".encode(),
               "WARC-Target-URI: https://warta.example/t", "Content-Type: text/plain"),
    ]
    file = tmp_path / "crawl.warc"
    file.write_bytes(b"".join(records))
    with open(tmp_path / "crawl.warc.gz", "wb") as out:
        out.writelines(map(gzip.compress, records))
    return file


@pytest.mark.parametrize("end", ["", ".gz"])
def test_pages_and_errors_are_those_of_the_command(crawl, end, caplog):
    path = f"{crawl}{end}"
    command = [os.environ["SARING_COMMAND"], "classify", "--format", "jsonl", path]
    done = subprocess.run(command, capture_output=True)
    *told, summary = done.stderr.decode().splitlines()
    warc, classifier = Warc(path), Classifier()
    pages = list(warc)
    lines = done.stdout.decode().splitlines()
    kept = [line for line in lines if '"error":' not in line]
    assert [classifier.classify(page).to_json(page.source) for page in pages] == kept
    results = classifier.classify_many(pages)
    assert [r.to_json(page.source) for page, r in zip(pages, results)] == kept
    assert ["saring: " + entry.getMessage() for entry in caplog.records] == told
    assert {entry.name for entry in caplog.records} == {"saring"}
    assert {entry.levelno for entry in caplog.records} == {logging.WARNING}
    assert warc.counts == {
        "pages": 5, "broken": 2, "types": 2, "revisits": 1, "statuses": 1, "media": 1,
    }
    assert summary.startswith("saring: 12 records of WARC: 5 pages, 2 broken, 5 passed over")
    # The end is the end.
    assert next(warc, None) is None


def test_pages_are_those_of_warcio(tmp_path, pages):
    """A file that warcio has written, with pages in the codings that crawlers leave, read by both."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    with open(tmp_path / "pages.warc.gz", "wb") as out:
        writer = WARCWriter(out, gzip=True)
        out_of = {"gzip": gzip.compress, "deflate": zlib.compress, "": bytes}
        for n, page in enumerate(pages):
            coding = list(out_of)[n % 3]
            headers = [("Content-Type", "text/html; charset=utf-8")]
            headers += [("Content-Encoding", coding)] if coding else []
            http = StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1")
            body = io.BytesIO(out_of[coding](page.read_bytes()))
            url = f"https://warta.example/{n}"
            writer.write_record(writer.create_warc_record(url, "metadata", payload=io.BytesIO(b"a: b")))
            writer.write_record(writer.create_warc_record(url, "response", payload=body, http_headers=http))
    ours = list(Warc(tmp_path / "pages.warc.gz"))
    assert len(ours) == len(pages)
    with open(tmp_path / "pages.warc.gz", "rb") as file:
        records = ArchiveIterator(file)
        for page, path in zip(ours, pages):
            record = next(r for r in records if r.rec_type == "response")
            assert page.url == record.rec_headers.get_header("WARC-Target-URI")
            assert page.html == record.content_stream().read() == path.read_bytes()
            assert page.offset == records.get_record_offset()


def test_what_a_page_tells(crawl):
    pages = list(Warc(crawl))
    latin, text = pages[1], pages[-1]
    assert (latin.source, latin.url) == (f"{crawl}:4", "https://warta.example/latin")
    assert (latin.html, latin.text) == (b"<p>caf\xe9 cr\xe8me</p>", None)
    assert (latin.charset, latin.truncated) == ("iso-8859-1", False)
    assert crawl.read_bytes()[latin.offset :].startswith(b"WARC/1.1\r\nWARC-Type: response")
    assert (text.html, text.text) == (None, "Teks polos, café.\nBaca juga: Kabar lain\n")
    assert Classifier().classify(latin).blocks[0].text == "café crème"
    assert Classifier().classify(text) == _with_url(text)
    # What is said beside the page counts more.
    assert Classifier().classify(latin, url="https://b.example/").url == "https://b.example/"
    assert Classifier().classify(latin, charset="windows-1251").blocks[0].text == "cafй crиme"
    assert Classifier().content(pages[0]) == Classifier().classify(pages[0]).text
    assert repr(latin).startswith("<saring.WarcPage")
    assert repr(Warc(crawl)).startswith("<saring.Warc")
    with pytest.raises(AttributeError):
        latin.url = ""


def _with_url(page):
    lines = [line for line in page.text.splitlines() if line]
    classified = Classifier().classify(page)
    assert [block.text for block in classified.blocks] == lines
    assert classified.url == page.url
    return classified


def test_pages_can_be_made_and_sent(crawl):
    for page in [*Warc(crawl, max_bytes=10)]:
        for after in (pickle.loads(pickle.dumps(page)), copy.deepcopy(page)):
            names = ("source", "offset", "url", "html", "text", "charset", "truncated")
            assert [getattr(after, n) for n in names] == [getattr(page, n) for n in names]
    for wrong in ({}, {"html": b"", "text": ""}):
        with pytest.raises(ValueError, match="either html or text"):
            WarcPage("a:1", **wrong)
    with pytest.raises(ValueError, match="^html: .*surrogates not allowed"):
        Classifier().classify(WarcPage("a:1", text="\ud800"))
    with pytest.raises(TypeError, match="html"):
        WarcPage("a:1", html="<p>")


def test_limits(crawl, tmp_path):
    bomb = response(
        "https://warta.example/bomb", gzip.compress(b"<p>" + b"a " * (64 << 20)),
        http="Content-Encoding: gzip\r\n",
    )
    (tmp_path / "bomb.warc").write_bytes(bomb + page(3))
    first, second = Warc(tmp_path / "bomb.warc", max_bytes=1000)
    assert (len(first.html), first.truncated) == (1000, True)
    assert (second.url, second.truncated) == ("https://warta.example/3", False)
    assert Classifier().classify(first).truncated == "bytes"
    command = [os.environ["SARING_COMMAND"], "classify", "--format", "jsonl", "--max-bytes", "1000"]
    lines = subprocess.run([*command, tmp_path / "bomb.warc"], capture_output=True).stdout.decode()
    classifier = Classifier(max_bytes=1000)
    made = [classifier.classify(page).to_json(page.source) for page in (first, second)]
    assert made == lines.splitlines()


def test_what_is_no_warc_file(tmp_path, caplog):
    with pytest.raises(OSError, match="gone.warc: No such file"):
        Warc(tmp_path / "gone.warc")
    with pytest.raises(ValueError, match="max_bytes must be 1 or more"):
        Warc(tmp_path, max_bytes=0)
    with pytest.raises(TypeError):
        Warc(None)
    for name, content, words in [
        ("empty.warc", b"", "the file is empty"),
        ("page.warc", b"<p>Isi berita.</p>", "no record begins here"),
        ("cut.warc", page(1)[:-30], "the file ends after"),
        ("cut.warc.gz", gzip.compress(page(1))[:-9], "gzip"),
    ]:
        (tmp_path / name).write_bytes(content)
        caplog.clear()
        warc = Warc(tmp_path / name)
        assert list(warc) == []
        assert words in caplog.text and name in caplog.text
        assert warc.counts["broken"] >= 1 and warc.counts["pages"] == 0


def test_warnings_reach_stderr_where_nobody_has_set_up_logging(crawl):
    code = f"import saring; print(len(list(saring.Warc({str(crawl)!r}))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "5\n"
    assert done.stderr.splitlines()[1].startswith(f"{crawl}:10: byte ")
    assert len(done.stderr.splitlines()) == 2


def test_a_logger_that_raises_is_heard(crawl):
    class Strict(logging.Handler):
        def emit(self, entry):
            raise KeyError(entry.getMessage())

    handler = Strict()
    logging.getLogger("saring").addHandler(handler)
    try:
        with pytest.raises(KeyError, match=":6: byte"):
            list(Warc(crawl))
    finally:
        logging.getLogger("saring").removeHandler(handler)


def test_threads_share_a_file(tmp_path):
    (tmp_path / "many.warc.gz").write_bytes(b"".join(gzip.compress(page(n)) for n in range(2000)))
    warc, classifier = Warc(tmp_path / "many.warc.gz"), Classifier()
    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(lambda: [(p.url, classifier.content(p)) for p in warc]) for _ in range(4)]
        found = sorted(pair for future in work for pair in future.result())
    expected = [(f"https://warta.example/{n}", f"Isi berita nomor {n}.") for n in range(2000)]
    assert found == sorted(expected)
    assert warc.counts["pages"] == 2000


def text_of(page):
    return Classifier().classify(page)


def test_processes_take_pages_and_send_results(crawl):
    pages = list(Warc(crawl))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(text_of, Warc(crawl))) == [Classifier().classify(p) for p in pages]


def test_memory_does_not_grow_with_the_file(tmp_path):
    """A hundred times the records of a file take what the file takes, but for a few MB."""
    body = b"<p>" + b"Isi berita yang panjang. " * 2000
    once = b"".join(
        gzip.compress(response(f"https://warta.example/{n}", body), 1) for n in range(100)
    )
    code = (
        "import resource, sys, saring\n"
        "classifier = saring.Classifier()\n"
        "pages = sum(len(classifier.classify(page).blocks) for page in saring.Warc(sys.argv[1]))\n"
        "print(pages, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    figures = []
    for times in (1, 100):
        file = tmp_path / f"{times}.warc.gz"
        file.write_bytes(once * times)
        done = subprocess.run([sys.executable, "-c", code, file], capture_output=True, check=True)
        pages, kilobytes = map(int, done.stdout.split())
        assert pages == 100 * times
        figures.append(kilobytes)
    assert figures[1] < figures[0] + 8 * 1024, figures
