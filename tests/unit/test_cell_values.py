"""Numbers, dates and answers are read as people of a place write them, and nothing is guessed."""

# ruff: noqa: DTZ001 - the times of a sheet are in no zone
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.documents.cell_values import (
    DEFAULT_LOCALE,
    CellLocale,
    shown,
    to_boolean,
    to_date,
    to_number,
)
from domain.documents.sheet import Cell

GERMAN, AMERICAN = CellLocale.of("de-AT"), CellLocale.of("en_US")


@pytest.mark.parametrize(
    ("tag", "decimal", "order"),
    [
        (None, ".", "dmy"),
        ("", ".", "dmy"),
        ("tlh", ".", "dmy"),
        ("en", ".", "dmy"),
        ("en-US", ".", "mdy"),
        ("de", ",", "dmy"),
        ("de-CH", ".", "dmy"),
        ("pt_BR", ",", "dmy"),
        ("ja-JP", ".", "ymd"),
        ("hu", ",", "ymd"),
    ],
)
def test_a_language_tells_how_cells_are_written(tag: str | None, decimal: str, order: str) -> None:
    assert CellLocale.of(tag) == CellLocale(decimal=decimal, date_order=order)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("1234.50", "1234.50"),
        ("1,234.5", "1234.5"),
        ("1,234,567", "1234567"),
        ("12,34,567.8", "1234567.8"),
        ("1 234.5", "1234.5"),
        ("1\u202f234", "1234"),
        ("1'234.5", "1234.5"),
        ("-5", "-5"),
        ("\u22125", "-5"),
        ("5-", "-5"),
        ("+5", "5"),
        ("(5.00)", "-5.00"),
        ("$1,234.00", "1234.00"),
        ("US$ 5", "5"),
        ("-$5", "-5"),
        ("EUR 12", "12"),
        ("12 EUR", "12"),
        ("12.5 €", "12.5"),
        ("12.5 %", "0.125"),
        ("1.5e3", "1500"),
        (".5", "0.5"),
        ("5.", "5"),
        ("٣٤", "34"),
        ("00123", "123"),
    ],
)
def test_numbers_with_a_point(text: str, number: str) -> None:
    assert to_number(text, DEFAULT_LOCALE) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.234,56", "1234.56"),
        ("1.234", "1234"),
        ("1234,5", "1234.5"),
        ("1 234,5 €", "1234.5"),
        ("€ -5,00", "-5.00"),
        ("12,5%", "0.125"),
        ("1,5e3", "1500"),
    ],
)
def test_numbers_with_a_comma(text: str, number: str) -> None:
    assert to_number(text, GERMAN) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        *("", "abc", "1.234,56", "1,50", "1,2,3", "1.2.3", "12 pcs", "1 2", "--5", "0x10", "NaN"),
        *("Infinity", "1_000", "12EUR34", ".", ",", "-", "()", "%", "€", "1e9999", "9" * 61, "²"),
    ],
)
def test_what_is_no_number_here_is_none(text: str) -> None:
    assert to_number(text, DEFAULT_LOCALE) is None


@pytest.mark.parametrize(
    ("cell", "number"), [(5, "5"), (5.0, "5"), (0.1 + 0.2, "0.3"), (1e300, None), (1.07, "1.07")]
)
def test_cells_that_are_numbers_keep_what_people_see(cell: float, number: str | None) -> None:
    found = to_number(cell, DEFAULT_LOCALE)

    assert found is not None
    assert number is None or str(found) == number


