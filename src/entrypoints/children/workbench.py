"""Templates as a child holds them: compiled once, drawn by whatever engine a row asks for."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from adapters.docx.filler import Filler
from adapters.docx.layout.drawable import Drawable, drawable
from adapters.docx.marked import mark_template
from adapters.docx.options import FillOptions as DocxFillOptions
from adapters.docx.options import TemplateOptions
from adapters.docx.pictures import BadValue, Resolver
from adapters.docx.template import CompiledTemplate, compile_template
from adapters.rendering.messages import TemplateFile
from adapters.runtime.typefaces.book import font_book
from adapters.runtime.typefaces.typography import Typography
from domain.documents.fields import TemplateField
from domain.documents.row_values import is_web_address
from domain.documents.run_options import FillOptions
from domain.documents.template_version import Syntaxes

KEPT: Final = 8  # templates a child remembers
_MONTH_FIRST: Final = ("en-us", "en_us")


@dataclass(slots=True, kw_only=True)
class HeldTemplate:
    """`data` is the document as it was uploaded."""

    data: bytes = field(repr=False)
    compiled: CompiledTemplate
    options: TemplateOptions
    _drawable: Drawable | None = None

    def drawable(self) -> Drawable:
        """Its layout with open places, its pictures and its grade; read when first asked for."""
        if self._drawable is None:
            self._drawable = drawable_of(self.data, self.options)
        return self._drawable

    def filler(
        self,
        options: FillOptions,
        fields: tuple[TemplateField, ...],
        resolver: Resolver,
    ) -> Filler:
        """Raises TemplateHasErrors, LocaleUnknown."""
        return Filler(self.compiled, docx_options(options, fields), resolver)


@dataclass(slots=True)
class Workbench:
    """The templates at hand, the least recently used forgotten first."""

    _held: "OrderedDict[tuple[str, Syntaxes], HeldTemplate]" = field(default_factory=OrderedDict)

    def knows(self, template: TemplateFile) -> bool:
        return (template.sha256, template.syntaxes) in self._held

    def open(self, template: TemplateFile, scratch: Path) -> HeldTemplate:
        """From memory, or from its file. Raises a TemplateRefused."""
        key = (template.sha256, template.syntaxes)
        if key in self._held:
            self._held.move_to_end(key)
        else:
            self.keep(hold((scratch / template.file).read_bytes(), template.syntaxes))
        return self._held[key]

    def keep(self, held: HeldTemplate) -> None:
        options = held.options
        syntaxes = Syntaxes(
            merge_fields=options.merge_fields,
            content_controls=options.content_controls,
            form_fields=options.form_fields,
        )
        self._held[held.compiled.sha256, syntaxes] = held
        if len(self._held) > KEPT:
            self._held.popitem(last=False)


def drawable_of(data: bytes, options: TemplateOptions) -> Drawable:
    return drawable(mark_template(data, options), Typography(font_book()))


def hold(data: bytes, syntaxes: Syntaxes) -> HeldTemplate:
    """Raises TemplateTooLarge or a TemplateRefused."""
    options = TemplateOptions(
        merge_fields=syntaxes.merge_fields,
        content_controls=syntaxes.content_controls,
        form_fields=syntaxes.form_fields,
    )
    return HeldTemplate(data=data, compiled=compile_template(data, options), options=options)


def resolver_of(scratch: Path, assets: Mapping[str, str], missing: Mapping[str, str]) -> Resolver:
    """The bytes of a file that a row names; only those the parent put into the scratch folder."""

    def resolve(reference: str) -> bytes:
        name = assets.get(reference)
        if name is not None:
            return (scratch / name).read_bytes()
        if is_web_address(reference):
            reason = missing.get(reference, "web addresses are not followed in this workspace")
            raise BadValue("documents.picture-not-fetched", reason)
        raise BadValue("documents.bad-asset-reference", "it names no file of this workspace")

    return resolve


def docx_options(options: FillOptions, fields: tuple[TemplateField, ...]) -> DocxFillOptions:
    return DocxFillOptions(
        locale=options.locale,
        missing=options.missing,
        day_first=not options.locale.lower().startswith(_MONTH_FIRST),
        fields=fields,
    )
