"""Fills a template with docxtpl: reads a count a line, fills so many rows, answers the seconds."""

import base64
import json
import sys
import time
from datetime import date
from io import BytesIO
from pathlib import Path

import jinja2
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from docxtpl import DocxTemplate

template, rows = sys.argv[1:]
content = Path(template).read_bytes()
data = json.loads(Path(rows).read_text(encoding="utf-8"))
environment = jinja2.Environment(autoescape=True)
environment.filters["date"] = lambda value, pattern: format_date(
    date.fromisoformat(value), pattern, locale="en"
)
environment.filters["currency"] = lambda value, code: format_currency(value, code, locale="en")
environment.filters["number"] = lambda value, decimals: format_decimal(
    value, "#,##0." + "0" * decimals, locale="en"
)


def fill(row: dict[str, object]) -> bytes:
    document = DocxTemplate(BytesIO(content))
    document.render(row, environment)
    buffer = BytesIO()
    document.save(buffer)
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
