"""Makes the sample templates and the sheet that ship with the `atelier` command, byte for byte.

Run from the checkout: .venv/bin/python benchmarks/make_samples.py
"""

import csv
import json
from pathlib import Path
from typing import Any

from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm
from sample_rows import COLUMNS, certificate_row, contract_row, people
from sample_writer import Writer

FOLDER = Path(__file__).parents[1] / "src/entrypoints/cli/samples/documents"

LETTER = {
    "date": '{{ date | date("d MMMM yyyy") }}',
    "amount": '{{ amount | currency("EUR") }}',
    "due_date": '{{ due_date | date("d MMMM yyyy") }}',
}
CONTRACT = {
    "date": '{{ date | date("d MMMM yyyy") }}',
    "sign_date": '{{ sign_date | date("d MMMM yyyy") }}',
    "delivery_date": '{{ delivery_date | date("d MMMM yyyy") }}',
    "total": "{{ total | number(2) }}",
    "vat_amount": "{{ vat_amount | number(2) }}",
    "grand_total": "{{ grand_total | number(2) }}",
}
CERTIFICATE = {"date": '{{ date | date("d MMMM yyyy") }}'}


def letter(syntax: str = "tag") -> Writer:
    """`syntax` is ours, or merge fields or {braces} for the tools the benchmarks compare with."""
    writer = Writer(LETTER, font="Calibri", syntax=syntax)
    section = writer.page(210, 297)
    writer.write("Reference [[ref]]\t\tACME Insurance Ltd", into=section.header.paragraphs[0])
    footer = "[[company!]] — 12 Harbour Street, Dublin — page 1"
    writer.write(footer, into=section.footer.paragraphs[0], align="CENTER", size=8)
    writer.logo(4.5)
    writer.write("[[first_name]] [[last_name!]]")
    writer.write("[[address]]")
    writer.write("[[postcode]] [[city!]]")
    writer.write("[[date]]", align="RIGHT")
    writer.write("Dear [[first_name!]] [[last_name]],")
    writer.write("**Subject: your [[product]] policy**")
    for text in (_CONFIRMATION, _PAYMENT, _PRIVACY):
        writer.write(text, align="JUSTIFY")
    for text in (
        "Keep this letter for your records.",
        "Check that your address is right: **[[address]]**.",
        "Call us if anything is unclear.",
    ):
        writer.write(text, style="List Bullet")
    writer.write("Yours sincerely,")
    writer.write("")
    writer.write("[[agent!]]", bold=True)
    writer.write("Customer service, [[company]]")
    return writer


_CONFIRMATION = (
    "Thank you for choosing [[product!]]. We are writing to confirm that the amount of "
    "[[amount!]] is due on [[due_date]]. Please make sure that the payment reaches our account "
    "before that date, quoting the reference [[ref!]]."
)
_PAYMENT = (
    "If you have already paid, you can safely ignore this letter. Otherwise you may pay by bank "
    "transfer, by card through our customer portal, or at any of our branches during normal "
    "opening hours. Late payments may lead to an interruption of your cover, which we would both "
    "like to avoid."
)
_PRIVACY = (
    "We remind you that your personal data are processed in agreement with our privacy notice, "
    "and that you can at any time ask for a copy, a correction or the deletion of the data that "
    "we hold about you."
)
_CLAUSE = (
    "The Seller shall deliver the Goods in conformity with the specifications set out in this "
    "Agreement and shall bear all risks until the Goods have been placed at the disposal of the "
    "Buyer. Each party shall keep confidential all information received from the other party "
    "which is marked as confidential or which by its nature ought to be regarded as confidential. "
    "Neither party shall be liable for failure to perform its obligations where such failure "
    "results from events beyond its reasonable control, provided that it notifies the other "
    "party without undue delay. "
)
_DELIVERY = "Delivery takes place on [[delivery_date]] at [[delivery_place!]] ([[incoterm]])."
_WARRANTY = (
    "The warranty lasts [[warranty_months]] months; the penalty is [[penalty_rate]] a week up to "
    "[[penalty_cap!]]."
)
_LAW = (
    "This agreement is under the law of [[law]]; the courts of [[court]] have jurisdiction; "
    "language [[language]]; [[copies]] copies."
)
_SECTIONS = (
    ("Subject", "The Seller sells [[product!]] to the Buyer on the terms below."),
    ("Delivery", _DELIVERY),
    ("Payment", "Payment within [[payment_terms]] to [[bank]], IBAN [[iban!]], BIC [[bic]]."),
    ("Warranty", _WARRANTY),
    ("Termination", "Either party may terminate with [[notice_days]] days of notice."),
    ("Law", _LAW),
)


