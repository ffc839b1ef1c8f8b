"""Fills merge fields with docx-mailmerge2: a count a line, the seconds in answer."""

import base64
import json
import sys
import time
from io import BytesIO
from pathlib import Path

from mailmerge import MailMerge

template, rows = sys.argv[1:]
content = Path(template).read_bytes()
data = json.loads(Path(rows).read_text(encoding="utf-8"))


def fill(row: dict[str, str]) -> bytes:
    document = MailMerge(BytesIO(content))
    document.merge(**row)
    buffer = BytesIO()
    document.write(buffer)
    return buffer.getvalue()


print("ready", flush=True)
for line in sys.stdin:
    count = int(line)
    if count == 0:
        print(base64.b64encode(fill(data[1])).decode(), flush=True)
        continue
    started = time.perf_counter()
    for i in range(count):
        fill(data[i % len(data)])
    print(time.perf_counter() - started, flush=True)
