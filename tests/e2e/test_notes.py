"""The shipped talk becomes notes, over HTTP, with the engines that every installation has."""

import io
import re
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import jiwer
import pytest
from httpx import AsyncClient

from adapters.embedded.services import EmbeddedServices
from entrypoints.harness import Harness, Member

TALK = Path(__file__).parents[2] / "src/entrypoints/cli/samples/notes/talk.mp4"
SAID = """Hello, and welcome. Today I want to talk about alarms that people trust. Last year our
team received four thousand alarms a month, and nobody read them any more. The first idea is about
ownership. Write one name next to every alarm. If nobody wants to own an alarm, then it should not
exist. After two weeks we had deleted more than half of them. The second idea is about measurement.
Customers do not feel the load of a processor. They feel how long a page takes, and whether their
order went through. So we measure page load time and failed orders, and we wake people for nothing
else. The third idea is practice. Once a month we switch a server off on purpose. We decided that
every drill ends with a short note about what was missing. Samir will write the first guide by
Friday. Let me sum up. Give every alarm an owner, measure what users feel, and practise on quiet
days. Four thousand alarms became sixty, and the median answer now takes three minutes. Thank you
for listening."""
CUTS = (9.6, 22.3, 38.8, 53.6)  # seconds, roughly, at which the next slide comes


