"""The inside of a printing child."""

from collections.abc import Callable, Mapping
from pathlib import Path

from adapters.pages.messages import BundleCall, PrintCall
from adapters.runtime.child import Call, Methods


def methods(settings: Mapping[str, object]) -> Methods:
    return {"print": print_page, "bundle": bundle_files}


def print_page(call: Call) -> None:
    from adapters.pages.html import html_page, inlined
    from adapters.pages.pdf import SCHEME, pdf_of
    from adapters.pages.word import word_file

    asked = call.read(PrintCall)
    pictures = {name: call.scratch / file for name, file in asked.pictures.items()}

    def page(picture: Callable[[Path], str]) -> str:
        return html_page(asked.markdown, pictures, asked.title, asked.language, picture)

    def named(file: Path) -> str:
        return SCHEME + file.name

    (call.scratch / asked.html).write_text(page(inlined), encoding="utf-8")
    (call.scratch / asked.docx).write_bytes(word_file(asked.markdown, pictures, asked.title))
    files = {file.name: file for file in pictures.values()}
    (call.scratch / asked.pdf).write_bytes(pdf_of(page(named), files))


def bundle_files(call: Call) -> None:
    from adapters.pages.bundling import bundle

    asked = call.read(BundleCall)
    members = [(name, call.scratch / file) for name, file in asked.members]
    bundle(members, call.scratch / asked.target)
