"""The package says what the command says."""

import json

import pytest

import saring
from saring import Classifier


def test_pages_are_those_of_the_command_byte_for_byte(pages, command):
    lines = command("classify", "--format", "jsonl", *pages)
    results = Classifier().classify_many([page.read_bytes() for page in pages])
    assert len(lines) == len(results) == len(pages)
    for path, line, result in zip(pages, lines, results):
        assert result.to_json(str(path)) == line
        assert result.to_dict(str(path)) == json.loads(line)


@pytest.mark.parametrize(
    "options",
    [
        {"threshold": 0.4},
        {"min_probability": 0.9},
        {"keep": ["content", "caption", "byline"]},
        {"max_bytes": 3000},
    ],
    ids=lambda options: next(iter(options)),
)
def test_options_are_those_of_the_command(options, pages, command):
    (name, value), = options.items()
    value = ",".join(value) if isinstance(value, list) else value
    flag = "--" + name.replace("_", "-")
    lines = command("classify", "--format", "jsonl", flag, value, *pages[:40])
    plain = command("classify", "--format", "jsonl", *pages[:40])
    assert lines != plain, "the option makes no difference: the test would show nothing"
    classifier = Classifier(**options)
    results = [classifier.classify(page.read_bytes()) for page in pages[:40]]
    assert [r.to_json(str(page)) for page, r in zip(pages, results)] == lines


def test_str_with_an_address_is_a_line_of_jsonl(pages, command):
    html = [page.read_bytes().decode("utf-8") for page in pages if page.parent.name == "pages"]
    urls = [f"https://kabar{n}.example/berita/{n}" for n in range(len(html))]
    stdin = "\n".join(json.dumps({"url": u, "html": h}) for u, h in zip(urls, html)).encode()
    lines = command("classify", "--format", "jsonl", "--input", "jsonl", "-", stdin=stdin)
    results = Classifier().classify_many(html, urls=urls)
    assert [r.to_json(f"-:{n}") for n, r in enumerate(results, 1)] == lines
    assert [r.url for r in results] == urls


def test_plain_text_is_that_of_the_command(pages, command):
    text = "\n".join(block.text for block in Classifier().classify(pages[-1].read_bytes()).blocks)
    (line,) = command("classify", "--format", "jsonl", "--input", "text", "-", stdin=text.encode())
    assert Classifier().classify_text(text).to_json("-") == line


def test_to_dict_has_the_fields_of_the_command(command):
    page = Classifier(threshold=0.1, max_bytes=40).classify(b"<p>Teks</p>" * 10)
    (line,) = command(
        "classify", "--format", "jsonl", "--input", "html", "--threshold", "0.1", "--max-bytes",
        "40", "-", stdin=b"<p>Teks</p>" * 10,
    )
    assert page.to_dict("-") == json.loads(line)
    assert page.to_dict()["truncated"] == page.truncated == "bytes"
    assert page.to_dict()["threshold"] == 0.1
    assert "source" not in page.to_dict()


def test_a_model_file_is_that_of_the_command(tmp_path, command):
    data = tmp_path / "small.csv"
    rows = ["text,label,group"]
    for n in range(40):
        rows.append(f"Warga desa {n} menanam {n} bibit bakau di pesisir utara,content,a{n % 8}.example")
        rows.append(f"Baca juga kabar lain nomor {n},related,a{n % 8}.example")
    data.write_text("\n".join(rows) + "\n")
    steps: list[str] = []
    training = saring.train(data, out=tmp_path / "python.json", progress=steps.append)
    command("train", data, "--out", tmp_path / "command.json")
    assert training.path == tmp_path / "python.json"
    assert training.path.read_bytes() == (tmp_path / "command.json").read_bytes()
    assert training.metrics == json.loads(training.path.read_bytes())["provenance"]["metrics"]
    assert training.metrics["f1"] > 0.5
    assert steps
    page = Classifier(model=training.path).classify_text("Baca juga kabar lain nomor 7")
    assert not page.blocks[0].kept