@dataclass(frozen=True, slots=True)
class Noted:
    """A finished note, its owner and a client that acts for her."""

    atelier: Harness
    member: Member
    client: AsyncClient
    note: Any

    async def get(self, path: str, status: int = 200, **query: Any) -> Any:
        answer = await self.client.get(f"/v1/notes/{self.note['id']}{path}", params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def file(self, artifact_id: str) -> bytes:
        link = await self.client.get(f"/v1/artifacts/{artifact_id}/download")
        assert link.status_code == 303, link.text
        return (await self.client.get(link.headers["location"])).content


async def video_of(client: AsyncClient, content: bytes, name: str = "talk.mp4") -> Any:
    sent = await client.post("/v1/artifacts", files={"file": (name, content, "video/mp4")})
    assert sent.status_code == 201, sent.text
    added = await client.post("/v1/videos", json={"artifact_id": sent.json()["id"]})
    assert added.status_code in {200, 201}, added.text
    return added.json()


async def noted(atelier: Harness, **options: Any) -> Noted:
    member = await atelier.sign_up("Nora")
    client = atelier.http(member)
    video = await video_of(client, TALK.read_bytes())
    body = {"video_id": video["id"], "options": options}
    started = await client.post("/v1/notes", json=body)
    assert started.status_code == 202, started.text
    await atelier.drain()
    note = (await client.get(started.headers["location"])).json()
    return Noted(atelier, member, client, note)


@pytest.fixture(scope="module")
async def talk(services: EmbeddedServices) -> AsyncIterator[Noted]:
    async with Harness.start(services) as atelier:
        yield await noted(atelier)


async def test_a_talk_becomes_a_note_with_everything_in_it(talk: Noted) -> None:
    assert (talk.note["status"], talk.note["percent"]) == ("success", 100), talk.note
    assert talk.note["warnings"] == []
    assert {"Summary.md", "note.html", "note.docx", "note.pdf", "note.zip"} <= set(
        talk.note["outputs"]
    )
    assert talk.note["engines"]["speech"]["engine"] == "moonshine"
    assert talk.note["engines"]["map"]["engine"] == "local-extractive"


async def test_the_transcript_says_what_was_said(talk: Noted) -> None:
    transcript = await talk.get("/transcript")
    heard = " ".join(segment["text"] for segment in transcript["segments"])

    assert jiwer.wer(_plain(SAID), _plain(heard)) < 0.08, heard
    times = [
        (word["start_ms"], word["end_ms"])
        for segment in transcript["segments"]
        for word in segment["words"]
    ]
    assert times == sorted(times)
    assert all(0 <= start <= end <= 69_000 for start, end in times)


def _plain(text: str) -> str:
    return " ".join(
        re.sub(r"[^a-z0-9 ]", " ", text.lower().replace("4,000", "four thousand")).split()
    )


async def test_highlights_are_word_for_word_where_they_say(talk: Noted) -> None:
    transcript = await talk.get("/transcript")
    highlights = (await talk.get("/highlights"))["items"]
    words = {s["number"]: " ".join(w["text"] for w in s["words"]) for s in transcript["segments"]}

    assert len(highlights) >= 3
    for each in highlights:
        cited = " ".join(words[number] for number in each["segments"])
        assert each["quote"] in cited
        assert each["grounding"]["similarity"] >= 0.9
        assert 0 <= each["start_ms"] < each["end_ms"] <= 69_000


async def test_chapters_tile_the_video_and_every_minute_is_accounted_for(talk: Noted) -> None:
    chapters = (await talk.get("/chapters"))["items"]
    minutes = (await talk.get("/coverage"))["items"]

    assert chapters[0]["start_ms"] == 0
    assert all(a["end_ms"] == b["start_ms"] for a, b in pairwise(chapters))
    assert abs(chapters[-1]["end_ms"] - 68_900) < 200
    assert [(m["state"], m["summarised"]) for m in minutes] == [("transcribed", True)] * 2


async def test_every_slide_is_shown_once_at_its_time(talk: Noted) -> None:
    shots = (await talk.get("/screenshots"))["items"]

    assert len(shots) >= 5
    shown = [sum(shot["at_ms"] > cut * 1000 for cut in CUTS) for shot in shots]
    assert set(shown) == {0, 1, 2, 3, 4}
    assert (await talk.file(shots[0]["image_id"])).startswith(b"\xff\xd8\xff")


async def test_the_bundle_has_the_summary_its_pictures_and_links_to_the_second(
    talk: Noted,
) -> None:
    bundle = zipfile.ZipFile(io.BytesIO(await talk.file(talk.note["outputs"]["note.zip"])))
    summary = bundle.read("Summary.md").decode()

    assert bundle.testzip() is None
    assert re.search(r"\[0:00:\d\d\]\(talk\.mp4#t=\d+\)", summary)
    pictures = re.findall(r"!\[[^\]]*\]\((images/[^)]+)\)", summary)
    assert pictures
    assert set(pictures) <= set(bundle.namelist())
    assert "local-extractive" in summary


async def test_a_clip_is_cut_when_it_is_wanted_and_to_its_words(talk: Noted) -> None:
    named = await talk.client.post(
        f"/v1/notes/{talk.note['id']}/clips", json={"highlight": 1, "title": "One"}
    )
    clip = named.json()
    assert (named.status_code, clip["ready"]) == (201, False)

    link = await talk.client.get(f"/v1/clips/{clip['id']}/download")
    content = (await talk.client.get(link.headers["location"])).content

    with av.open(io.BytesIO(content)) as file:
        length = float(file.duration or 0) / 1_000
    assert abs(length - (clip["end_ms"] - clip["start_ms"])) <= 150
    assert (await talk.client.get(f"/v1/clips/{clip['id']}")).json()["ready"]


async def test_the_library_finds_and_answers_with_where_it_was_said(talk: Noted) -> None:
    found = (await talk.client.get("/v1/search", params={"q": "owning alarms"})).json()["items"]
    asked = {"question": "Who will write the guide?"}
    answer = (await talk.client.post("/v1/ask", json=asked)).json()

    assert any("alarm" in hit["segment"]["text"].lower() for hit in found)
    assert answer["extractive"]
    quoted = " ".join(s["citations"][0]["quote"] for s in answer["statements"])
    assert "guide" in quoted


async def test_the_same_file_is_the_same_video(talk: Noted) -> None:
    again = await video_of(talk.client, TALK.read_bytes(), "again.mp4")

    assert again["id"] == talk.note["video_id"]


async def test_an_edit_changes_the_files_and_reads_one_passage_again(talk: Noted) -> None:
    first = (await talk.get("/transcript"))["segments"][0]
    place = f"/v1/notes/{talk.note['id']}/transcript/segments/{first['number']}"

    edited = await talk.client.patch(place, json={"text": first["text"] + " Zanzibar!"})
    await talk.atelier.drain()

    assert edited.status_code == 200, edited.text
    note = await talk.get("")
    assert (note["status"], note["run"]) == ("success", talk.note["run"] + 1)
    text = (await talk.file(note["outputs"]["transcript.txt"])).decode()
    assert "Zanzibar!" in text
    jobs = (await talk.client.get("/v1/jobs", params={"root_id": note["job_id"]})).json()["items"]
    assert {job["kind"] for job in jobs} == {"notes.map", "notes.reduce", "notes.render"}
