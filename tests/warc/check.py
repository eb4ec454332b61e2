"""Pages in WARC files written by warcio must be classified as the same pages in .html files are.

    check.py SARING PAGES      the program, and a folder of .html files
"""

import gzip
import http.server
import io
import json
import os
import pathlib
import pty
import random
import subprocess
import sys
import tempfile
import threading
import zlib

import brotli
import pyarrow.parquet
import zstandard
from warcio.archiveiterator import ArchiveIterator
from warcio.capture_http import capture_http
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

import http.client  # isort: skip  After capture_http, as that asks for.

saring, pages_folder = sys.argv[1], pathlib.Path(sys.argv[2])
temporary = tempfile.TemporaryDirectory(prefix="saring-warc-")
folder = pathlib.Path(temporary.name)


def run(*arguments, code=0, stdin=None):
    done = subprocess.run(
        [saring, "classify", "--format", "jsonl", *map(str, arguments)],
        input=stdin, capture_output=True, cwd=folder, check=False,
    )
    assert done.returncode == code, (arguments, done.returncode, done.stderr.decode())
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def verdict(page):
    """What must not depend on how the page came."""
    return {key: value for key, value in page.items() if key != "source"}


def chunked(body):
    """The body in chunks of all sizes."""
    out, at, sizes = b"", 0, random.Random(1)
    while at < len(body):
        size = sizes.choice([1, 7, 100, 4096, 20000])
        piece = body[at : at + size]
        out += b"%x\r\n%s\r\n" % (len(piece), piece)
        at += size
    return out + b"0\r\n\r\n"


def raw_deflate(body):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


CODINGS = {
    "": lambda body: body,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "deflate ": raw_deflate,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "gzip, br": lambda body: brotli.compress(gzip.compress(body)),
}


def response(writer, url, body, coding="", chunks=False, charset="utf-8"):
    """A page as a server sent it."""
    body = CODINGS[coding](body)
    fields = [("Content-Type", f"text/html; charset={charset}")]
    fields += [("Content-Encoding", coding.strip())] if coding else []
    fields += [("Transfer-Encoding", "chunked")] if chunks else []
    header = StatusAndHeaders("200 OK", fields, protocol="HTTP/1.1")
    body = chunked(body) if chunks else body
    return writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=header)


def write_crawl(writer, pages):
    """All kinds of records, in between a page in every coding; how many of each saring must meet."""
    writer.write_record(writer.create_warcinfo_record("crawl.warc", {"software": "warcio"}))
    counts = {"pages": 0, "of other types": 1, "revisits": 0, "of another status": 0, "not HTML": 0}
    variants = [(coding, chunks) for coding in CODINGS for chunks in (False, True)]
    for n, (url, body) in enumerate(pages):
        asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "warta.example")], is_http_request=True)
        writer.write_record(writer.create_warc_record(url, "request", http_headers=asked))
        record = response(writer, url, body, *variants[n % len(variants)])
        writer.write_record(record)
        digest = record.rec_headers.get_header("WARC-Payload-Digest")
        date = record.rec_headers.get_header("WARC-Date")
        counts["pages"] += 1
        counts["of other types"] += 1
        if n % 4 == 0:
            header = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            writer.write_record(
                writer.create_revisit_record(url, digest, url, date, http_headers=header)
            )
            counts["revisits"] += 1
        if n % 5 == 0:
            header = StatusAndHeaders("301 Moved", [("Location", url)], protocol="HTTP/1.1")
            writer.write_record(writer.create_warc_record(
                url, "response", payload=io.BytesIO(b"<p>pindah"), http_headers=header))
            counts["of another status"] += 1
        if n % 6 == 0:
            header = StatusAndHeaders("200 OK", [("Content-Type", "image/png")], protocol="HTTP/1.1")
            writer.write_record(writer.create_warc_record(
                url, "response", payload=io.BytesIO(b"\x89PNG" * 5000), http_headers=header))
            counts["not HTML"] += 1
    return counts


