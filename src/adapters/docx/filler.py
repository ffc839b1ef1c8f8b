"""Fills a compiled template: a row's bindings, its document, or what follows the prefix."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adapters.docx.deflating import checksum_by, deflate_by
from adapters.docx.evaluate import Evaluator
from adapters.docx.flat import FlatWriter
from adapters.docx.formats import BadFormat, locale_of
from adapters.docx.options import DEFAULT_FILL, FillOptions
from adapters.docx.pictures import Resolver
from adapters.docx.program import is_flat
from adapters.docx.render import Document, PartWriter, media_name
from adapters.docx.template import CompiledTemplate
from adapters.docx.zipping import Packed, end_of_archive, stored
from domain.documents.bindings import Bindings
from domain.documents.problems import TemplateHasErrors, counted
from domain.documents.rows import RowInvalid, RowProblem
from domain.kernel.errors import Invalid

Row = Mapping[str, object]


class LocaleUnknown(Invalid):
    code = "documents.locale-unknown"


@dataclass(frozen=True, slots=True)
class Tail:
    """What follows the template's prefix in one document.

    `crc` and `size` are those of the whole document, prefix included.
    """

    content: bytes
    crc: int
    size: int


class Filler:
    """A template with its options; fills any number of rows. `prefix` begins every document."""

    def __init__(
        self,
        template: CompiledTemplate,
        options: FillOptions = DEFAULT_FILL,
        resolver: Resolver | None = None,
    ) -> None:
        """Raises TemplateHasErrors, LocaleUnknown."""
        _require_usable(template, options)
        self.template, self.options = template, options
        self._evaluator = Evaluator(template.marks, options, template.limits, resolver)
        self._deflate, self._checksum = deflate_by(options.deflate), checksum_by()
        self._whole = template.has_subdocuments()
        self.prefix = b"" if self._whole else template.prefix
        self._prefix_crc = 0 if self._whole else template.prefix_crc
        self._flat = self._flat_writer()

    def evaluate(self, row: Row) -> Bindings:
        """What every output of this row is made of. Raises RowInvalid, DocumentTooLarge."""
        return self._evaluator.evaluate(row)

    def check(self, row: Row) -> tuple[RowProblem, ...]:
        """Everything wrong with a row, without making its document. Raises DocumentTooLarge."""
        try:
            self._evaluator.evaluate(row)
        except RowInvalid as invalid:
            return invalid.problems
        return ()

    def fill(self, row: Row) -> bytes:
        """A whole DOCX. Raises RowInvalid, DocumentTooLarge."""
        return self.prefix + self._rest(row)

    def fill_bindings(self, bindings: Bindings) -> bytes:
        """A whole DOCX of bindings that `evaluate` made: the same bytes as of their row."""
        if self._flat is None:
            return self.prefix + self._written(bindings)
        return self.prefix + self._assembled(self._flat.members_of(bindings))

    def tail(self, row: Row) -> Tail:
        """As `fill`, for writers that have put the prefix down already."""
        content = self._rest(row)
        crc = self._checksum(content, self._prefix_crc)
        return Tail(content, crc, len(self.prefix) + len(content))

    def _rest(self, row: Row) -> bytes:
        if self._flat is None:
            return self._written(self._evaluator.evaluate(row))
        turn = self._evaluator.turn()
        members = self._flat.members(row, turn)
        if turn.problems:
            raise RowInvalid(turn.problems)
        return self._assembled(members)

    def _written(self, bindings: Bindings) -> bytes:
        template = self.template
        document = Document(template.first_number, template.limits.output)
        placeholder = f"\ue000{template.sha256[:24]}:"
        members = list(self._members(bindings, document, placeholder))
        members += [
            stored(media_name(picture), picture.content) for picture in document.media.values()
        ]
        content = self._assembled(members)
        if not self._whole:
            return content
        from adapters.docx.subdocuments import insert_subdocuments  # half a second, seldom needed

        whole = template.prefix + content
        return insert_subdocuments(whole, placeholder, document.subdocuments, template.limits)

    def _members(
        self, bindings: Bindings, document: Document, placeholder: str
    ) -> Iterator[Packed]:
        for part in self.template.parts:
            writer = PartWriter(document, placeholder)
            yield self._deflated(part.name, writer.write(part.program, bindings))
            if part.relationships:
                content = part.known + writer.relationships() + b"</Relationships>"
                yield self._deflated(part.relationships, content)

    def _deflated(self, name: str, content: bytes) -> Packed:
        data = self._deflate(content)
        return Packed(name.encode(), 8, self._checksum(content), len(content), data)

    def _assembled(self, members: list[Packed]) -> bytes:
        template = self.template
        offset = len(template.prefix)
        written: list[bytes] = []
        records = [template.directory]
        for member in members:
            written += (member.header(), member.data)
            records.append(member.record(offset))
            offset += member.span()
        directory = b"".join(records)
        count = template.constants + len(members)
        return b"".join((*written, directory, end_of_archive(count, len(directory), offset)))

    def _flat_writer(self) -> FlatWriter | None:
        template = self.template
        flat = all(is_flat(part.program) and not part.relationships for part in template.parts)
        if not flat or self._whole:
            return None
        return FlatWriter(
            template.parts,
            self._evaluator.root.fields,
            self._deflate,
            presegment=self.options.presegment,
            constant=len(template.prefix) + len(template.directory),
            largest=template.limits.output,
        )


def _require_usable(template: CompiledTemplate, options: FillOptions) -> None:
    errors = template.errors()
    if errors:
        raise TemplateHasErrors(
            f"The template has {counted(errors)}; the first: {errors[0].message}",
            problems=[problem.code for problem in errors],
        )
    try:
        locale_of(options.locale)
    except BadFormat as bad:
        raise LocaleUnknown(str(bad)) from bad
