"""Pairs {% for %} with {% endfor %} and {% if %} with {% endif %}, and reports what is left."""

from dataclasses import dataclass, field
from typing import Final

from adapters.docx.marking.ledger import Ledger
from adapters.docx.marking.tags import Found
from domain.documents.grammar import Else

_INSIDE: Final = "in the same text, cell or text box"


@dataclass(slots=True)
class Block:
    opening: Found
    word: str  # for | if
    depth: int
    branches: list[Found] = field(default_factory=list)
    closing: Found | None = None

    def tags(self) -> list[Found]:
        closing = [self.closing] if self.closing else []
        return [self.opening, *self.branches, *closing]


def pair(statements: list[Found], ledger: Ledger) -> list[Block]:
    """Whole blocks in the order of their openings. Misspelt tags pair as what they resemble."""
    stack: list[Block] = []
    opened: list[Block] = []
    for found in statements:
        word = found.word
        if word in {"for", "if"}:
            stack.append(Block(found, word, len(stack) + 1))
            opened.append(stack[-1])
        elif word in {"else", "elif"}:
            _branch(found, stack, ledger)
        elif word in {"endfor", "endif"}:
            _close(found, word.removeprefix("end"), stack, ledger)
    for block in stack:
        _unclosed(block, f"{block.opening.source} is never closed.", "where it ends", ledger)
    return [block for block in opened if block.closing and block.opening.statement]


def _branch(found: Found, stack: list[Block], ledger: Ledger) -> None:
    if not stack or stack[-1].word != "if":
        message, hint = "stands outside of an {% if %}", f"Write {{% if … %}} before it, {_INSIDE}."
    elif any(isinstance(earlier.statement, Else) for earlier in stack[-1].branches):
        message, hint = "comes after {% else %}", "An {% if %} has one {% else %}, and it is last."
    else:
        stack[-1].branches.append(found)
        return
    complain(ledger, found, "documents.block-unopened", f"{found.source} {message}.", hint)


def _close(found: Found, word: str, stack: list[Block], ledger: Ledger) -> None:
    if not any(block.word == word for block in stack):
        hint = f"Write {{% {word} … %}} before it, {_INSIDE}."
        message = f"{found.source} closes nothing."
        complain(ledger, found, "documents.block-unopened", message, hint)
        return
    while stack[-1].word != word:  # what was opened later and is still open is at fault
        crossed = stack.pop()
        message = f"{crossed.opening.source} is not closed before {found.source}."
        _unclosed(crossed, message, f"before {found.source}", ledger)
    stack.pop().closing = found


def _unclosed(block: Block, message: str, where: str, ledger: Ledger) -> None:
    hint = f"Write {{% end{block.word} %}} {where}, {_INSIDE}."
    complain(ledger, block.opening, "documents.block-unclosed", message, hint)


def complain(ledger: Ledger, found: Found, code: str, message: str, hint: str) -> None:
    ledger.report(code, message, hint=hint, tag=found.source, place=found.place)
