"""`peer.py NAME`: a Python extractor as a process; the protocol is that of rust/src/main.rs."""
import json
import sys
import time


def resiliparse():
    from resiliparse.extract.html2text import extract_plain_text
    return lambda html: extract_plain_text(html, main_content=True)


def turbohtml():
    import turbohtml
    return lambda html: turbohtml.parse(html).main_text()


def trafilatura():
    import trafilatura
    return lambda html: trafilatura.extract(html)


def justext():
    import justext
    # It wants to be told the language; most pages of the set are English.
    words = justext.get_stoplist("English")

    def extract(html):
        paragraphs = justext.justext(html, words)
        return "\n".join(p.text for p in paragraphs if not p.is_boilerplate)
    return extract


def answer(extract, path):
    with open(path, "rb") as file:
        html = file.read().decode("utf-8", errors="replace")
    start = time.thread_time()
    try:
        result = {"text": extract(html) or ""}
    except Exception as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    result["seconds"] = time.thread_time() - start
    return result


def main():
    extractors = {f.__name__: f for f in (resiliparse, turbohtml, trafilatura, justext)}
    extract = extractors[sys.argv[1]]()
    try:
        extract("<p>One paragraph.</p>")  # What is loaded at the first use is not of a page.
    except Exception:
        pass
    print("{}", flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(extract, line.rstrip("\n"))), flush=True)


main()
