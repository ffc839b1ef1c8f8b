"""What a log line says, and what it never does."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from domain.kernel.errors import Conflict, Defect
from entrypoints.settings import Settings
from entrypoints.telemetry import MASK, correlation_id, masked, start_logging

SECRETS = {
    "jwt": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "database password": "postgresql://atelier_app:hunter2-hunter2@db/atelier",
    "bearer": "Authorization: Bearer abcdef.123456",
    "refresh": "refresh_token=f9b1c2d3e4",
    "webhook": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "presigned": "https://s3/b/k?X-Amz-Credential=AK%2F1&X-Amz-Signature=9a8b7c6d5e&x=1",
    "own link": "/v1/files/a?exp=1&sig=0123abcd",
    "openai": "sk-proj-abcdefghijklmnop1234",
    "json password": '{"password": "correct horse"}',
    "mail": "ada.lovelace@example.co.uk",
    "phone": "+44 20 7946 0958",
    "own key": "atl_key_0123456789abcdef",
    "ticket": "/v1/ws?ticket=abcdef0123456789",
}
GIVEN_AWAY = [
    "hunter2", "abcdef.123456", "f9b1c2d3e4", "MfKQ9r8", "AKIAIOSF", "9a8b7c6d5e", "0123abcd",
    "abcdefghijkl", "correct", "lovelace", "7946", "0123456789abcdef", "eyJ",
]  # fmt: skip


class Vanished(Conflict):
    code = "tests.vanished"


def vanish() -> None:
    try:
        {}["Ada's row"]
    except KeyError as error:
        raise Vanished("Ada's letter is gone") from error


@pytest.fixture(autouse=True)
def _logging() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_struck_out(name: str) -> None:
    line = masked(SECRETS[name])

    assert MASK in line
    assert not [clue for clue in GIVEN_AWAY if clue in line]


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-22T22:38:22.123456+00:00",
        "018f3c2a-7b1e-7c3d-9a4b-5c6d7e8f9a0b",
        "GET /v1/templates/018f3c2a-7b1e-7c3d-9a4b-5c6d7e8f9a0b 200",
        "typst/compiler.py:12 render",
        "http://127.0.0.1:8420",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert masked(line) == line


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def json_logging() -> None:
    start_logging(Settings.from_environment({"ATELIER_LOG_FORMAT": "json"}))


def test_every_line_is_json_with_its_ids_and_allowed_fields_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    json_logging()
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        structlog.get_logger("http").info("answered", status=200, body="what Ada wrote")
        assert correlation_id() == "r-1"
    structlog.get_logger("http").info("idle")

    first, second = lines(capsys)
    assert (first["event"], first["status"], first["request_id"]) == ("answered", 200, "r-1")
    assert first["dropped"] == ["body"]
    assert "Ada" not in json.dumps(first)
    assert "request_id" not in second


def test_a_masked_line_is_still_json(capsys: pytest.CaptureFixture[str]) -> None:
    json_logging()
    for secret in SECRETS.values():
        structlog.get_logger().warning(f'said "{secret}" \\ and more')

    said = lines(capsys)
    assert len(said) == len(SECRETS)
    assert all(MASK in str(line["event"]) for line in said)


def test_libraries_go_through_the_same_chain(capsys: pytest.CaptureFixture[str]) -> None:
    json_logging()
    logging.getLogger("some.library").warning("mail from %s", "mallory@example.com", extra={"x": 1})

    (line,) = lines(capsys)
    assert (line["level"], line["logger"]) == ("warning", "some.library")
    assert "mallory" not in json.dumps(line)


def test_an_exception_is_told_by_type_code_and_frames_never_by_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    json_logging()
    try:
        vanish()
    except Vanished:
        structlog.get_logger().exception("failed")
        logging.getLogger("lib").exception("failed too")

    for line in lines(capsys):
        exception = line["exception"]
        assert isinstance(exception, list)
        assert [cause["type"].rpartition(".")[2] for cause in exception] == ["Vanished", "KeyError"]
        assert exception[0]["code"] == "tests.vanished"
        assert "test_telemetry.py" in exception[0]["frames"][-1]
        assert "Ada" not in json.dumps(line)


def test_a_defect_in_another_process_is_told_with_its_places(
    capsys: pytest.CaptureFixture[str],
) -> None:
    json_logging()
    defect = Defect("This input met a defect.")
    defect.trace = "KeyError\nfilling.py:7 in fill"
    structlog.get_logger().error("handler failed", exc_info=defect)

    (line,) = lines(capsys)
    exception = line["exception"]
    assert isinstance(exception, list)
    assert exception[0]["elsewhere"] == ["KeyError", "filling.py:7 in fill"]


def test_a_console_line_is_masked_too(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging(Settings.from_environment({"ATELIER_LOG_FORMAT": "console"}))
    structlog.get_logger().info("mail", address="mallory@example.com")

    assert MASK in (said := capsys.readouterr().err)
    assert "mallory" not in said