def check_crawls(pages, expected):
    for name, options in {
        "plain.warc": {"gzip": False, "warc_version": "1.0"},
        "plain11.warc": {"gzip": False, "warc_version": "1.1"},
        "members.warc.gz": {"gzip": True, "warc_version": "1.1"},
    }.items():
        with open(folder / name, "wb") as file:
            counts = write_crawl(WARCWriter(file, **options), pages)
        read, told = run(name)
        assert [verdict(page) for page in read] == expected, f"{name} differs from the .html files"
        for what, count in counts.items():
            assert f"{count} {what}" in told, (name, what, count, told)
        # A record has the number that warcio's reader gives it.
        with open(folder / name, "rb") as file:
            numbers = {
                n: record.rec_headers.get_header("WARC-Target-URI")
                for n, record in enumerate(ArchiveIterator(file), 1)
            }
        for page in read:
            assert numbers[int(page["source"].rsplit(":", 1)[1])] == page["url"]
        from_pipe, _ = run("-", stdin=(folder / name).read_bytes())
        assert [verdict(page) for page in from_pipe] == expected
    whole = gzip.compress((folder / "plain.warc").read_bytes())
    (folder / "one-member.warc.gz").write_bytes(whole)
    read, _ = run("one-member.warc.gz")
    assert [verdict(page) for page in read] == expected
    print(f"{len(pages)} pages in {2 * len(CODINGS)} codings: as in .html files, in 4 forms of WARC")


def check_zstd(pages, expected):
    """Frames as in .warc.zst, with a dictionary and without, the dictionary packed or not."""
    plain = io.BytesIO()
    records = []
    writer = WARCWriter(plain, gzip=False)
    for url, body in pages:
        start = plain.tell()
        writer.write_record(response(writer, url, body))
        records.append(plain.getvalue()[start:])
    dictionary = zstandard.train_dictionary(20_000, records)
    raw = dictionary.as_bytes()
    for name, start, packer in [
        ("none", b"", zstandard.ZstdCompressor(write_checksum=True)),
        ("raw", raw, zstandard.ZstdCompressor(dict_data=dictionary)),
        ("packed", zstandard.compress(raw), zstandard.ZstdCompressor(dict_data=dictionary)),
    ]:
        frame = b"\x5d\x2a\x4d\x18" + len(start).to_bytes(4, "little") + start if start else b""
        file = folder / f"{name}.warc.zst"
        file.write_bytes(frame + b"".join(packer.compress(record) for record in records))
        read, _ = run(file.name)
        assert [verdict(page) for page in read] == expected, name
    (folder / "one.html.zst").write_bytes(zstandard.compress(pages[0][1]))
    [page], _ = run("one.html.zst")
    assert verdict(page) == expected[0]
    print("zstd: the same, with and without a dictionary")


def check_charsets():
    text = "<title>Kabar</title><p>“Isi” berita yang cukup panjang, café dan naïveté.</p>"
    (folder / "utf-8.html").write_text(text, encoding="utf-8")
    expected = verdict(run("utf-8.html")[0][0])["blocks"]
    with open(folder / "charsets.warc.gz", "wb") as file:
        writer = WARCWriter(file, gzip=True)
        written = 0
        for charset, encoding in [
            ("windows-1252", "cp1252"), ("utf-16le", "utf-16-le"), ("gb18030", "gb18030"),
            # Lies: another charset, and none that exists.
            ("iso-8859-1", "utf-8"), ("x-tidak-ada", "utf-8"),
        ]:
            body = text.encode(encoding)
            writer.write_record(response(writer, "http://warta.example/", body, charset=charset))
            written += 1
    read, _ = run("charsets.warc.gz")
    assert len(read) == written
    for page in read:
        assert page["blocks"] == expected, page
    print(f"{written} charsets of HTTP headers: honoured, or seen to be wrong")


def check_wet():
    text = "Judul berita\nIsi berita dengan café.\n\nBaca juga: berita lain\n"
    (folder / "a.txt").write_text(text, encoding="utf-8")
    with open(folder / "a.warc.wet.gz", "wb") as file:
        writer = WARCWriter(file, gzip=True)
        writer.write_record(writer.create_warcinfo_record("a.warc.wet.gz", {"software": "x"}))
        writer.write_record(writer.create_warc_record(
            "http://warta.example/", "conversion", payload=io.BytesIO(text.encode()),
            warc_content_type="text/plain"))
    [page], _ = run("a.warc.wet.gz")
    [alone], _ = run("a.txt")
    assert page["blocks"] == alone["blocks"] and page["url"] == "http://warta.example/"
    print("WET: as the .txt file")


