"""One row of data into bindings: every mark's value, filters applied, all problems at once."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.docx.fieldvalues import FieldPlan, Turn, expression_getter, list_of
from adapters.docx.limits import DEFAULT_LIMITS, Limits
from adapters.docx.options import DEFAULT_FILL, FillOptions
from adapters.docx.pictures import Resolver
from domain.documents.bindings import NO_BRANCH, Bindings
from domain.documents.conditions import expressions_of, holds
from domain.documents.fields import TemplateField
from domain.documents.grammar import Condition, Expression, Path
from domain.documents.inference import boolean_paths, canonical, infer_fields
from domain.documents.marks import ConditionMark, FieldMark, LoopMark, Mark
from domain.documents.rows import DocumentTooLarge, RowInvalid

Row = Mapping[str, object]
Getter = Callable[[Row, Turn], object]


@dataclass(frozen=True, slots=True)
class _Loop:
    n: int
    variable: str
    name: str
    items: Getter
    body: "Block"


@dataclass(frozen=True, slots=True)
class _Choice:
    n: int
    branches: tuple[Condition | None, ...]
    getters: Mapping[Expression, Getter]
    bodies: tuple["Block", ...]


@dataclass(frozen=True, slots=True)
class Block:
    """What stands in one branch, or one round, or the whole document."""

    fields: tuple[FieldPlan, ...]
    loops: tuple[_Loop, ...]
    choices: tuple[_Choice, ...]


@dataclass(slots=True)
class Evaluator:
    """Compiled once for a template and its options; evaluates any number of rows."""

    marks: Sequence[Mark]
    options: FillOptions = DEFAULT_FILL
    limits: Limits = DEFAULT_LIMITS
    resolver: Resolver | None = None
    root: Block = field(init=False)

    def __post_init__(self) -> None:
        fields = self.options.fields or infer_fields(self.marks)
        self.root = _Compiler(self.marks, fields, self.options).block(None, 0)

    def evaluate(self, row: Row) -> Bindings:
        """Raises RowInvalid with every problem of the row, and DocumentTooLarge."""
        turn = self.turn()
        bindings = _bind(self.root, row, turn)
        if turn.problems:
            raise RowInvalid(turn.problems)
        return bindings

    def turn(self) -> Turn:
        return Turn(limits=self.limits, resolver=self.resolver)


def _bind(block: Block, scope: Row, turn: Turn) -> Bindings:
    bindings: Bindings = {plan.n: plan.value(scope, turn) for plan in block.fields}
    for loop in block.loops:
        bindings[loop.n] = _rounds(loop, scope, turn)
    for choice in block.choices:
        bindings[choice.n] = _branch(choice, scope, turn)
    return bindings


def _rounds(loop: _Loop, scope: Row, turn: Turn) -> list[Bindings]:
    items = list_of(loop.items(scope, turn), loop.name, turn)
    turn.rounds += len(items)
    if turn.rounds > turn.limits.iterations:
        raise DocumentTooLarge(
            f"The lists of this row have more than {turn.limits.iterations:,} items together.",
            limit=turn.limits.iterations,
        )
    rounds = []
    turn.positions.append(0)
    for at, item in enumerate(items):
        turn.positions[-1] = at + 1
        about = {
            "index": at + 1,
            "index0": at,
            "first": at == 0,
            "last": at == len(items) - 1,
            "length": len(items),
        }
        rounds.append(_bind(loop.body, {**scope, loop.variable: item, "loop": about}, turn))
    turn.positions.pop()
    return rounds


def _branch(choice: _Choice, scope: Row, turn: Turn) -> tuple[int, Bindings]:
    def lookup(expression: Expression) -> object:
        return choice.getters[expression](scope, turn)

    for at, condition in enumerate(choice.branches):
        if condition is None or holds(condition, lookup):
            return at, _bind(choice.bodies[at], scope, turn)
    return NO_BRANCH


class _Compiler:
    def __init__(
        self, marks: Sequence[Mark], fields: Sequence[TemplateField], options: FillOptions
    ) -> None:
        self._marks, self._options = marks, options
        self._booleans = boolean_paths(fields)
        self._rules = dict(_by_name(fields))
        self._children: dict[tuple[int | None, int], list[Mark]] = defaultdict(list)
        for mark in marks:
            self._children[mark.parent, mark.branch if mark.parent is not None else 0].append(mark)

    def block(self, parent: int | None, branch: int) -> Block:
        members = self._children[parent, branch]
        return Block(
            tuple(self._field(mark) for mark in members if isinstance(mark, FieldMark)),
            tuple(self._loop(mark) for mark in members if isinstance(mark, LoopMark)),
            tuple(self._choice(mark) for mark in members if isinstance(mark, ConditionMark)),
        )

    def _field(self, mark: FieldMark) -> FieldPlan:
        name = self._name(mark.expression, mark)
        return FieldPlan(mark, name, self._rules.get(name), self._options)

    def _loop(self, mark: LoopMark) -> _Loop:
        getter = expression_getter(mark.items, self._options)
        name = self._name(mark.items, mark)
        return _Loop(mark.n, mark.variable, name, getter, self.block(mark.n, 0))

    def _choice(self, mark: ConditionMark) -> _Choice:
        expressions = {
            expression
            for condition in mark.branches
            if condition is not None
            for expression in expressions_of(condition)
        }
        getters = {
            expression: expression_getter(
                expression,
                self._options,
                is_boolean=self._name(expression, mark) in self._booleans,
            )
            for expression in expressions
        }
        bodies = tuple(self.block(mark.n, at) for at in range(len(mark.branches)))
        return _Choice(mark.n, mark.branches, getters, bodies)

    def _name(self, expression: Expression, mark: Mark) -> str:
        operand = expression.operand
        return (canonical(operand, mark, self._marks) or "") if isinstance(operand, Path) else ""


def _by_name(fields: Sequence[TemplateField], prefix: str = "") -> list[tuple[str, TemplateField]]:
    found = []
    for one in fields:
        found.append((f"{prefix}{one.name}", one))
        found += _by_name(one.fields, f"{prefix}{one.name}[].")
    return found
