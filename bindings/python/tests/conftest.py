"""What the tests share: the repository's pages and the command to compare with."""

import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


@pytest.fixture(scope="session")
def site(pages):
    """The address of a site on localhost: `/` links to each page, which is served as it is."""
    bodies = {f"/{n}.html": page.read_bytes() for n, page in enumerate(pages)}
    links = "".join(f"<li><a href='{path}'>{path}</a></li>" for path in bodies)
    bodies["/"] = f"<title>Pages</title><ul>{links}</ul>".encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = bodies.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
