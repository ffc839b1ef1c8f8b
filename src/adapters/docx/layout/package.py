"""The parts of a document by what points at them; marked parts stand in for their files."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.docx.package import Package, Relationship
from adapters.docx.wordml import Element, parse
from domain.documents.refusals import TemplateRefused


@dataclass(slots=True)
class Parts:
    """Reads parts once, when asked. A part that cannot be read is as good as absent."""

    package: Package
    marked: Mapping[str, Element] = field(default_factory=dict)
    _roots: dict[str, Element | None] = field(init=False, default_factory=dict)
    _relations: dict[str, dict[str, Relationship]] = field(init=False, default_factory=dict)

    def root(self, name: str | None) -> Element | None:
        """The root element of an XML part, or None where there is none to read."""
        if name is None:
            return None
        if name not in self._roots:
            self._roots[name] = self._parse(name)
        return self._roots[name]

    def relations(self, part: str) -> Mapping[str, Relationship]:
        """What a part points at, by id; internal targets as members of the archive."""
        if part not in self._relations:
            self._relations[part] = self._resolve(part)
        return self._relations[part]

    def first(self, part: str, kind: str) -> str | None:
        """The first internal target of a kind that exists; "" asks the package itself."""
        for relation in self.relations(part).values():
            if relation.kind == kind and not relation.external and self.has(relation.target):
                return relation.target
        return None

    def has(self, name: str) -> bool:
        return name in self.package.archive

    def _parse(self, name: str) -> Element | None:
        if name in self.marked:
            return self.marked[name]
        if not self.has(name):
            return None
        try:
            return parse(self.package.archive.read(name), name)
        except TemplateRefused:
            return None

    def _resolve(self, part: str) -> dict[str, Relationship]:
        try:
            found = self.package.relationships(part)
        except TemplateRefused:
            return {}
        return {
            relation.id: relation
            if relation.external
            else Relationship(
                relation.id,
                relation.kind,
                self.package.part(relation.target) or relation.target,
                external=False,
            )
            for relation in found
        }
