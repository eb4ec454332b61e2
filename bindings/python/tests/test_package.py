"""Types, errors, threads, pickles and the examples in the docstrings."""

import copy
import doctest
import io
import os
import pickle
import signal
import threading
import time
from array import array
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

import saring
from saring import Classifier

from conftest import REPOSITORY

LONE = "<p>\ud800</p>"


def test_examples_in_docstrings_run():
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    native = finder.find(saring._saring, "saring", module=False, globs=vars(saring).copy())
    found = native + finder.find(saring, "saring")[:1]
    for example in found:
        runner.run(example)
    assert runner.summarize().failed == 0
    assert sum(len(example.examples) for example in found) > 18


def test_what_a_page_tells():
    html = "<title>T</title><p>Warga menanam bakau di pesisir utara pada hari Minggu pagi.</p>"
    page = Classifier().classify(html, url="https://a.example/1")
    assert page.url == "https://a.example/1"
    assert page.truncated is None
    assert 0 < page.confidence <= 1
    (block,) = page.blocks
    assert (block.label, block.kept, block.uncertain) == ("content", True, False)
    assert block.label in saring.LABELS
    assert block.path == "html[1]>body[2]>p[1]"
    assert 0.5 < block.probability <= 1
    assert page.text == block.text == Classifier().content(html)
    assert page.blocks == page.blocks
    assert page == Classifier().classify(html, url="https://a.example/1")
    assert page != Classifier().classify(html)
    assert repr(page).startswith("<saring.Page")
    assert repr(block).startswith("<saring.Block content")


def test_uncertain_is_told():
    block = Classifier(min_probability=1).classify("<p>Baca juga</p>").blocks[0]
    assert (block.label, block.kept, block.uncertain) == ("uncertain", False, True)


def test_bytearray_and_charset():
    page = Classifier().classify(bytearray(b"<p>caf\xe9 cr\xe8me br\xfbl\xe9e</p>"), charset="latin1")
    assert page.blocks[0].text == "café crème brûlée"
    assert Classifier().classify(b"").blocks == []
    assert Classifier().classify("").text == ""


@pytest.mark.parametrize("value", [None, 3, ["<p>"], memoryview(b"<p>")])
def test_what_is_no_page_is_a_type_error(value):
    name = type(value).__name__
    for call in (Classifier().classify, Classifier().content):
        with pytest.raises(TypeError, match=f"^html must be str or bytes, not {name}$"):
            call(value)
    with pytest.raises(TypeError, match=rf"^pages\[1\] must be str or bytes, not {name}$"):
        Classifier().classify_many(["<p>a</p>", value])
    with pytest.raises(TypeError, match=f"^text must be str, not {name}$"):
        Classifier().classify_text(value)


def test_a_lone_surrogate_is_a_value_error_that_says_where():
    for call, name in [
        (lambda: Classifier().classify(LONE), "html"),
        (lambda: Classifier().content(LONE), "html"),
        (lambda: Classifier().classify_text(LONE), "text"),
        (lambda: Classifier().classify("", url=LONE), "url of html"),
        (lambda: Classifier().classify(b"", charset=LONE), "charset of html"),
        (lambda: Classifier().classify_many([b""], charsets=[LONE]), r"charset of pages\[0\]"),
        (lambda: Classifier(keep=[LONE]), "a label in keep"),
        (lambda: Classifier().classify_many(["", LONE]), r"pages\[1\]"),
    ]:
        with pytest.raises(ValueError, match=f"^{name}: .*surrogates not allowed"):
            call()


def test_bytes_of_other_kinds():
    class Bytes(bytes):
        pass

    class Text(str):
        pass

    html = "<p>Sebanyak 120 warga menanam bakau di pesisir utara pada hari Minggu.</p>"
    expected = Classifier().classify(html)
    for same in (Bytes(html.encode()), bytearray(html.encode()), Text(html), bytes(memoryview(html.encode()))):
        assert Classifier().classify(same) == expected
    changing = bytearray(html.encode())
    page = Classifier().classify(changing)
    changing[:] = b"x" * len(changing)
    assert page == expected
    for other in (array("b", b"<p>"), io.BytesIO(b"<p>"), Path("a.html")):
        with pytest.raises(TypeError, match="^html must be str or bytes, not"):
            Classifier().classify(other)


def test_wrong_addresses_and_charsets():
    with pytest.raises(TypeError, match="^url of html must be str, not bytes$"):
        Classifier().classify("", url=b"https://a.example/")
    with pytest.raises(TypeError, match="^charset of html must be str, not int$"):
        Classifier().classify(b"", charset=8)
    with pytest.raises(ValueError, match="^urls has 1 items, pages has 2$"):
        Classifier().classify_many(["", ""], urls=["https://a.example/"])
    with pytest.raises(TypeError, match=r"^url of pages\[1\] must be str, not int$"):
        Classifier().classify_many(["", ""], urls=[None, 5])


