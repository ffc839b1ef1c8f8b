"""What the documentation says is there."""

import re
from pathlib import Path

import pytest

from entrypoints.cli.__main__ import COMMANDS
from entrypoints.settings import Settings
from entrypoints.variables import described

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PARTS = ["Status", "Context", "Decision", "Consequences", "Alternatives"]
# Paths in the text that begin with one of these are looked for.
PLACES = ("src/", "tests/", "docs/", "migrations/", "docker/", "benchmarks/")


def test_every_setting_is_listed_with_its_default_and_meaning() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = [
        f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |"
        for name, default, meaning in described(Settings)
    ]

    assert [row for row in rows if row not in page] == []
    assert page.count("\n| `ATELIER_") == len(rows) + 3  # and the three ways into a database


def test_decisions_have_all_their_parts_and_fit_a_page() -> None:
    wrong = {}
    for page in DECISIONS:
        text = page.read_text(encoding="utf-8")
        found = [
            part for part in PARTS if re.search(rf"^(## {part}$|{part}: )", text, re.MULTILINE)
        ]
        if found != PARTS or len(text.split()) > 800:
            wrong[page.name] = found

    assert wrong == {}
    assert [page.name[:4] for page in DECISIONS] == [
        f"{n:04}" for n in range(1, len(DECISIONS) + 1)
    ]


INVENTED = {  # by the guides
    "src/adapters/azure",
    "src/application/documents/archive_template.py",
    "src/application/documents/translate_template.py",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [
        link
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text)
        if not link.startswith(("http:", "https:"))
    ]
    paths = [
        path.removeprefix("`").rstrip("/")
        for path in re.findall(rf"`(?:{'|'.join(PLACES)})[\w./-]*(?=`)", text)
    ]

    assert [link for link in links if not (page.parent / link).exists()] == []
    assert [path for path in paths if not (ROOT / path).exists() and path not in INVENTED] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^    \./)atelier ([a-z]+)", text, re.MULTILINE))

    assert named <= COMMANDS.keys()