@pytest.mark.parametrize(
    "cell", [True, None, float("inf"), float("nan"), date(2026, 1, 1), time(1)]
)
def test_other_cells_are_no_numbers(cell: Cell) -> None:
    assert to_number(cell, DEFAULT_LOCALE) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-12-31", "2026-12-31"),
        ("31/12/2026", "2026-12-31"),
        ("31.12.2026", "2026-12-31"),
        ("31. 12. 2026", "2026-12-31"),
        ("3-4-26", "2026-04-03"),
        ("3/4/69", "1969-04-03"),
        ("2026/12/31", "2026-12-31"),
        ("31 December 2026", "2026-12-31"),
        ("Dec 31, 2026", "2026-12-31"),
        ("December 31st, 2026", "2026-12-31"),
        ("31-Dec-2026", "2026-12-31"),
        ("Thursday, 31 December 2026", "2026-12-31"),
        ("31. Dezember 2026", "2026-12-31"),
        ("1. März 2026", "2026-03-01"),
        ("1er février 2026", "2026-02-01"),
        ("31 de diciembre de 2026", "2026-12-31"),
        ("2026-12-31T14:30:05Z", "2026-12-31 14:30:05"),
        ("31/12/2026 14:30", "2026-12-31 14:30:00"),
        ("31/12/2026, 2:30 PM", "2026-12-31 14:30:00"),
        ("31/12/2026 12:00 am", "2026-12-31 00:00:00"),
        ("29/02/2028", "2028-02-29"),
    ],
)
def test_dates_day_first(text: str, day: str) -> None:
    assert str(to_date(text, DEFAULT_LOCALE)) == day


@pytest.mark.parametrize(
    "text",
    [
        *("", "31/13/2026", "29/02/2026", "12/31/2026", "2026-13-01", "46022", "tomorrow"),
        *("31/12", "31/12/026", "0/1/2026", "1 jui 2026", "December 2026", "31/12/2026 25:00"),
        *("31/12/2026 14:30 PM", "2026", "1/2/3/4", "9" * 70, "2026-12-31T", "-1-1-2026"),
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert to_date(text, DEFAULT_LOCALE) is None


def test_the_order_of_day_and_month_is_the_places() -> None:
    assert to_date("3/4/2026", DEFAULT_LOCALE) == date(2026, 4, 3)
    assert to_date("3/4/2026", AMERICAN) == date(2026, 3, 4)
    assert to_date("26/3/4", CellLocale.of("ja")) == date(2026, 3, 4)


def test_dates_of_workbooks_come_through() -> None:
    assert to_date(datetime(2026, 1, 2), DEFAULT_LOCALE) == date(2026, 1, 2)
    assert to_date(datetime(2026, 1, 2, 3), DEFAULT_LOCALE) == datetime(2026, 1, 2, 3)
    assert to_date(date(2026, 1, 2), DEFAULT_LOCALE) == date(2026, 1, 2)
    assert to_date(46022, DEFAULT_LOCALE) is None


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        *(("Yes", True), ("ja", True), ("Oui", True), ("sí", True), ("x", True), (True, True)),
        *((1, True), (1.0, True), ("☒", True), ("VRAI", True), ("no", False), ("Nein", False)),
        *((0, False), (False, False), ("☐", False), ("não", False)),
        *(("", None), ("perhaps", None), (2, None), (None, None), ("-", None)),
    ],
)
def test_yes_and_no(cell: Cell, answer: object) -> None:
    assert to_boolean(cell) is answer


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (5.0, "5"),
        (0.1 + 0.2, "0.3"),
        (1234567890123456.0, "1234567890123456"),
        (1e22, "10000000000000000000000"),
        (True, "TRUE"),
        (None, ""),
        (datetime(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4), "2026-01-02 03:04:00"),
        (time(3, 4), "03:04:00"),
        ("00123", "00123"),
    ],
)
def test_cells_are_shown_as_people_see_them(cell: Cell, text: str) -> None:
    assert shown(cell) == text


@given(st.text(max_size=70) | st.text("0123456789.,-/ €%(eEDec'", max_size=40))
def test_no_text_upsets_the_reading(text: str) -> None:
    for locale in (DEFAULT_LOCALE, GERMAN, AMERICAN):
        number, day = to_number(text, locale), to_date(text, locale)

        assert number is None or number.is_finite()
        assert day is None or isinstance(day, date)


@given(st.decimals(-(10**12), 10**12, places=2))
def test_a_number_written_in_a_place_is_read_there(number: Decimal) -> None:
    american = f"{number:,.2f}"
    german = american.translate(str.maketrans(",.", ".,"))

    assert to_number(american, AMERICAN) == to_number(german, GERMAN) == number


@given(st.dates())
def test_a_date_written_in_a_place_is_read_there(day: date) -> None:
    year = f"{day.year:04}"

    assert to_date(f"{day.day}.{day.month}.{year}", GERMAN) == day
    assert to_date(f"{day.month}/{day.day}/{year}", AMERICAN) == day
    assert to_date(day.isoformat(), AMERICAN) == day