def check_capture(pages, expected):
    """A real server, a real client, and what warcio hears of it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = pages[int(self.path.rsplit("/", 1)[1])][1]
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(chunked(gzip.compress(body)))

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    count = min(len(pages), 10)
    with capture_http(str(folder / "captured.warc.gz")):
        for n in range(count):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
            connection.request("GET", f"/{n}")
            connection.getresponse().read()
            connection.close()
    server.shutdown()
    read, told = run("captured.warc.gz")
    texts = lambda page: [block["text"] for block in page["blocks"]]
    assert [texts(page) for page in read] == [texts(page) for page in expected[:count]], told
    print(f"{count} pages that warcio captured from a server: the same blocks")


def check_damage(pages):
    """One broken member: its number and offset are warcio's, and all others are read."""
    name = "members.warc.gz"
    whole = (folder / name).read_bytes()
    offsets = []
    with open(folder / name, "rb") as file:
        records = ArchiveIterator(file)
        for record in records:
            offsets.append((record.rec_type, records.get_record_offset()))
    before, _ = run(name)
    choose = random.Random(2)
    responses = [n for n, (kind, _) in enumerate(offsets) if kind == "response"]
    for n in choose.sample(responses, 12):
        start = offsets[n][1]
        end = offsets[n + 1][1] if n + 1 < len(offsets) else len(whole)
        at = choose.randrange(start + 20, end - 9)
        broken = {
            "flipped": whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :],
            "cut": whole[:at] + whole[end:],
        }
        for how, file in broken.items():
            (folder / "broken.warc.gz").write_bytes(file)
            read, told = run("broken.warc.gz", code=3)
            errors = [page for page in read if "error" in page]
            source = f"broken.warc.gz:{n + 1}"
            assert errors[0]["source"] == source, (how, n, errors)
            message = errors[0]["error"]
            assert message.startswith(f"byte {start}: ") and "broken gzip" in message, (how, errors)
            assert f"saring: {source}: {message}\n" in told
            rest = [page["blocks"] for page in before if page["source"] != f"{name}:{n + 1}"]
            assert [page["blocks"] for page in read if "error" not in page] == rest, (how, n)
    print("24 broken members: told with the offset that warcio gives, and all others read")


def check_parquet(expected):
    if "parquet" not in subprocess.run([saring, "classify", "--help"], capture_output=True, text=True,
                                       check=True).stdout:
        print("skipped: Parquet, because saring was built without that feature")
        return
    subprocess.run(
        [saring, "classify", "members.warc.gz", "--format", "parquet", "-o", "out.parquet"],
        cwd=folder, capture_output=True, check=True)
    rows = pyarrow.parquet.read_table(folder / "out.parquet").to_pylist()
    blocks = [(page, n, block) for page in expected for n, block in enumerate(page["blocks"], 1)]
    assert len(rows) == len(blocks)
    for row, (page, n, block) in zip(rows, blocks):
        assert (row["url"], row["block"], row["confidence"]) == (page["url"], n, page["confidence"])
        assert {key: row[key] for key in block} == block
        assert row["truncated"] == page.get("truncated")
    print(f"Parquet: {len(rows)} rows, read by pyarrow, say what JSONL says")


def check_progress():
    """A terminal on stderr sees a line with pages/s; nothing else does."""
    names = ["members.warc.gz"] * 400
    with open(os.devnull, "wb") as nowhere:
        master, slave = pty.openpty()
        child = subprocess.Popen([saring, "classify", "--format", "jsonl", *names], cwd=folder,
                                 stdout=nowhere, stderr=slave)
        os.close(slave)
        seen = b""
        while b" pages/s" not in seen:
            try:
                piece = os.read(master, 4096)
            except OSError:
                break
            seen += piece
        child.terminate()
        child.wait()
        os.close(master)
    assert b" pages/s" in seen and b" % of " in seen, seen
    done = subprocess.run([saring, "classify", "--format", "jsonl", *names[:20]], cwd=folder,
                          capture_output=True, check=True)
    assert b"\r" not in done.stderr and b"pages/s" not in done.stderr
    print("progress: on a terminal, and nowhere else")


def main():
    files = sorted(pages_folder.glob("*.html"))[:64]
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes())
    alone, _ = run(*[file.name for file in files])
    # The address is part of what is classified: the record has the one that the page states.
    chosen = [(page, file) for page, file in zip(alone, files) if page["url"]]
    assert len(chosen) >= 20, "too few pages state their address"
    pages = [(page["url"], file.read_bytes()) for page, file in chosen]
    expected = [verdict(page) for page, _ in chosen]
    check_crawls(pages, expected)
    check_zstd(pages, expected)
    check_charsets()
    check_wet()
    check_capture(pages, expected)
    check_damage(pages)
    check_parquet(expected)
    check_progress()


main()
