"""The looking pass finds every change of a deck, to the frame, and decodes little for it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from adapters.media.h264_order import bridged, order_range
from adapters.media.looking import look
from adapters.media.messages import LookAnswer, LookCall
from adapters.media.probing import probe
from clips import TICKS, Picture, Track, film, slide
from domain.notes.frames import FrameKind

RATE = 25
POINTS = [
    "Where the boats come home",
    "What the storm left behind",
    "How nets are mended",
    "Who counts the lamps",
]
TITLES = ["The harbour at night", "Seven boats", "Lamps and what they cost"]


def deck(slides: int, points: int) -> list[Picture]:
    """Each slide is shown once with every one of its points added."""
    return [
        slide(TITLES[number], POINTS[: shown + 1], 640, 360)
        for number in range(slides)
        for shown in range(points)
    ]


def talk(pictures: Sequence[Picture], seconds: float, *, corner: bool = False) -> Track:
    frames: list[tuple[int, Picture]] = []
    chance = np.random.default_rng(4)
    face = chance.integers(40, 200, (12, 16, 3), np.uint8).repeat(5, 0).repeat(5, 1)
    for number in range(round(len(pictures) * seconds * RATE)):
        picture = pictures[int(number / RATE / seconds)]
        if corner:
            picture = picture.copy()
            sway = (int(3 * np.sin(number / 5)), int(5 * np.sin(number / 8)))
            moved = np.roll(face, sway, (0, 1)).astype(np.int16)
            noise = chance.integers(-5, 6, moved.shape)
            picture[-70:-10, -90:-10] = np.clip(moved + noise, 0, 255)
        frames.append((number * TICKS // RATE, picture))
    return Track(
        frames=frames, size=(640, 360), rate=RATE, options={"preset": "veryfast", "g": "250"}
    )


def seen(path: Path) -> LookAnswer:
    facts = probe(path, language=None, track=None, limit_ms=1 << 40)
    assert facts.video is not None
    call = LookCall(
        source=str(path),
        track=facts.video.index,
        offset_ms=facts.offset_ms,
        duration_ms=facts.duration_ms,
    )
    return look(path, call, lambda told: None)


def test_every_slide_and_every_point_is_found_to_the_frame(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", talk(deck(3, 4), 4))

    answer = seen(path)

    assert answer.cuts == tuple(range(4000, 48_000, 4000))
    assert len(answer.candidates) == 12
    assert {each.kind for each in answer.candidates} == {FrameKind.SLIDE}
    assert answer.frames_decoded < 400  # of 1200
    for number, each in enumerate(answer.candidates):
        assert (each.stable.start_ms, each.stable.end_ms) == (number * 4000, number * 4000 + 4000)
        assert each.stable.start_ms < each.time_ms < each.stable.end_ms
        assert each.time_ms % 40 == 0  # the time of a real frame


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.webm", "libvpx", {"deadline": "realtime", "cpu-used": "8", "g": "9999"}),
        ("a.mkv", "libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "g": "100"}),
        ("a.mkv", "libx265", {"preset": "ultrafast", "x265-params": "log-level=0:keyint=100"}),
        ("a.avi", "mpeg4", {"g": "100", "b": "2000000"}),
        ("a.mov", "mjpeg", {}),
        ("a.ts", "libx264", {"preset": "ultrafast", "bf": "3", "g": "60"}),
        ("a.mkv", "libx264", {"preset": "ultrafast", "x264-params": "scenecut=0:keyint=9999"}),
    ],
)
def test_whatever_codec_it_is(
    tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    track = talk(deck(2, 3), 3)
    track.codec, track.options = codec, options
    track.pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"

    answer = seen(film(tmp_path / name, track))

    assert len(answer.cuts) == 5
    for found, true in zip(answer.cuts, range(3000, 18_000, 3000), strict=True):
        assert abs(found - true) <= 40
    assert len(answer.candidates) == 6


def test_a_face_in_the_corner_is_no_change(tmp_path: Path) -> None:
    answer = seen(film(tmp_path / "a.mp4", talk(deck(3, 3), 5, corner=True)))

    true = range(5000, 45_000, 5000)
    missed = [at for at in true if not any(abs(found - at) <= 120 for found in answer.cuts)]
    assert missed == []
    assert len(answer.candidates) <= 12


def test_a_slide_that_comes_again_is_shown_once(tmp_path: Path) -> None:
    first, second = deck(2, 1)

    answer = seen(film(tmp_path / "a.mp4", talk([first, second, first, second], 3)))

    assert len(answer.cuts) == 3
    assert len(answer.candidates) == 2


def test_a_fade_gives_no_frame_from_its_middle(tmp_path: Path) -> None:
    first, second = (each.astype(np.int16) for each in deck(2, 1))
    mixed = [(first + (second - first) * step // 20).astype(np.uint8) for step in range(21)]
    shown = [mixed[0]] * 100 + mixed + [mixed[-1]] * 100
    frames = [(number * TICKS // RATE, picture) for number, picture in enumerate(shown)]
    path = film(
        tmp_path / "a.mp4",
        Track(frames=frames, size=(640, 360), options={"preset": "veryfast"}),
    )

    answer = seen(path)

    assert len(answer.candidates) == 2
    before, after = answer.candidates
    assert before.stable.end_ms <= 4000 + 20 * 40
    assert before.time_ms < 4000
    assert after.time_ms >= 4000 + 20 * 40


def test_a_picture_that_never_changes_is_one_candidate(tmp_path: Path) -> None:
    answer = seen(film(tmp_path / "a.mp4", talk(deck(1, 1), 12)))

    assert answer.cuts == ()
    assert len(answer.candidates) == 1


def test_one_frame_a_second_is_enough(tmp_path: Path) -> None:
    frames = [(n * TICKS, picture) for n, picture in enumerate(np.repeat(deck(2, 2), 5, axis=0))]
    path = film(tmp_path / "a.mp4", Track(frames=frames, size=(640, 360), rate=1))

    assert seen(path).cuts == (5000, 10_000, 15_000)


def test_leaps_never_seem_to_lead_back() -> None:
    """With a counter of 32 pictures, a leap of 20 looks like one of -12."""
    ahead = bridged(0, 14, list(range(1, 14)), 32, lambda place: place)
    stones = bridged(0, 20, list(range(1, 20)), 32, lambda place: place)

    assert ahead == []
    assert len(stones) == 1
    assert 5 < stones[0] < 15


def test_the_range_of_the_counter_is_read_from_the_stream(tmp_path: Path) -> None:
    import av

    path = film(tmp_path / "a.mp4", talk(deck(1, 1), 1))
    with av.open(str(path)) as container:
        found = order_range(container.streams.video[0].codec_context.extradata)

    assert found in {8, 16, 32, 64}
    assert order_range(b"") is None
    assert order_range(b"\x01\x64\x00\x1f\xff\xe1\x00\x03\x67\x64\x00") is None
