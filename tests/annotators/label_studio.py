"""What saring writes for Label Studio, read by Label Studio's own code.

usage: label_studio.py SARING PAGES
"""

import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from label_studio_sdk.converter import Converter
from label_studio_sdk.label_interface import LabelInterface

SARING, PAGES = sys.argv[1:]
CONFIG = (Path(__file__).parent / "labels.xml").read_text()


def saring(*args):
    subprocess.run([SARING, *map(str, args)], check=True)


def main():
    interface = LabelInterface(CONFIG)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        mine, out = folder / "my.csv", folder / "tasks.json"
        pages = sorted(Path(PAGES).glob("*.html"))[:8]
        saring("blocks", *pages, "-o", mine)
        with mine.open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if "head[1]>title" not in row["path"]]

        saring("export", "--to", "label-studio", mine, "-o", out)
        tasks = json.loads(out.read_text())
        assert len(tasks) == len(rows) > 200, (len(tasks), len(rows))
        answered = 0
        for task in tasks:
            # With annotations in it the SDK calls its own function without an argument.
            assert interface.validate_task({"data": task["data"]}), task
            for annotation in task["annotations"]:
                assert interface.validate_annotation(annotation), annotation
                answered += 1
        assert answered == sum(row["label"] != "" for row in rows) > 100, answered

        # What the server adds when people answer, and its export to CSV and JSON-MIN, which drops all
        # that it does not understand.
        for number, task in enumerate(tasks):
            task["id"] = number
            for annotation in task["annotations"]:
                annotation.update(id=number, completed_by=number % 2 + 1, was_cancelled=False)
        done = folder / "done.json"
        done.write_text(json.dumps(tasks))
        converter = Converter(CONFIG, str(folder))
        converter.convert_to_csv(str(done), str(folder / "csv"), is_dir=False, sep=",")
        with next((folder / "csv").glob("*.csv")).open(newline="") as file:
            flat = list(csv.DictReader(file))
        # Tasks that nobody has answered are left out there.
        expected = [(row["text"], row["label"], row["path"]) for row in rows if row["label"]]
        assert [(row["text"], row["label"], row["path"]) for row in flat] == expected

        back = folder / "back.csv"
        saring("import", "--from", "label-studio", done, "-o", back)
        with back.open(newline="") as file:
            labels = [row for row in csv.DictReader(file) if "head[1]>title" not in row["path"]]
        for row, came in zip(rows, labels, strict=True):
            assert came.pop("annotator") in ("1", "2", ""), came
            assert row == came, (row, came)

        saring("export", "--to", "label-studio", "--suggest", mine, "-o", out)
        for task in json.loads(out.read_text()):
            assert interface.validate_task({"data": task["data"]}), task
            for prediction in task["predictions"]:
                assert interface.validate_prediction(prediction), prediction
    print(f"Label Studio's code reads what saring writes: {len(rows)} tasks, {answered} answers")


main()
