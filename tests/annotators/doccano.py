"""What saring writes for doccano, imported and exported by doccano's own code, and read again.

usage: doccano.py SARING PAGES
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

SARING, PAGES = sys.argv[1:]
FOLDER = tempfile.TemporaryDirectory()
HOME = Path(FOLDER.name)
# doccano finds its parts from its own folder.
sys.path.append(str(Path(find_spec("backend").origin).parent))
os.environ.update(
    STANDALONE="True",
    DJANGO_SETTINGS_MODULE="config.settings.production",
    DATABASE_URL=f"sqlite:///{HOME}/db.sqlite3",
    MEDIA_ROOT=str(HOME / "media"),
    SECRET_KEY="only for this run",
)

import django  # noqa: E402

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core import management  # noqa: E402

management.call_command("migrate", verbosity=0)
management.call_command("create_roles", stdout=open(os.devnull, "w"))

from data_export.celery_tasks import export_dataset  # noqa: E402
from data_import.datasets import load_dataset  # noqa: E402
from data_import.pipeline.catalog import create_file_format  # noqa: E402
from data_import.pipeline.readers import FileName  # noqa: E402
from django.conf import settings  # noqa: E402
from examples.models import Example  # noqa: E402
from labels.models import Category  # noqa: E402
from label_types.models import CategoryType  # noqa: E402
from projects.models import Member, Project, TextClassificationProject  # noqa: E402
from roles.models import Role  # noqa: E402

KIND = "DocumentClassification"


def saring(*args):
    return subprocess.run([SARING, *map(str, args)], check=True, capture_output=True, text=True)


def project(name, users):
    made = TextClassificationProject.objects.create(
        name=name, description=name, project_type=KIND, created_by=users[0], single_class_classification=True
    )
    for user in users:
        role = Role.objects.get(name=settings.ROLE_PROJECT_ADMIN)
        Member.objects.get_or_create(project=made, user=user, defaults={"role": role})
    return Project.objects.get(pk=made.pk)


def take_in(made, user, file, file_format):
    names = [FileName(full_path=str(file), generated_name=file.name, upload_name=file.name)]
    options = {"column_data": "text", "column_label": "label", "encoding": "utf_8", "delimiter": ","}
    dataset = load_dataset(KIND, create_file_format(file_format), names, made, **options)
    dataset.save(user, batch_size=500)
    assert not dataset.errors, dataset.errors


def give_out(made, file_format, folder):
    with zipfile.ZipFile(export_dataset(made.pk, file_format)) as archive:
        archive.extractall(folder)
    return sorted(folder.iterdir())


def main():
    ani, ben = (get_user_model().objects.create_user(username=name) for name in ("ani", "ben"))
    mine = HOME / "my.csv"
    saring("blocks", *sorted(Path(PAGES).glob("*.html"))[:6], "-o", mine)
    with mine.open(newline="") as file:
        rows = list(csv.DictReader(file))

    # Out, in, out and in again, in both forms.
    for file_format, name in [("JSONL", "tasks.jsonl"), ("CSV", "tasks.csv")]:
        out = HOME / name
        saring("export", "--to", "doccano", mine, "-o", out)
        made = project(file_format, [ani])
        take_in(made, ani, out, file_format)
        files = give_out(made, file_format, HOME / f"out-{file_format}")
        assert len(files) == 1, files
        back = HOME / "back.csv"
        saring("import", "--from", "doccano", files[0], "-o", back)
        assert back.read_bytes() == mine.read_bytes(), (file_format, files[0].read_text()[:500])

    # Two people who label the same rows, and differ on one.
    made = project("two", [ani, ben])
    bare = HOME / "bare.jsonl"
    texts = ["Isi berita hari ini", "Baca juga: kabar lain", "Gabung saluran kami"]
    bare.write_text("".join(json.dumps({"text": text, "label": []}) + "\n" for text in texts))
    take_in(made, ani, bare, "JSONL")
    answers = {"ani": ["content", "related", "promo"], "ben": ["content", "navigation", "promo"]}
    examples = list(Example.objects.filter(project=made).order_by("pk"))
    for user in (ani, ben):
        for example, label in zip(examples, answers[user.username], strict=True):
            kind, _ = CategoryType.objects.get_or_create(project=made, text=label)
            Category.objects.create(example=example, user=user, label=kind)
    files = give_out(made, "JSONL", HOME / "two")
    assert [file.name for file in files] == ["ani.jsonl", "ben.jsonl"], files
    back = HOME / "two.csv"
    told = saring("import", "--from", "doccano", *files, "-o", back).stderr
    with back.open(newline="") as file:
        labels = {row["text"]: (row["label"], row["annotator"]) for row in csv.DictReader(file)}
    assert labels == {
        texts[0]: ("content", "ani;ben"),
        texts[1]: ("", "ani;ben"),
        texts[2]: ("promo", "ani;ben"),
    }, labels
    assert "related (ani), navigation (ben)" in told, told
    print(f"doccano's code gives back what saring writes: {len(rows)} rows, as JSONL and as CSV")


main()
