"""Choices: what counts as a field in a template, and how rows are written into it."""

from dataclasses import dataclass

from domain.documents.fields import TemplateField
from domain.documents.rows import MissingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateOptions:
    merge_fields: bool = True
    content_controls: bool = True
    form_fields: bool = False  # Word's legacy forms, which are often left over and meant for people


@dataclass(frozen=True, slots=True, kw_only=True)
class FillOptions:
    """`fields` are the template's fields as people edited them; without any, as inferred."""

    locale: str = "en"
    missing: MissingPolicy = MissingPolicy.ERROR
    day_first: bool = True  # 03/04/2026 is the third of April
    fields: tuple[TemplateField, ...] = ()
    deflate: str = "libdeflate"  # or isal (faster, larger), zlib (always there)
    presegment: bool = True  # deflate a template's constant text once where that costs little size


DEFAULT_OPTIONS = TemplateOptions()
DEFAULT_FILL = FillOptions()
