"""Draws a template with Typst or WeasyPrint: a count a line, the seconds in answer."""

import base64
import json
import sys
import time
from pathlib import Path

from adapters.docx.filler import Filler
from adapters.docx.layout.drawable import drawable
from adapters.docx.marked import mark_template
from adapters.docx.template import compile_template
from adapters.runtime.typefaces.book import font_book
from adapters.runtime.typefaces.typography import Typography
from adapters.typst.engine import TypstTemplate
from adapters.weasyprint.engine import HtmlTemplate

template, rows, engine_name = sys.argv[1:]
content = Path(template).read_bytes()
data = json.loads(Path(rows).read_text(encoding="utf-8"))
filler = Filler(compile_template(content))
typography = Typography(font_book())
found = drawable(mark_template(content), typography)
make = {"typst": TypstTemplate, "weasyprint": HtmlTemplate}[engine_name]
engine = make(found.layout, found.media, typography=typography)

print("ready", flush=True)
done = 0  # rows go on from round to round: no document is drawn twice in a row
for line in sys.stdin:
    count = int(line)
    if count == 0:
        print(base64.b64encode(engine.pdf(filler.evaluate(data[1]))).decode(), flush=True)
        continue
    started = time.perf_counter()
    for i in range(done, done + count):
        engine.pdf(filler.evaluate(data[i % len(data)]))
    print(time.perf_counter() - started, flush=True)
    done += count
engine.close()
