"""Answer a question out of a workspace's transcripts, with where it was said; nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from application.ai.ask import Ask
from application.notes.questions import PACK, about_library
from domain.ai.models import AUTO, LanguageModels
from domain.ai.ports import LanguageModel
from domain.identity.access import Actor, Permission
from domain.kernel.errors import Invalid
from domain.kernel.ports import UnitOfWork
from domain.notes.grounding import Grounder
from domain.notes.highlight import Highlight, Proposal, Rejection
from domain.notes.library import Citation, Hit, LibraryAnswer, Statement
from domain.notes.note import NoteId
from domain.notes.ports import TranscriptSearch
from domain.prompts.ports import PromptPacks

LONGEST_QUESTION: Final = 1_000
_HITS: Final = 60  # segments a model gets to read
_QUOTED: Final = 5  # of them, where there is no model
_END: Final = 2**31 - 1  # these segments lie in their videos already


class BadQuestion(Invalid):
    code = "notes.bad-question"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskLibrary:
    """`notes` narrows the library down to these."""

    question: str
    notes: tuple[NoteId, ...] = ()
    model: str = AUTO


@dataclass(frozen=True, slots=True)
class AskLibraryHandler:
    search: TranscriptSearch
    models: LanguageModels
    packs: PromptPacks
    ask: Ask
    uow: UnitOfWork

    async def __call__(self, actor: Actor, command: AskLibrary) -> LibraryAnswer:
        actor.require(Permission.NOTES_READ)
        question = " ".join(command.question.split())
        if not 0 < len(question) <= LONGEST_QUESTION:
            raise BadQuestion(f"A question has 1 to {LONGEST_QUESTION} characters.")
        hits = await self.search.find_any(
            actor.workspace_id, question, limit=_HITS, notes=command.notes
        )
        model = self.models.choose(command.model)
        if model is None or not hits:
            await self.uow.commit()
            return _quoted(hits[:_QUOTED])
        pack = await self.packs.active(actor.workspace_id, PACK)
        await self.uow.commit()  # no transaction stays open while a model thinks
        ordered = sorted(hits, key=lambda hit: (str(hit.note_id), hit.segment.number))
        asked = about_library(pack, question, ordered)
        subject = UUID(str(ordered[0].note_id))
        answer = await self.ask(actor, model, asked, subject=subject)
        return _checked(answer, ordered, model)


def _quoted(hits: Sequence[Hit]) -> LibraryAnswer:
    """The speakers' own words, the best first."""
    statements = []
    for hit in hits:
        segment = hit.segment
        found = Grounder([segment], _END).ground(
            Proposal(segments=(segment.number,), quote=segment.text, why=""), 1
        )
        if isinstance(found, Highlight):
            statements.append(Statement(text=segment.text, citations=(_citation(hit, found),)))
    return LibraryAnswer(
        statements=tuple(statements),
        engine="local-extractive",
        model="full-text",
        extractive=True,
    )


def _checked(answer: Mapping[str, Any], hits: Sequence[Hit], model: LanguageModel) -> LibraryAnswer:
    """Statements as far as the segments bear them out; the model names segments by their place."""
    grounders = _grounders(hits)
    statements, dropped = [], 0
    for item in answer.get("statements") or ():
        places = [n for n in item.get("places") or () if isinstance(n, int)]
        named = [hits[n - 1] for n in places if 1 <= n <= len(hits)]
        citation = _found(str(item.get("quote", "")), named, grounders)
        if citation is None:
            dropped += 1
        else:
            text = " ".join(str(item.get("text", "")).split())[:2_000]
            statements.append(Statement(text=text, citations=(citation,)))
    return LibraryAnswer(
        statements=tuple(statements),
        engine=model.traits.engine,
        model=model.traits.model,
        extractive=False,
        dropped=dropped,
    )


def _found(
    quote: str, named: Sequence[Hit], grounders: Mapping[NoteId, Grounder]
) -> Citation | None:
    for hit in named:
        proposal = Proposal(segments=(hit.segment.number,), quote=quote, why="")
        found = grounders[hit.note_id].ground(proposal, 1)
        if not isinstance(found, Rejection):
            return _citation(hit, found)
    return None


def _grounders(hits: Sequence[Hit]) -> dict[NoteId, Grounder]:
    return {
        note_id: Grounder([hit.segment for hit in mine], _END)
        for note_id, mine in groupby(hits, key=lambda hit: hit.note_id)
    }


def _citation(hit: Hit, found: Highlight) -> Citation:
    return Citation(
        note_id=hit.note_id,
        title=hit.title,
        start_ms=found.start_ms,
        end_ms=found.end_ms,
        quote=found.quote,
        segments=found.segments,
        grounding=found.grounding,
    )