@pytest.mark.parametrize("value", ["<p>one page</p>", b"<p>one page</p>", None, 3])
def test_one_page_is_no_list(value):
    with pytest.raises(TypeError, match="^pages must be a list, not"):
        Classifier().classify_many(value)


def test_errors_in_their_places():
    results = Classifier().classify_many(
        ["<p>Satu</p>", None, LONE, "<p>Empat</p>"], return_exceptions=True
    )
    assert [type(r).__name__ for r in results] == ["Page", "TypeError", "ValueError", "Page"]
    assert str(results[1]) == "pages[1] must be str or bytes, not NoneType"
    assert results[3].blocks[0].text == "Empat"


@pytest.mark.parametrize(
    "options, error, words",
    [
        ({"threshold": 1.5}, ValueError, "threshold must be a number from 0 to 1"),
        ({"threshold": float("nan")}, ValueError, "threshold must be a number from 0 to 1"),
        ({"min_probability": 0.4}, ValueError, "min_probability must be a number from 0.5 to 1"),
        ({"max_bytes": 0}, ValueError, "max_bytes must be 1 or more"),
        ({"keep": ["isi"]}, ValueError, 'unknown label "isi"; labels are content headline'),
        ({"keep": []}, ValueError, "keep must name a label"),
        ({"keep": "content"}, TypeError, "keep must be a list, not str"),
        ({"keep": [1]}, TypeError, "a label in keep must be str, not int"),
        ({"model": "no/such.json"}, OSError, "no/such.json: No such file"),
        ({"model": str(REPOSITORY / "Cargo.toml")}, ValueError, r"Cargo.toml: expected value at line"),
        ({"model": 3}, TypeError, "model"),
        ({"treshold": 0.5}, TypeError, "treshold"),
    ],
)
def test_bad_options(options, error, words):
    with pytest.raises(error, match=words):
        Classifier(**options)


@pytest.mark.parametrize("threads, error", [(0, ValueError), (-1, ValueError), ("two", TypeError)])
def test_bad_numbers_of_threads(threads, error):
    with pytest.raises(error):
        Classifier().classify_many([], threads=threads)


def test_order_is_kept_whatever_the_threads():
    pages = [f"<p>Halaman nomor {n}</p>" * (1 + n * 37 % 50) for n in range(700)]
    for threads in (None, 1, 2, 5):
        results = Classifier().classify_many(iter(pages), threads=threads)
        assert [r.blocks[0].text for r in results] == [f"Halaman nomor {n}" for n in range(700)]
    assert Classifier().classify_many([]) == []


def test_the_interpreter_is_let_go():
    """Python goes on while a page is classified, which takes far longer than a switch of threads."""
    html = "<div><p>Sebanyak 120 warga <a href=/b>menanam</a> bakau.</p></div>" * 60_000
    counted, done = [0], threading.Event()

    def count():
        while not done.is_set():
            counted[0] += 1
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    try:
        start, before = time.monotonic(), counted[0]
        Classifier().classify(html)
        seconds, ticks = time.monotonic() - start, counted[0] - before
    finally:
        done.set()
        counter.join()
    assert seconds > 0.1, "too fast to show anything"
    assert ticks > 20 * seconds


def test_threads_share_a_classifier(pages):
    classifier, some = Classifier(), [page.read_bytes() for page in pages[:40]]
    alone = [classifier.classify(page) for page in some]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(classifier.classify, some)) == alone


def test_ctrl_c_is_heard():
    pages = ["<div><p>Sebanyak 120 warga <a href=/b>menanam</a> bakau.</p></div>" * 200] * 50_000
    # Shells let what they start in the background ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    start = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            Classifier().classify_many(pages)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - start < 10, "the whole would take minutes"


def kept(job):
    classifier, html = job
    return classifier.classify_many([html], threads=2)[0].text


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_processes_get_classifiers(start):
    classifier = Classifier(keep=["navigation"])
    classifier.classify_many(["<p>a</p>"] * 10, threads=2)
    html = "<nav><a href=/>Beranda</a></nav><p>Warga menanam bakau di pesisir utara.</p>"
    with ProcessPoolExecutor(1, mp_context=get_context(start)) as pool:
        assert pool.submit(kept, (classifier, html)).result(timeout=60) == "Beranda"


