"""What goes to a printing child; files are names inside the scratch folder."""

import msgspec


class PrintCall(msgspec.Struct):
    """`pictures` are files by the names the page has for them."""

    title: str
    markdown: str
    language: str
    pictures: dict[str, str]
    html: str = "note.html"
    docx: str = "note.docx"
    pdf: str = "note.pdf"


class BundleCall(msgspec.Struct):
    """`members` are files by their names in the archive, in order."""

    members: list[tuple[str, str]]
    target: str = "bundle.zip"
