"""Large files over HTTP, by tus 1.0.0, one request at a time."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from api import Api, ask, code, invited
from tus import PIECE, TEXT, VERSION, Sender, checksum, metadata

SHA256 = hashlib.sha256(TEXT).hexdigest()


@pytest.fixture
async def ada(api: Api) -> Sender:
    return Sender(api, await api.register())


async def test_a_file_goes_in_by_pieces_and_comes_out_whole(api: Api, ada: Sender) -> None:
    path = await ada.begin(len(TEXT), sha256=SHA256.upper(), filetype="text/plain")

    for start in range(0, len(TEXT), 30_000):
        assert await ada.offset(path) == start
        sent = await ada.send(path, start, TEXT[start : start + 30_000])
        assert sent.status_code == 204, sent.text
        assert sent.headers["upload-offset"] == str(min(start + 30_000, len(TEXT)))
        assert sent.headers["tus-resumable"] == "1.0.0"

    shown = await ada.shown(path)
    assert (shown["status"], shown["offset"], shown["duplicate"]) == ("complete", len(TEXT), False)
    assert sent.headers["upload-artifact"] == shown["artifact_id"]
    artifact = (await ask(api, ada.who, "GET", f"/artifacts/{shown['artifact_id']}")).json()
    assert (artifact["sha256"], artifact["size"]) == (SHA256, len(TEXT))
    assert (artifact["kind"], artifact["retention"]) == ("upload", "raw_input")
    assert (artifact["file_name"], artifact["media_type"]) == ("minutes.txt", "text/plain")
    link = await ask(api, ada.who, "GET", f"/artifacts/{shown['artifact_id']}/download")
    assert (await api.client.get(link.headers["location"])).content == TEXT
    assert await ada.stored() == len(TEXT)


async def test_what_is_spoken_here_is_told_to_anyone(api: Api) -> None:
    answer = await api.client.options("/v1/uploads")

    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"].split(",") == [
        "creation", "creation-with-upload", "expiration", "checksum", "termination",
    ]  # fmt: skip
    assert answer.headers["tus-max-size"] == str(5 * 1024**3)
    assert answer.headers["tus-checksum-algorithm"] == "md5,sha1,sha256"


async def test_the_first_bytes_may_come_with_the_creation(ada: Sender) -> None:
    half = await ada.create(len(TEXT), content=TEXT[:1000])
    whole = await ada.create(len(TEXT), content=TEXT)

    assert (half.status_code, half.headers["upload-offset"]) == (201, "1000")
    assert "upload-expires" in half.headers
    assert (whole.status_code, whole.headers["upload-offset"]) == (201, str(len(TEXT)))
    assert "upload-artifact" in whole.headers


async def test_head_says_all_that_was_said(ada: Sender) -> None:
    said = {"filename": "a.txt", "relativePath": "null"}
    path = await ada.begin(10, **said)

    answer = await ask(ada.api, ada.who, "HEAD", path, headers=VERSION)

    assert answer.headers["upload-metadata"] == metadata(**said)
    assert (answer.headers["upload-offset"], answer.headers["upload-length"]) == ("0", "10")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["upload-expires"].endswith("GMT")


async def test_a_wrong_offset_is_refused_and_nothing_is_written(ada: Sender) -> None:
    path = await ada.begin(len(TEXT))
    await ada.send(path, 0, TEXT[:100])

    for offset in (0, 99, 101, len(TEXT), 10**17):
        answer = await ada.send(path, offset, TEXT[100:200])
        assert answer.status_code in {409, 413}, offset
    told = await ada.send(path, 0, b"x")

    assert (code(told), told.json()["offset"]) == ("artifacts.wrong-offset", 100)
    assert await ada.offset(path) == 100


@pytest.mark.parametrize("version", [{}, {"Tus-Resumable": "0.2.2"}])
async def test_another_version_is_refused_with_ours(ada: Sender, version: dict[str, str]) -> None:
    path = await ada.begin(10)
    piece = {name: value for name, value in PIECE.items() if name != "Tus-Resumable"}

    for method, where in (("POST", "/uploads"), ("HEAD", path), ("PATCH", path), ("DELETE", path)):
        answer = await ask(ada.api, ada.who, method, where, headers=piece | version)
        assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0"), method
    assert await ada.offset(path) == 0


async def test_bytes_are_sent_as_such_and_not_otherwise(ada: Sender) -> None:
    path = await ada.begin(10)

    answer = await ada.send(path, 0, b"x", {"Content-Type": "application/octet-stream"})

    assert (answer.status_code, code(answer)) == (415, "http.unsupported-media-type")


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
async def test_a_piece_with_a_checksum_counts_whole_or_not_at_all(
    ada: Sender, algorithm: str
) -> None:
    path = await ada.begin(len(TEXT))
    first, rest = TEXT[:50_000], TEXT[50_000:]
    right = [hashlib.new(algorithm, piece).digest() for piece in (first, rest)]

    damaged = await ada.send(path, 0, b"?" + first[1:], checksum(algorithm, right[0]))
    kept = await ada.offset(path)
    sent = await ada.send(path, 0, first, checksum(algorithm, right[0]))
    end = await ada.send(path, len(first), rest, checksum(algorithm, right[1]))

    assert (damaged.status_code, code(damaged), kept) == (460, "artifacts.piece-damaged", 0)
    assert (sent.status_code, end.status_code) == (204, 204)
    artifact = (await ada.shown(path))["artifact_id"]
    found = await ask(ada.api, ada.who, "GET", f"/artifacts/{artifact}")
    assert found.json()["sha256"] == SHA256


@pytest.mark.parametrize(
    "header", ["crc32 AAAA", "sha1 ####", "sha1", "", "sha256 Kq5sNclPz7QV2+lfQIuc6R7oRu0="]
)
async def test_a_checksum_that_cannot_be_read_is_refused(ada: Sender, header: str) -> None:
    path = await ada.begin(10)

    answer = await ada.send(path, 0, b"x" * 10, {"Upload-Checksum": header or " "})

    assert (answer.status_code, code(answer)) == (400, "artifacts.bad-upload-checksum")
    assert await ada.offset(path) == 0


@pytest.mark.parametrize(
    ("length", "status", "problem"),
    [
        (0, 422, "artifacts.empty-upload"),
        (5 * 1024**3 + 1, 413, "artifacts.upload-too-large"),
        (2**63, 400, "artifacts.bad-upload-header"),
        (10**18 - 1, 413, "artifacts.upload-too-large"),
        (-1, 400, "artifacts.bad-upload-header"),
        ("1e3", 400, "artifacts.bad-upload-header"),
        ("", 400, "artifacts.bad-upload-header"),
        ("+5", 400, "artifacts.bad-upload-header"),
    ],
)
async def test_no_length_but_a_sound_one(
    ada: Sender, length: object, status: int, problem: str
) -> None:
    headers = {"Upload-Length": str(length)}

    answer = await ada.create(1, headers=headers)

    assert (answer.status_code, code(answer)) == (status, problem)
    assert await ada.stored() == 0


async def test_a_length_told_later_is_refused(ada: Sender) -> None:
    answer = await ada.create(1, headers={"Upload-Defer-Length": "1"})

    assert (answer.status_code, code(answer)) == (422, "artifacts.length-required")


@pytest.mark.parametrize("offset", ["-1", "abc", "1.5", "9" * 30, " "])
async def test_no_offset_but_a_number(ada: Sender, offset: str) -> None:
    path = await ada.begin(10)

    answer = await ada.send(path, offset, b"x")

    assert (answer.status_code, code(answer)) == (400, "artifacts.bad-upload-header")


@pytest.mark.parametrize(
    "said",
    [
        "filename ####",
        "filename YQ==,filename Yg==",
        "two words YQ==",
        ",,,",
        "a b c",
        "a " + "YQ" * 3000,
        "filename /w==",
    ],
)
async def test_metadata_that_is_none_is_refused(ada: Sender, said: str) -> None:
    answer = await ada.create(10, headers={"Upload-Metadata": said})

    assert (answer.status_code, code(answer)) == (400, "artifacts.bad-upload-header"), answer.text


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\boot.txt", "boot.txt"),
        ("\u202etxt.exe", "txt.exe"),
        ("a\x00b\r\nX-Evil: 1.txt", "abX-Evil_ 1.txt"),
        ("CON.txt", "_CON.txt"),
    ],
)
async def test_a_strangers_name_is_made_harmless(ada: Sender, name: str, kept: str) -> None:
    done = await ada.uploaded(b"hello", filename=name, filetype="text/plain")

    assert done["file_name"] == kept


async def test_three_hundred_emoji_make_a_name_of_bounded_length(ada: Sender) -> None:
    done = await ada.uploaded(b"hello", filename="🎬" * 300 + ".txt")

    assert done["file_name"].endswith("🎬.txt")
    assert len(done["file_name"].encode()) <= 120


@pytest.mark.parametrize("announced", [True, False])
async def test_more_bytes_than_the_upload_has_are_refused(ada: Sender, announced: bool) -> None:  # noqa: FBT001
    path = await ada.begin(len(TEXT))

    async def chunks() -> AsyncIterator[bytes]:
        yield TEXT
        yield b"and more"

    answer = await ada.send(path, 0, TEXT + b"and more" if announced else chunks())

    assert (answer.status_code, code(answer)) == (413, "artifacts.upload-too-large")
    assert (await ada.shown(path))["status"] == "open"


async def test_two_writers_at_once_are_one_writer(ada: Sender) -> None:
    path = await ada.begin(len(TEXT))
    gate, begun = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield TEXT[:1000]
        begun.set()
        await gate.wait()
        yield TEXT[1000:]

    first = asyncio.create_task(ada.send(path, 0, slowly()))
    await begun.wait()
    second = await ada.send(path, 0, TEXT)
    ended = await ask(ada.api, ada.who, "DELETE", path, headers=VERSION)
    gate.set()

    assert (second.status_code, code(second)) == (423, "artifacts.upload-locked")
    assert int(second.headers["retry-after"]) > 0
    assert ended.status_code == 423
    assert (await first).status_code == 204
    assert (await ada.shown(path))["status"] == "complete"


async def test_of_pieces_that_race_for_the_end_one_ends_it(ada: Sender) -> None:
    path = await ada.begin(len(TEXT))

    answers = await asyncio.gather(*(ada.send(path, 0, TEXT) for _ in range(6)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses.count(204) == 1, statuses
    assert set(statuses) <= {204, 409, 423}
    items = (await ask(ada.api, ada.who, "GET", "/artifacts")).json()["items"]
    assert [item["sha256"] for item in items] == [SHA256]


async def test_the_same_bytes_again_are_stored_once_and_it_is_said(api: Api, ada: Sender) -> None:
    first = await ada.uploaded(TEXT, filename="one.txt")
    path = await ada.begin(len(TEXT), filename="two.txt")
    sent = await ada.send(path, 0, TEXT)
    second = await ada.shown(path)

    assert (first["duplicate"], second["duplicate"]) == (False, True)
    assert sent.headers["upload-artifact"] == f"{second['artifact_id']}; duplicate"
    assert second["artifact_id"] != first["artifact_id"]
    for one in (first, second):
        link = await ask(api, ada.who, "GET", f"/artifacts/{one['artifact_id']}/download")
        assert (await api.client.get(link.headers["location"])).content == TEXT
    elsewhere = await Sender(api, await api.register()).uploaded(TEXT)
    assert elsewhere["duplicate"] is False


async def test_the_same_file_twice_at_once_is_stored_once(ada: Sender) -> None:
    done = await asyncio.gather(*(ada.uploaded(TEXT, filename=f"{n}.txt") for n in range(4)))

    assert sorted(one["duplicate"] for one in done) == [False, True, True, True]


@pytest.mark.parametrize(
    ("content", "sent", "problem"),
    [
        (TEXT, {"sha256": "0" * 64}, "artifacts.checksum-mismatch"),
        (TEXT, {"filename": "a.mp4", "filetype": "video/mp4"}, "artifacts.content-mismatch"),
        (b"MZ\x90\x00" * 2000, {"filename": "setup"}, "artifacts.type-not-allowed"),
        (b"<html>" * 2000, {"filename": "a.html"}, "artifacts.type-not-allowed"),
    ],
)
async def test_a_file_that_is_not_what_it_says_ends_and_leaves_nothing(
    ada: Sender, content: bytes, sent: dict[str, str], problem: str
) -> None:
    path = await ada.begin(len(content), **sent)

    refused = await ada.send(path, 0, content)

    assert (refused.status_code, code(refused)) == (422, problem)
    later = await ask(ada.api, ada.who, "GET", path)
    assert (later.status_code, code(later)) == (410, "artifacts.upload-ended")
    assert later.json()["reason"] == problem
    assert (await ada.send(path, 0, content)).status_code == 410
    assert await ada.stored() == 0


async def test_a_type_we_never_take_is_refused_before_the_first_byte(ada: Sender) -> None:
    answer = await ada.create(10, filename="a.exe", filetype="application/x-msdownload")

    assert (answer.status_code, code(answer)) == (422, "artifacts.type-not-allowed")


async def test_room_is_reserved_for_all_of_it_and_given_back(api: Api, ada: Sender) -> None:
    path = await ada.begin(40_000)
    assert await ada.stored() == 40_000
    tag = (await ask(api, ada.who, "GET", "/quotas/bytes_stored")).headers["etag"]
    limit: Any = {"limit": 50_000}
    await ask(api, ada.who, "PUT", "/quotas/bytes_stored", json=limit, headers={"If-Match": tag})

    refused = await ada.create(20_000)
    ended = await ask(api, ada.who, "DELETE", path, headers=VERSION)

    assert (refused.status_code, code(refused)) == (409, "usage.over-quota")
    assert (refused.json()["left"], refused.json()["wanted"]) == (10_000, 20_000)
    assert (ended.status_code, await ada.stored()) == (204, 0)
    assert (await ask(api, ada.who, "GET", path)).status_code == 404
    assert (await ada.create(20_000)).status_code == 201


async def test_ending_what_is_complete_keeps_the_file(api: Api, ada: Sender) -> None:
    done = await ada.uploaded(TEXT)

    ended = await ask(api, ada.who, "DELETE", f"/uploads/{done['id']}", headers=VERSION)

    assert ended.status_code == 204
    kept = await ask(api, ada.who, "GET", f"/artifacts/{done['artifact_id']}")
    assert kept.status_code == 200


async def test_who_is_removed_sends_no_further_piece(api: Api, ada: Sender) -> None:
    assert ada.who is not None
    guest = await invited(api, ada.who, "editor")
    sender = Sender(api, guest)
    path = await sender.begin(len(TEXT))
    assert (await sender.send(path, 0, TEXT[:10])).status_code == 204

    await ask(api, ada.who, "DELETE", f"/members/{guest.user_id}")

    assert (await sender.send(path, 10, TEXT[10:])).status_code == 403
    assert await ada.offset(path) == 10


async def test_who_can_only_post_says_which_method_is_meant(api: Api, ada: Sender) -> None:
    path = await ada.begin(10)
    headers = PIECE | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}

    answer = await ask(api, ada.who, "POST", path, headers=headers, content=b"0123456789")

    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "10")
