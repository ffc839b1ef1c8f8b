"""What a model is asked about a passage and about a whole note, and the shape of its answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from domain.ai.language import Question
from domain.notes.library import Hit
from domain.notes.passages import written
from domain.notes.styles import Style
from domain.notes.transcript import Segment
from domain.notes.writing import one_line
from domain.prompts.pack import PromptPack

PACK: Final = "notes"
READ_TOKENS: Final = 2_000  # of an answer about a passage
REDUCE_TOKENS: Final = 1_500
_TEXT: Final = {"type": "string"}
_SEGMENTS: Final = {"type": "array", "items": {"type": "integer"}}


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """Everything is required: models fill what they are asked for, with nothing where need be."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(of: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


_POINT: Final = _object(text=_TEXT, segments=_SEGMENTS, quote=_TEXT)
_ACTION: Final = _object(text=_TEXT, segments=_SEGMENTS, quote=_TEXT, owner=_TEXT, due=_TEXT)
READ_SCHEMA: Final = _object(
    summary=_TEXT,
    points=_list(_POINT),
    decisions=_list(_POINT),
    actions=_list(_ACTION),
    questions=_list(_POINT),
    terms=_list(_object(term=_TEXT, meaning=_TEXT, segment={"type": "integer"})),
    highlights=_list(_object(quote=_TEXT, segments=_SEGMENTS, title=_TEXT, why=_TEXT)),
    chapters=_list(_object(segment={"type": "integer"}, title=_TEXT, summary=_TEXT)),
)
REDUCE_SCHEMA: Final = _object(
    summary=_list(_object(text=_TEXT, points=_list({"type": "integer"}))),
    points=_list({"type": "integer"}),
)
CONDENSE_SCHEMA: Final = _object(summary=_TEXT)
ASK_SCHEMA: Final = _object(
    statements=_list(_object(text=_TEXT, places=_list({"type": "integer"}), quote=_TEXT))
)


def about_passage(
    pack: PromptPack, segments: Sequence[Segment], style: Style, language: str
) -> Question:
    return Question(
        name="notes.read",
        instructions=pack.render("read", {"purpose": style.purpose, "language": language}),
        material="".join(written(segment) for segment in segments),
        schema=READ_SCHEMA,
        answer_tokens=READ_TOKENS,
    )


def about_note(
    pack: PromptPack, summaries: Sequence[str], points: Sequence[str], style: Style, language: str
) -> Question:
    """`points` are numbered from 1 in their order; the model may only choose among them."""
    told = "\n".join(f"- {summary}" for summary in summaries if summary)
    numbered = "\n".join(f"({number}) {point}" for number, point in enumerate(points, start=1))
    return Question(
        name="notes.reduce",
        instructions=pack.render(
            "reduce",
            {
                "purpose": style.purpose,
                "language": language,
                "sentences": str(style.sentences),
                "most": str(style.points),
            },
        ),
        material=f"<summaries>\n{told}\n</summaries>\n<points>\n{numbered}\n</points>",
        schema=REDUCE_SCHEMA,
        answer_tokens=REDUCE_TOKENS,
    )


def condensed(pack: PromptPack, summaries: Sequence[str], language: str) -> Question:
    """Several summaries in one, where all of them together are more than a model reads."""
    return Question(
        name="notes.condense",
        instructions=pack.render("condense", {"language": language}),
        material="\n".join(f"- {summary}" for summary in summaries),
        schema=CONDENSE_SCHEMA,
        answer_tokens=600,
    )


def about_library(pack: PromptPack, question: str, hits: Sequence[Hit]) -> Question:
    """Segments are numbered by their place in `hits`, from 1."""
    told = "".join(
        f"({number}) {one_line(hit.title)}: {one_line(hit.segment.text)}\n"
        for number, hit in enumerate(hits, start=1)
    )
    return Question(
        name="notes.ask",
        instructions=pack.render("ask", {}),
        material=f"<question>\n{question}\n</question>\n<segments>\n{told}</segments>",
        schema=ASK_SCHEMA,
        answer_tokens=1_000,
    )