def contract() -> Writer:
    writer = Writer(CONTRACT, font="Calibri")
    section = writer.page(210, 297)
    header = section.header.paragraphs[0]
    writer.write("Contract [[contract_no]]\tv[[version]]\t[[date!]]", into=header)
    footer = section.footer.paragraphs[0]
    writer.write("[[seller_name]] / [[buyer_name!]] — page ", into=footer)
    writer.page_number(footer)
    writer.logo(6)
    writer.document.add_heading("Sale and purchase agreement", 0)
    writer.write(
        "Between [[seller_name!]], [[seller_address]], [[seller_city]], [[seller_country]], VAT "
        "[[seller_vat!]], represented by [[seller_rep]] ([[seller_title]]), the **Seller**, and",
        align="JUSTIFY",
    )
    writer.write(
        "[[buyer_name]], [[buyer_address]], [[buyer_city!]], [[buyer_country]], VAT "
        "[[buyer_vat]], represented by [[buyer_rep!]] ([[buyer_title]]), the **Buyer**.",
        align="JUSTIFY",
    )
    for number, (title, text) in enumerate(_SECTIONS, 1):
        _contract_section(writer, number, title, text)
    writer.write("Signed at [[sign_place]] on [[sign_date!]].")
    table = writer.document.add_table(rows=2, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "For the Seller", "For the Buyer"
    writer.write("[[seller_rep]]", into=table.cell(1, 0).paragraphs[0])
    writer.write("[[buyer_rep]]", into=table.cell(1, 1).paragraphs[0])
    return writer


def _contract_section(writer: Writer, number: int, title: str, text: str) -> None:
    writer.document.add_heading(f"{number}. {title}", 1)
    writer.write(text, align="JUSTIFY")
    if number == 1:
        _items(writer)
        writer.write(
            "VAT [[vat_rate]]: [[vat_amount]] [[currency]]; grand total "
            "**[[grand_total!]] [[currency]]**."
        )
    for clause in (1, 2):
        writer.write(f"{number}.{clause}  {_CLAUSE * clause}".rstrip(), align="JUSTIFY")
    for which in ("first", "second", "third"):
        style = "List Bullet" if number % 2 else "List Number"
        writer.write(f"The {which} condition of section {number} is agreed.", style=style)


def _items(writer: Writer) -> None:
    table = writer.document.add_table(rows=1, cols=4)
    table.style, table.alignment = "Light Grid Accent 1", WD_TABLE_ALIGNMENT.CENTER
    for texts in (
        ("Item", "Quantity", "Unit price", "Amount"),
        ("{%tr for item in items %}",),
        ("{{ item.name }}", "{{ item.quantity }}", "{{ item.price }}", "{{ item.amount }}"),
        ("{%tr endfor %}",),
        ("Total",),
    ):
        row = table.rows[0] if texts[0] == "Item" else table.add_row()
        for cell, text in zip(row.cells, texts, strict=False):
            cell.text = text
    total = table.rows[-1].cells[3].paragraphs[0]
    writer.write("[[total!]] [[currency]]", into=total, bold=True)


def certificate() -> Writer:
    writer = Writer(CERTIFICATE, font="Cambria")
    section = writer.page(297, 210)
    for side in ("left", "right", "top", "bottom"):
        setattr(section, f"{side}_margin", Cm(2))
    _page_border(section)
    paragraph = writer.document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    writer.logo(5, paragraph)
    title = {"size": 34, "bold": True, "color": "1F4E79"}
    writer.write("CERTIFICATE OF COMPLETION", align="CENTER", **title)
    writer.write("This is to certify that", align="CENTER", size=16)
    writer.write("[[recipient!]]", align="CENTER", size=30, bold=True)
    writer.write(
        "has completed the course [[course!]] of [[hours]] hours with the grade [[grade]]",
        align="CENTER",
        size=16,
    )
    writer.write("on [[date]]", align="CENTER", size=14)
    table = writer.document.add_table(rows=2, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for column, name in enumerate(("instructor", "director")):
        above, below = table.cell(0, column), table.cell(1, column)
        writer.write(f"[[{name}]]", into=above.paragraphs[0], align="CENTER", size=14, bold=True)
        writer.write(name.title(), into=below.paragraphs[0], align="CENTER", size=10)
        _line_above(below)
    writer.write("Serial [[serial!]]", align="RIGHT", size=9)
    return writer


def _page_border(section: Any) -> None:
    borders = OxmlElement("w:pgBorders")
    borders.set(qn("w:offsetFrom"), "page")
    for side in ("top", "left", "bottom", "right"):
        borders.append(_border(side, val="double", sz="24", space="24", color="1F4E79"))
    section._sectPr.find(qn("w:pgMar")).addnext(borders)


def _line_above(cell: Any) -> None:
    borders = OxmlElement("w:tcBorders")
    borders.append(_border("top", val="single", sz="8", color="808080"))
    cell._tc.get_or_add_tcPr().append(borders)


def _border(side: str, **attributes: str) -> Any:
    element = OxmlElement(f"w:{side}")
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    return element


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for make in (letter, contract, certificate):
        path = FOLDER / f"{make.__name__}.docx"
        make().save(path)
        print(f"{path.name}: {path.stat().st_size:,} bytes")
    with (FOLDER / "people.csv").open("w", encoding="utf-8", newline="") as file:
        sheet = csv.DictWriter(file, COLUMNS)
        sheet.writeheader()
        sheet.writerows(people())
    for name, row in (("contract", contract_row(1)), ("certificate", certificate_row(1))):
        text = json.dumps(row, indent=2, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
