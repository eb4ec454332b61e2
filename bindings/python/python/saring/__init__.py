"""Labels every block of a web page as content or a kind of boilerplate.

>>> from saring import Classifier
>>> page = Classifier().classify(\"\"\"
... <nav><a href="/">Beranda</a></nav>
... <article><h1>Warga Menanam Bakau</h1>
... <p>Sebanyak 120 warga menanam bakau di pesisir utara pada hari Minggu.</p>
... <p>Baca juga: <a href="/b">Kapal Perintis Mulai Berlayar</a></p>
... <p>Bibit datang dari desa tetangga, kata Sari.</p></article>\"\"\")
>>> for block in page.blocks:
...     print(block.label, block.kept, block.text)
navigation False Beranda
headline True Warga Menanam Bakau
content True Sebanyak 120 warga menanam bakau di pesisir utara pada hari Minggu.
related False Baca juga: Kapal Perintis Mulai Berlayar
content True Bibit datang dari desa tetangga, kata Sari.
>>> page.text.splitlines()[0]
'Warga Menanam Bakau'
"""

from saring._saring import (
    LABELS,
    Block,
    Classifier,
    Page,
    Rule,
    Rules,
    Training,
    Warc,
    WarcPage,
    __version__,
    train,
)

__all__ = [
    "LABELS",
    "Block",
    "Classifier",
    "Page",
    "Rule",
    "Rules",
    "Training",
    "Warc",
    "WarcPage",
    "__version__",
    "train",
]
