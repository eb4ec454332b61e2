"""Rows of `saring.arrow.RESULT`, with the page's `source`, as the command writes them."""

import json


def records(rows):
    for row in rows:
        assert row["error"] is None
        fields = {name: row[name] for name in ("source", "url", "text", "confidence")}
        cut = {} if row["truncated"] is None else {"truncated": row["truncated"]}
        names = ("text", "label", "probability", "path", "rule")
        blocks = [
            {name: block[name] for name in names if block[name] is not None}
            for block in row["blocks"]
        ]
        record = {**fields, **cut, "blocks": blocks}
        yield json.dumps(record, ensure_ascii=False, separators=(",", ":"))
