"""What every `TranscriptSearch` does."""

from collections.abc import Sequence

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.sql.transcript_search import SqlTranscriptSearch
from adapters.sql.transcripts import SqlTranscripts
from domain.identity.access import Actor, Role
from domain.notes.note import NoteId
from recordings import a_segment, a_transcript, heard_note, stored_note
from tenants import Tenants

TALK = (
    "Give every alarm an owner.",
    "The dogs were running through the harbour.",
    "Cats run, too.",
    "To be or not to be.",
    "We measure page load time, not processor load.",
)
HOSTILE = (
    *("'", '"', "\\", "\\'", "' || pg_sleep(9) --", "a\0b", "\0", "&", "|", "!", "<->", ":*"),
    *("(((", "-", '"open', "OR", "or or or", "-OR-", "a & b | !c:*", "%s :query {shown}"),
    *("x" * 500, "a " * 250, '"' * 499, "-a " * 160, "https://a.example/b?c='d&e", "$$' ':1$$"),
    *("日本語", "\U0001f600", "\u2019\u2018\u201c\u201d", "e\u0301"),
)


class Library:
    """A workspace with one talk, as its owner searches it."""

    def __init__(self, session: AsyncSession, actor: Actor) -> None:
        self._search, self._actor = SqlTranscriptSearch(session), actor

    async def found(self, query: str, notes: Sequence[NoteId] = ()) -> list[int]:
        hits = await self._search.find(self._actor.workspace_id, query, limit=20, notes=notes)
        return sorted(hit.segment.number for hit in hits)

    async def any(self, query: str, limit: int = 20) -> list[int]:
        hits = await self._search.find_any(self._actor.workspace_id, query, limit=limit)
        return [hit.segment.number for hit in hits]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("alarm", [1]),
        ("ALARMS", [1]),
        ("run", [2, 3]),
        ("runs harbours", [2]),
        ("to be", [4]),
        ('"page load"', [5]),
        ('"load page"', []),
        ('"an owner"', [1]),
        ("harbour OR alarm", [1, 2]),
        ("run -harbour", [3]),
        ("harbour -running", []),
        ("harbour -dogs", []),
        ("processor alarm", []),
        ("nowhere", []),
    ],
)
async def test_words_are_found_as_they_stand_and_by_their_stems(
    tenants: Tenants, query: str, numbers: list[int]
) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        await heard_note(session, actor, TALK)

        assert await Library(session, actor).found(query) == numbers


async def test_a_phrase_is_never_made_of_a_segments_end_and_its_beginning(
    tenants: Tenants,
) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        await heard_note(session, actor, TALK)

        assert await Library(session, actor).found('"owner give"') == []
        assert await Library(session, actor).found('"load measure"') == []


@pytest.mark.parametrize(
    ("language", "text", "query"),
    [
        ("de", "Die Häuser am Hafen wurden verkauft.", "Haus verkaufte"),
        ("fr", "Nous avons mesuré les chargements.", "chargement mesurer"),
        ("ru", "Мы измеряли загрузку страниц.", "страница"),
        ("xx", "Unknown tongues keep their words.", "tongues"),
        (None, "Nobody knows the language of this.", "language"),
    ],
)
async def test_other_languages_have_their_own_stems(
    tenants: Tenants, language: str | None, text: str, query: str
) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        await heard_note(session, actor, [text], language)
        library = Library(session, actor)

        assert (await library.found(query), await library.any(query)) == ([1], [1])


async def test_a_hit_says_where_it_was_said(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        note = await heard_note(session, actor, TALK)
        await heard_note(session, actor, ["No alarm, no alarms, alarm."])

        hits = await SqlTranscriptSearch(session).find(actor.workspace_id, "alarm", limit=9)
        mine = next(hit for hit in hits if hit.note_id == note.id)

        assert (mine.title, mine.video_id) == (note.title, note.video_id)
        assert mine.segment == a_segment(1, TALK[0])
        assert len(hits) == 2
        assert hits[0].rank >= hits[1].rank > 0
        assert await Library(session, actor).found("alarm", [note.id]) == [1]


async def test_a_corrected_word_is_found_and_the_wrong_one_no_longer(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        note = await heard_note(session, actor, ["Give every alarm an honour."])
        await SqlTranscripts(session).edit(note, a_segment(1, "Give every alarm an owner."))
        library = Library(session, actor)

        assert (await library.found("owners"), await library.found("honour")) == ([1], [])


async def test_a_rare_word_counts_for_more_than_many_common_ones(tenants: Tenants) -> None:
    actor = tenants.actor()
    filler = [f"What is the thing that is the {n} of the day, what is it?" for n in range(40)]
    async with tenants.session(actor) as session:
        for language in ("en", None):
            await heard_note(session, actor, [*filler, "It has a budget."], language)

        found = await Library(session, actor).any("What is the budget of the day?", limit=2)

    assert found == [41, 41]


async def test_a_question_of_meaningless_words_alone_still_finds_them(tenants: Tenants) -> None:
    actor = tenants.actor()
    async with tenants.session(actor) as session:
        await heard_note(session, actor, TALK)

        assert (await Library(session, actor).any("To be or not to be?"))[0] == 4
        assert await Library(session, actor).any("?!") == []


async def test_another_workspace_finds_nothing(tenants: Tenants) -> None:
    actor, stranger = tenants.actor(), tenants.actor(Role.OWNER)
    async with tenants.session(actor) as session:
        note = await heard_note(session, actor, TALK)

    async with tenants.session(stranger) as session:
        search = SqlTranscriptSearch(session)
        for workspace in (actor.workspace_id, stranger.workspace_id):
            for find in (search.find, search.find_any):
                assert await find(workspace, "alarm", limit=9) == ()
                assert await find(workspace, "alarm", limit=9, notes=[note.id]) == ()


@pytest.mark.parametrize("query", HOSTILE)
async def test_hostile_queries_find_no_more_than_they_may(tenants: Tenants, query: str) -> None:
    actor, stranger = tenants.actor(), tenants.actor()
    async with tenants.session(stranger) as session:
        await heard_note(session, stranger, [f"a b x {query[:40]}".replace("\0", " ")])
    async with tenants.session(actor) as session:
        note = await stored_note(session, actor)
        await SqlTranscripts(session).replace(note, a_transcript(TALK))
        search = SqlTranscriptSearch(session)
        hits = [
            *await search.find(actor.workspace_id, query, limit=9),
            *await search.find_any(actor.workspace_id, query, limit=9),
        ]

    assert {hit.note_id for hit in hits} <= {note.id}
