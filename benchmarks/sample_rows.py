"""Rows for the sample templates, the same in every run."""

from collections.abc import Iterator

FIRST = ("Ada", "Bo", "Cleo", "Dmitri", "Élodie", "Fatma", "Gürkan", "Hana", "Ivo", "José")
LAST = (
    "O'Brien", "Müller & Søn", "Smith", "Nguyễn", "García-López", "Kowalski", "Åström", "Test",
    "Okafor", "Tanaka", "Dubois",
)  # fmt: skip
COLUMNS = (
    "ref", "company", "first_name", "last_name", "address", "city", "postcode", "date", "product",
    "amount", "due_date", "agent",
)  # fmt: skip
# what a sheet may hold and a letter must show as it is
ODD = {
    40: {"last_name": "<script>alert(1)</script>"},
    80: {"company": "R&D <Dublin> \"Ltd\" 'A'"},
    120: {"last_name": "{{ agent }} {% for %}"},
    160: {"product": '=HYPERLINK("https://example.com","Home")'},
    200: {"address": "Flat 3\nThe Old Mill\nLong Acre Road"},
    240: {"first_name": "نادية", "last_name": "العربي"},
    280: {"first_name": "山田", "last_name": "太郎"},
    320: {"agent": "Nora 🖋️ Quinn"},
    360: {"ref": "../../etc/passwd"},
    400: {"city": "Cork\u200b\u202egalway"},
    440: {"last_name": "@SUM(1+1)*cmd|' /C calc'!A0"},
}
# what no letter can be made of
BAD = {
    57: {"last_name": ""},
    113: {"due_date": "31 February 2026"},
    171: {"amount": "a lot"},
    229: {"ref": "", "city": "  "},
    311: {"date": "2026-13-01"},
    389: {"amount": "12,34,5"},
    467: {"first_name": "", "due_date": "soon"},
}


def people(count: int = 500, *, spoilt: bool = True) -> Iterator[dict[str, str]]:
    """Rows for the letter; the spoilt ones are the same in every run."""
    for i in range(count):
        row = {
            "ref": f"REF-2026-{i:06d}",
            "company": "Acme & Sons",
            "first_name": FIRST[i % 10],
            "last_name": LAST[(i // 3) % 11],
            "address": f"{i % 400 + 1} Long Acre Road, Flat {i % 7}",
            "city": ("Dublin", "Cork", "Galway")[i % 3],
            "postcode": f"D{i % 24:02d} X{i % 999:03d}",
            "date": "2026-03-14",
            "product": ("Home Plus", "Motor Basic", "Travel Gold")[i % 3],
            "amount": f"{i * 3.17 % 5000:.2f}",
            "due_date": f"2026-04-{i % 28 + 1:02d}",
            "agent": "Nora Quinn",
        }
        if spoilt:
            row |= ODD.get(i, {}) | BAD.get(i, {})
        yield row


CONTRACT_FIELDS = (
    "contract_no", "seller_name", "seller_address", "seller_city", "seller_country",
    "seller_vat", "seller_rep", "buyer_name", "buyer_address", "buyer_city", "buyer_country",
    "buyer_vat", "buyer_rep", "product", "currency", "vat_rate", "delivery_place", "incoterm",
    "payment_terms", "bank", "iban", "bic", "warranty_months", "penalty_rate", "penalty_cap",
    "notice_days", "law", "court", "language", "copies", "sign_place", "seller_title",
    "buyer_title",
)  # fmt: skip


def contract_row(i: int, items: int = 8) -> dict[str, object]:
    row: dict[str, object] = {
        name: f"{name.replace('_', ' ').title()} {i}" for name in CONTRACT_FIELDS
    }
    lines = []
    for j in range(items):
        price, quantity = (i + j) % 97 + 0.5, j + 1
        lines.append(
            {
                "name": f"Item {j} of {i}",
                "quantity": str(quantity),
                "price": f"{price:.2f}",
                "amount": f"{price * quantity:.2f}",
            }
        )
    total = sum(float(line["amount"]) for line in lines)
    return row | {
        "version": "2",
        "date": "2026-03-14",
        "sign_date": "2026-03-20",
        "delivery_date": "2026-05-02",
        "items": lines,
        "total": f"{total:.2f}",
        "vat_amount": f"{total * 0.23:.2f}",
        "grand_total": f"{total * 1.23:.2f}",
    }


def certificate_row(i: int) -> dict[str, object]:
    return {
        "recipient": f"{FIRST[i % 10]} {LAST[i % 11]}",
        "course": "Safe use of ladders",
        "hours": "12",
        "date": "2026-03-14",
        "grade": "A",
        "instructor": "I. Structor",
        "director": "D. Rector",
        "serial": f"C-{i:07d}",
    }
