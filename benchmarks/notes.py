"""Notes: what a minute of video costs; prints JSON with `--json`."""

import argparse
import json
import tempfile
from pathlib import Path

import notes_media


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--hours", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        found = {"media": notes_media.run(Path(work), rounds=asked.rounds, hours=asked.hours)}
    print(json.dumps(found, indent=None if asked.json else 2))


if __name__ == "__main__":
    main()
