"""What counts as a field in a template, chosen when it is uploaded."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateOptions:
    merge_fields: bool = True
    content_controls: bool = True
    form_fields: bool = False  # Word's legacy forms, which are often left over and meant for people


DEFAULT_OPTIONS = TemplateOptions()