def test_pickles_hold_options_and_model(pages):
    models = [None, REPOSITORY / "models/training-data.json"]
    html = pages[0].read_bytes()
    for model in models:
        for options in ({}, {"threshold": 0.3, "min_probability": 0.7, "max_bytes": 2000}):
            before = Classifier(model=model, keep=["content", "promo"], **options)
            for after in (pickle.loads(pickle.dumps(before)), copy.deepcopy(before)):
                assert after.classify(html).to_json() == before.classify(html).to_json()
                assert repr(after) == repr(before)
    own, ours = (Classifier(model=m).classify(html).to_json() for m in reversed(models))
    assert own != ours


def test_results_can_be_pickled(pages):
    odd = ["", "<p>a", "<p>" * 600 + "dalam", "<a id='é#.>' class='x y'>Baca juga"]
    bodies = [page.read_bytes() for page in pages[::10]]
    for options in ({}, {"threshold": 0.3}, {"min_probability": 0.9}, {"max_bytes": 2000}):
        classifier = Classifier(**options)
        for before in map(classifier.classify, [*odd, *bodies]):
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
                after = pickle.loads(pickle.dumps(before, protocol))
                assert after == before
                assert after.to_json("a") == before.to_json("a")
                assert after.truncated == before.truncated
            assert copy.deepcopy(before) == before
            assert pickle.loads(pickle.dumps(before.blocks)) == before.blocks
    text = Classifier().classify_text("Baca juga: Kabar lain")
    assert pickle.loads(pickle.dumps(text)) == text


def test_blocks_take_their_page_along_once():
    page = Classifier().classify("".join(f"<p>Paragraf nomor {n}</p>" for n in range(500)))
    whole, blocks = (len(pickle.dumps(value)) for value in (page, page.blocks))
    assert blocks < 2 * whole
    block = pickle.loads(pickle.dumps(page.blocks[7]))
    assert (block.text, block.path) == ("Paragraf nomor 7", page.blocks[7].path)


def test_what_is_no_pickled_page_is_an_error():
    """A parent that is no earlier element would be followed for ever, or to nowhere."""
    _, (fields,) = Classifier().classify("<p>a").__reduce__()
    assert saring._saring._restore_page(fields) == Classifier().classify("<p>a")
    for place, wrong in [(2, "bits"), (4, [("p", "", [], 1, 0)]), (5, [("a", "ad", 0.5, False, False, 9, None)])]:
        changed = (*fields[:place], wrong, *fields[place + 1 :])
        with pytest.raises(ValueError, match="this is no page"):
            saring._saring._restore_page(changed)
    with pytest.raises(ValueError, match="unknown label"):
        saring._saring._restore_page((*fields[:5], [("a", "isi", 0.5, False, False, None, None)]))
    with pytest.raises(IndexError):
        saring._saring._restore_block(Classifier().classify("<p>a"), 1)


@pytest.mark.parametrize(
    "rows, options, error, words",
    [
        ("teks,label\na,content\n", {}, ValueError, r"bad.csv:1: .*text"),
        ("text,label\na,isi\n", {}, ValueError, r"bad.csv:2: .*isi"),
        ("text,label\na,content\n", {}, ValueError, "needs both sides"),
        ("text,label\na,content\n", {"folds": 1}, ValueError, "folds must be 2 or more"),
        ("text,label\na,content\n", {"penalty": 0}, ValueError, "penalty must be"),
        ("text,label\na,content\n", {"out": "no/such/folder.json"}, OSError, "no/such: is not a folder"),
    ],
)
def test_what_cannot_be_trained_on(tmp_path, rows, options, error, words):
    data = tmp_path / "bad.csv"
    data.write_text(rows)
    options = {"out": tmp_path / "out.json", **options}
    with pytest.raises(error, match=words):
        saring.train(data, **options)
    assert list(tmp_path.iterdir()) == [data]


def test_training_on_nothing_that_is_a_file(tmp_path):
    with pytest.raises(OSError, match="none.csv"):
        saring.train([tmp_path / "none.csv"], out=tmp_path / "out.json")
    with pytest.raises(TypeError, match="^data must be a path or a list of paths, not int$"):
        saring.train(3, out=tmp_path / "out.json")
    with pytest.raises(ValueError, match="^data must name a file$"):
        saring.train([], out=tmp_path / "out.json")


def test_an_error_in_progress_is_raised(tmp_path):
    data = tmp_path / "small.csv"
    rows = [f"warga {n},content,a{n % 4}.example\nbaca {n},related,a{n % 4}.example" for n in range(20)]
    data.write_text("text,label,group\n" + "\n".join(rows) + "\n")

    def progress(line):
        raise KeyError(line)

    with pytest.raises(KeyError):
        saring.train(data, out=tmp_path / "out.json", progress=progress)
