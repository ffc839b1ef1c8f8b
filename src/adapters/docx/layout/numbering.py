"""Lists: what `numbering.xml` says of levels, and which of them a paragraph belongs to."""

from dataclasses import dataclass, field, replace
from typing import Final

from adapters.docx.layout.names import W, attr, child, children, number, on_off, val
from adapters.docx.layout.paragraph_formats import paragraph_said
from adapters.docx.layout.styles import StyleSheet
from adapters.docx.layout.text_formats import Said, text_said
from adapters.docx.wordml import Element
from domain.documents.layout.pages import Level, Sequence

LEVELS: Final = 9
_SYMBOLS: Final = {
    "\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "➢", "\uf0fc": "✓", "\uf0a8": "◊", "\uf06f": "□",
    "\uf0e0": "→", "\uf0a2": "○", "\uf076": "❖", "\uf0f0": "⇨", "\uf02d": "-", "\uf06e": "■",
    "\uf071": "❑", "\uf0be": "–", "\uf0ae": "→", "\uf0d7": "◆", "\uf0e8": "➔",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListLevel:
    """One level as it is drawn."""

    level: Level
    paragraph: Said
    text: Said
    suffix: str
    align: str
    picture: bool = False


@dataclass(frozen=True, slots=True)
class ListDefinition:
    name: str
    levels: tuple[ListLevel, ...]
    continues: str = ""
    starts: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Numbering:
    """Definitions by `numId`, and those that were used."""

    definitions: dict[str, ListDefinition] = field(default_factory=dict)
    _style_levels: dict[tuple[str, str], int] = field(default_factory=dict)
    used: dict[str, Sequence] = field(default_factory=dict)

    def find(self, said: Element | None, style_id: str) -> tuple[ListDefinition, int] | None:
        """The list and level of a `w:numPr`; a style may be bound to a level by its id."""
        list_id = val(said, "numId")
        definition = self.definitions.get(list_id or "")
        if definition is None or not definition.levels:
            return None
        level = number(val(said, "ilvl"))
        if level is None:
            level = self._style_levels.get((list_id or "", style_id), 0)
        return definition, min(max(int(level), 0), len(definition.levels) - 1)

    def use(self, definition: ListDefinition) -> None:
        if definition.name not in self.used:
            self.used[definition.name] = Sequence(
                definition.name,
                tuple(level.level for level in definition.levels),
                definition.continues,
                definition.starts,
            )
            base = self.definitions.get(definition.continues)
            if base is not None and base.name != definition.name:
                self.use(base)


def read_numbering(root: Element | None, sheet: StyleSheet) -> Numbering:
    """All lists of a numbering part; none without one."""
    numbering = Numbering()
    if root is None:
        return numbering
    abstracts = {attr(item, "abstractNumId"): item for item in children(root, W + "abstractNum")}
    pictures = {attr(item, "numPicBulletId") for item in children(root, W + "numPicBullet")}
    first_of: dict[str, str] = {}
    for item in children(root, W + "num"):
        list_id = attr(item, "numId") or ""
        abstract = _abstract(val(item, "abstractNumId"), abstracts, root, sheet)
        if abstract is None:
            continue
        key = attr(abstract, "abstractNumId") or ""
        definition = _definition(list_id, item, abstract, sheet, pictures=bool(pictures))
        first = first_of.setdefault(key, list_id)
        numbering.definitions[list_id] = replace(
            definition, continues="" if first == list_id else first
        )
        for level in children(abstract, W + "lvl"):
            style_id = val(level, "pStyle")
            if style_id:
                numbering._style_levels[list_id, style_id] = int(  # noqa: SLF001
                    number(attr(level, "ilvl")) or 0
                )
    return numbering


def _abstract(
    key: str | None, abstracts: dict[str | None, Element], root: Element, sheet: StyleSheet
) -> Element | None:
    """The abstract list; one that only names a numbering style stands for that style's list."""
    found = abstracts.get(key)
    link = val(found, "numStyleLink")
    if not link:
        return found
    for abstract in abstracts.values():
        if val(abstract, "styleLink") == link:
            return abstract
    numbered = next(
        (p for e in sheet.chain(link) if (p := child(e, W + "pPr", W + "numPr")) is not None), None
    )
    for item in children(root, W + "num"):
        if attr(item, "numId") == val(numbered, "numId"):
            return abstracts.get(val(item, "abstractNumId"))
    return found


def _definition(
    list_id: str, item: Element, abstract: Element, sheet: StyleSheet, *, pictures: bool
) -> ListDefinition:
    elements = {number(attr(level, "ilvl")): level for level in children(abstract, W + "lvl")}
    starts = []
    for override in children(item, W + "lvlOverride"):
        at = number(attr(override, "ilvl"))
        level = child(override, W + "lvl")
        if level is not None:
            elements[at] = level
        start = number(val(override, "startOverride"))
        if start is None and level is not None:
            start = number(val(level, "start"))
        if start is not None and at is not None:
            starts.append((int(at), int(start)))
    levels = tuple(_level(elements.get(at), sheet, pictures=pictures) for at in range(LEVELS))
    return ListDefinition(list_id, levels, "", tuple(starts))


def _level(element: Element | None, sheet: StyleSheet, *, pictures: bool) -> ListLevel:
    if element is None:
        return ListLevel(Level(format="none", text=""), {}, {}, "nothing", "start")
    kind = val(element, "numFmt") or "decimal"
    text = val(element, "lvlText") or ""
    said = text_said(child(element, W + "rPr"), sheet.theme)
    if kind == "bullet":
        text, said = _bullet(text, said)
    restart = number(val(element, "lvlRestart"))
    level = Level(
        format=kind,
        text=text,
        start=int(number(val(element, "start")) or 0),
        restart=None if restart is None else int(restart),
        legal=bool(on_off(element, "isLgl")),
    )
    return ListLevel(
        level=level,
        paragraph=paragraph_said(child(element, W + "pPr"), sheet.theme),
        text=said,
        suffix={"space": "space", "nothing": "nothing"}.get(val(element, "suff") or "", "tab"),
        align={"right": "end", "end": "end", "center": "center"}.get(
            val(element, "lvlJc") or "", "start"
        ),
        picture=pictures and child(element, W + "lvlPicBulletId") is not None,
    )


def _bullet(text: str, said: Said) -> tuple[str, Said]:
    """Letters of the symbol fonts become those of Unicode, which every font has."""
    plain = "".join(_SYMBOLS.get(c, "•" if "\ue000" <= c <= "\uf8ff" else c) for c in text)
    if plain != text or said.get("font") in {"Symbol", "Wingdings", "Webdings", "Wingdings 2"}:
        said = {key: value for key, value in said.items() if key not in {"font", "complex_script"}}
    return plain, said
