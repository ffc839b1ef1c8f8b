"""Turns the flat milestones of loops and conditions into nodes that hold what they span."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from adapters.docx.layout.names import local
from adapters.docx.wordml import Element
from domain.documents.layout.nodes import Condition, Loop


@dataclass(frozen=True, slots=True)
class Milestone:
    """`kind` is open, branch or close of the mark `k`."""

    kind: str
    k: int

    @classmethod
    def of(cls, element: Element) -> "Milestone":
        return cls(local(element), int(element.get("n")))


def nest(items: list[Any], loops: Collection[int]) -> tuple[Any, ...]:
    """Nodes in order; whatever two milestones span becomes one Loop or Condition.

    A milestone whose other end lies elsewhere is dropped, and what it spans stays.
    """
    stack: list[tuple[int, list[list[Any]]]] = [(-1, [[]])]
    for item in items:
        top, branches = stack[-1]
        if not isinstance(item, Milestone):
            branches[-1].append(item)
        elif item.kind == "open":
            stack.append((item.k, [[]]))
        elif item.k == top and item.kind == "branch":
            branches.append([])
        elif item.k == top and item.kind == "close":
            stack.pop()
            stack[-1][1][-1].append(_node(top, branches, loops))
    while len(stack) > 1:
        _, branches = stack.pop()
        stack[-1][1][-1].extend(node for branch in branches for node in branch)
    return tuple(stack[0][1][0])


def _node(k: int, branches: list[list[Any]], loops: Collection[int]) -> Loop[Any] | Condition[Any]:
    if k in loops:
        return Loop(k, tuple(branches[0]))
    return Condition(k, tuple(tuple(branch) for branch in branches))
