"""Measures the Documents product: filling, PDF, bulk runs; prints one JSON object.

Run: .venv/bin/python benchmarks/documents.py --json [--only fill] [--rounds 7]
"""

import argparse
import importlib
import json
import platform
import sys
import tempfile
from pathlib import Path

# each section is a module beside this one with `run(work: Path, *, rounds: int) -> dict`
SECTIONS = {"fill": "documents_fill", "bulk": "documents_bulk", "pdf": "documents_pdf"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line instead of an indented text")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="sections to run")
    parser.add_argument("--rounds", type=int, default=7, help="counted rounds; medians are shown")
    options = parser.parse_args()
    result: dict[str, object] = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "rounds": options.rounds,
    }
    for name in options.only or SECTIONS:
        print(f"documents: {name}…", file=sys.stderr)
        with tempfile.TemporaryDirectory() as work:
            module = importlib.import_module(SECTIONS[name])
            result[name] = module.run(Path(work), rounds=options.rounds)
    print(json.dumps(result, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
