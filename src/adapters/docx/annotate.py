"""The template back with a Word comment at every problem, to be fixed where it stands."""

from collections import defaultdict
from collections.abc import Sequence

from lxml import etree

from adapters.docx.archive import open_archive
from adapters.docx.fieldcodes import new_run
from adapters.docx.limits import DEFAULT_LIMITS, Limits
from adapters.docx.marking.ledger import Ledger
from adapters.docx.neutralise import neutralise
from adapters.docx.package import RELATIONSHIPS, Package, open_package, rels_name
from adapters.docx.repacking import repacked
from adapters.docx.wordml import SPACE, Element, R, W, drop, parse, serialise, w
from domain.documents.problems import TemplateProblem

_AUTHOR = "Atelier"
_ANCHORS = (w("commentRangeStart"), w("commentRangeEnd"), w("commentReference"))
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"


def annotate(
    data: bytes, problems: Sequence[TemplateProblem], limits: Limits = DEFAULT_LIMITS
) -> bytes:
    """A DOCX; problems outside the body (headers, notes) are told at its first paragraph.

    Raises TemplateRefused, as compiling it did.
    """
    package = open_package(open_archive(data, limits))
    neutralise(package, Ledger(limits))
    drop_own_comments(package)
    root = parse(package.archive.read(package.main), package.main)
    paragraphs = list(root.iter(w("p")))
    if not paragraphs:
        paragraphs = [etree.Element(w("p"))]
        root.find(w("body")).insert(0, paragraphs[0])
    name, comments = _comments(package)
    number = _next_number(comments)
    for at, told in sorted(_by_paragraph(problems, package.main, len(paragraphs)).items()):
        for problem in told:
            _anchor(paragraphs[at], number)
            comments.append(_comment(number, problem, package.main))
            number += 1
    package.archive.write(package.main, serialise(root))
    package.archive.write(name, serialise(comments))
    return repacked(package.archive)


def drop_own_comments(package: Package) -> None:
    """Take our comments out of a template that comes back corrected."""
    for relationship in package.relationships(package.main):
        name = None if relationship.external else package.part(relationship.target)
        if relationship.kind != "comments" or name is None:
            continue
        comments = parse(package.archive.read(name), name)
        own = [one for one in comments.iter(w("comment")) if one.get(w("author")) == _AUTHOR]
        if not own:
            continue
        numbers = {comment.get(w("id")) for comment in own}
        for comment in own:
            drop(comment)
        package.archive.write(name, serialise(comments))
        root = parse(package.archive.read(package.main), package.main)
        for element in list(root.iter(*_ANCHORS)):
            if element.get(w("id")) in numbers:
                run = element.getparent()
                drop(element)
                if run.tag == w("r") and not len(run):
                    drop(run)
        package.archive.write(package.main, serialise(root))


def _by_paragraph(
    problems: Sequence[TemplateProblem], main: str, count: int
) -> dict[int, list[TemplateProblem]]:
    found: dict[int, list[TemplateProblem]] = defaultdict(list)
    for problem in problems:
        place = problem.place
        inside = place is not None and place.part == main and place.paragraph < count
        found[place.paragraph if place is not None and inside else 0].append(problem)
    return found


def _anchor(paragraph: Element, number: int) -> None:
    start = etree.Element(w("commentRangeStart"))
    end = etree.Element(w("commentRangeEnd"))
    reference = etree.Element(w("commentReference"))
    for element in (start, end, reference):
        element.set(w("id"), str(number))
    at = 1 if len(paragraph) and paragraph[0].tag == w("pPr") else 0
    paragraph.insert(at, start)
    paragraph.append(end)
    paragraph.append(new_run(None, reference))


def _comment(number: int, problem: TemplateProblem, main: str) -> Element:
    comment = etree.Element(w("comment"))
    comment.set(w("id"), str(number))
    comment.set(w("author"), _AUTHOR)
    comment.set(w("initials"), _AUTHOR[0])
    place = problem.place
    lines = [f"{problem.severity.value.capitalize()}: {problem.message}"]
    if problem.tag:
        lines.append(f"Tag: {problem.tag}")
    if problem.hint:
        lines.append(problem.hint)
    if place is not None and place.part != main:
        lines.append(f"In {place.part}: {place.text}")
    for line in lines:
        paragraph = etree.SubElement(comment, w("p"))
        text = etree.Element(w("t"))
        text.text = "".join(sign for sign in line if sign.isprintable())
        text.set(SPACE, "preserve")
        paragraph.append(new_run(None, text))
    return comment


def _comments(package: Package) -> tuple[str, Element]:
    """The document's comments, made if there are none."""
    for relationship in package.relationships(package.main):
        name = None if relationship.external else package.part(relationship.target)
        if relationship.kind == "comments" and name is not None:
            return name, parse(package.archive.read(name), name)
    folder = package.main.rpartition("/")[0]
    name = f"{folder}/comments.xml".lstrip("/")
    while package.part(name) is not None:
        name = name.replace(".xml", "1.xml")
    package.add(name, b"")
    package.declare(name, _COMMENTS_TYPE)
    _relate(package, name)
    return name, etree.Element(w("comments"), nsmap={"w": W})


def _relate(package: Package, name: str) -> None:
    member = package.part(rels_name(package.main)) or rels_name(package.main)
    if member in package.archive:
        root = parse(package.archive.read(member), member)
    else:
        root = etree.Element(f"{RELATIONSHIPS}Relationships", nsmap={None: RELATIONSHIPS[1:-1]})
    relationship = etree.SubElement(root, f"{RELATIONSHIPS}Relationship")
    relationship.set("Id", "rIdAtelierComments")
    relationship.set("Type", f"{R}/comments")
    relationship.set("Target", f"/{name}")
    package.add(member, serialise(root))


def _next_number(comments: Element) -> int:
    numbers = [int(comment.get(w("id"), "0")) for comment in comments.iter(w("comment"))]
    return max(numbers, default=0) + 1
