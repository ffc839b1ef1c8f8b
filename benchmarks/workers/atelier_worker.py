"""Fills a template with this project's engine: a count a line, the seconds in answer."""

import base64
import json
import sys
import time
from pathlib import Path

from adapters.docx.filler import Filler
from adapters.docx.options import FillOptions
from adapters.docx.template import compile_template

template, rows, options = sys.argv[1:]
filler = Filler(compile_template(Path(template).read_bytes()), FillOptions(**json.loads(options)))
data = json.loads(Path(rows).read_text(encoding="utf-8"))

print("ready", flush=True)
for line in sys.stdin:
    count = int(line)
    if count == 0:
        print(base64.b64encode(filler.fill(data[1])).decode(), flush=True)
        continue
    started = time.perf_counter()
    for i in range(count):
        filler.fill(data[i % len(data)])
    print(time.perf_counter() - started, flush=True)
