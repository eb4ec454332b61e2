"""Quality and speed of saring and its peers on wcxb-dev, as a table: see scripts/bench-peers.

Each peer is a process that is given one page after the other. Quality is of every page; speed is of
a fixed sample, through which all peers go page by page in turn, round after round.
"""
import argparse
import collections
import gzip
import hashlib
import json
import pathlib
import re
import select
import statistics
import subprocess
import sys
import tempfile

# As shared/score.py and `saring eval` count words.
WORD = re.compile(r"\w+")
HERE = pathlib.Path(__file__).parent


class Peer:
    """An extractor behind a pipe, started again when it hangs or dies."""

    def __init__(self, name, command, limit):
        self.name, self.command, self.limit = name, command, limit
        self.process = None
        self.failures = collections.Counter()

    def start(self):
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        # It says that it has loaded, which takes seconds where many imports are.
        if not self.process.stdout.readline():
            sys.exit(f"compare.py: {self.name} does not start: {' '.join(self.command)}")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def extract(self, path):
        """Text and processor seconds. A page that failed has no text; one that hung, the limit."""
        if not self.process:
            self.start()
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        # One answer at a time, so nothing waits unread in Python's buffer.
        if not select.select([self.process.stdout], [], [], self.limit)[0]:
            self.failures["timeout"] += 1
            self.stop()
            return None, self.limit
        line = self.process.stdout.readline()
        if not line:
            self.failures["crash"] += 1
            self.stop()
            return None, None
        answer = json.loads(line)
        if "error" in answer:
            self.failures["error"] += 1
            return None, answer["seconds"]
        return answer["text"], answer["seconds"]


def all_peers(options):
    """Saring, then the others with the versions that are installed."""
    manifest = (HERE / "rust/Cargo.toml").read_text()
    crates = re.findall(r'^(\S+) = "=(.*)"$', manifest, re.MULTILINE)
    required = (HERE / "requirements.txt").read_text()
    packages = re.findall(r"^(\w+)==(.*)$", required, re.MULTILINE)
    peers = [Peer("saring", [options.rust, "saring"], options.limit)]
    for name, version in crates:
        peers.append(Peer(f"{name} {version}", [options.rust, name], options.limit))
    for name, version in packages:
        if not name.startswith("lxml"):
            command = [sys.executable, str(HERE / "peer.py"), name.lower()]
            peers.append(Peer(f"{name} {version} (Python)", command, options.limit))
    return peers


def words(text):
    return collections.Counter(WORD.findall((text or "").lower()))


def word_f1(kept, gold):
    if not kept or not gold:
        return float(not kept and not gold)
    both = (kept & gold).total()
    return 2 * both / (kept.total() + gold.total())


def pages(data, folder):
    """(path of the unpacked page, words of its gold) by name."""
    found = {}
    for truth in sorted((data / "ground-truth").glob("*.json")):
        name = truth.stem
        path = folder / f"{name}.html"
        path.write_bytes(gzip.decompress((data / "html" / f"{name}.html.gz").read_bytes()))
        found[name] = path, words(json.loads(truth.read_text())["ground_truth"].get("main_content"))
    return found


def by_hash(names, count):
    return sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())[:count]


def quality(peers, pages):
    """F1 of each page by peer."""
    scores = {peer: [] for peer in peers}
    for n, (path, gold) in enumerate(pages.values()):
        for peer in peers:
            text, _ = peer.extract(path)
            scores[peer].append(0.0 if text is None else word_f1(words(text), gold))
        if sys.stderr.isatty():
            print(f"\rquality: {n + 1} of {len(pages)} pages", end="", file=sys.stderr)
    return scores


def speed(peers, paths, rounds):
    """Seconds of each round by peer."""
    totals = {peer: [] for peer in peers}
    for _ in range(rounds):
        round_ = collections.Counter()
        for n, path in enumerate(paths):
            first = n % len(peers)
            for peer in peers[first:] + peers[:first]:
                round_[peer] += peer.extract(path)[1] or 0.0
        for peer in peers:
            totals[peer].append(round_[peer])
    return totals


def report(peers, scores, failed, totals, count, size, limit):
    saring = peers[0]
    print(f"Quality: mean word-F1 of {len(scores[saring])} pages; crash, error and no answer in "
          f"{limit} s count as 0.")
    print(f"Speed: processor time of parse and extract, one thread, on {count} of the pages "
          f"({size:.0f} KB in the mean);\nmedians of {len(totals[saring])} interleaved rounds. "
          "Peers are given text or bytes, as they ask; saring bytes.\n")
    print("| extractor | word-F1 | ms a page | x saring | pages failed, while scored |")
    print("|---|---:|---:|---:|---|")
    for peer in sorted(peers, key=lambda peer: -statistics.mean(scores[peer])):
        ratio = statistics.median(a / b for a, b in zip(totals[peer], totals[saring]))
        mean = f"{statistics.mean(scores[peer]):.3f}" + (" (1)" if peer is saring else "")
        milliseconds = statistics.median(totals[peer]) * 1e3 / count
        print(f"| {peer.name} | {mean} | {milliseconds:.1f} | {ratio:.2f} "
              f"| {failed[peer] or 'none'} |")
    print("\n(1) **Not a held-out figure**: models/default.json was trained on these pages. In "
          "cross-validation over\nregistered domains (`saring eval --cross-validate` by "
          f"scripts/cross-validate) it is {readme_figure()}, as in the README.")


def readme_figure():
    readme = (HERE / "../../README.md").read_text()
    found = re.search(r"^\| wcxb-dev:.*\| word-F1 \| (.*?) \|$", readme, re.MULTILINE)
    return found.group(1) if found else "no figure"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=pathlib.Path, required=True, help="folder of wcxb-dev")
    options.add_argument("--rust", required=True, help="program of rust/")
    options.add_argument("--pages", type=int, help="score so many pages only")
    options.add_argument("--sample", type=int, default=100, help="pages timed")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--limit", type=float, default=20, help="seconds a page may take")
    options = options.parse_args()
    peers = all_peers(options)
    with tempfile.TemporaryDirectory() as folder:
        all_pages = pages(options.data, pathlib.Path(folder))
        scored = by_hash(all_pages, options.pages or len(all_pages))
        timed = [all_pages[name][0] for name in by_hash(all_pages, options.sample)]
        scores = quality(peers, {name: all_pages[name] for name in scored})
        failed = {peer: ", ".join(f"{n} {why}" for why, n in peer.failures.items())
                  for peer in peers}
        totals = speed(peers, timed, options.rounds)
        size = statistics.mean(path.stat().st_size for path in timed) / 1e3
        report(peers, scores, failed, totals, len(timed), size, options.limit)
    for peer in peers:
        peer.stop()


main()
