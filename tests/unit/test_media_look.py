"""The looking pass finds every change of a deck, to the frame, and decodes little for it."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from adapters.media.candidates import Scenes
from adapters.media.h264_order import Counter, bridged, counter_of
from adapters.media.looking import Looker, look
from adapters.media.messages import LookAnswer, LookCall
from adapters.media.opening import opened, packets, video_at
from adapters.media.probing import probe
from adapters.media.stretches import stretches
from clips import TICKS, Picture, Track, counting, film, slide
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
    path = film(tmp_path / "a.mp4", talk(deck(3, 4), 2))

    answer = seen(path)

    assert answer.cuts == tuple(range(2000, 24_000, 2000))
    assert len(answer.candidates) == 12
    assert {each.kind for each in answer.candidates} == {FrameKind.SLIDE}
    assert answer.frames_decoded < 250  # of 600
    for number, each in enumerate(answer.candidates):
        assert (each.stable.start_ms, each.stable.end_ms) == (number * 2000, number * 2000 + 2000)
        assert each.stable.start_ms < each.time_ms < each.stable.end_ms
        assert each.time_ms % 40 == 0  # the time of a real frame


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.webm", "libvpx", {"g": "9999"}),
        ("a.mkv", "libvpx-vp9", {"g": "100"}),
        ("a.mkv", "libx265", {"x265-params": "log-level=0:keyint=100"}),
        ("a.avi", "mpeg4", {"g": "100", "b": "2000000"}),
        ("a.mov", "mjpeg", {}),
        ("a.ts", "libx264", {"bf": "3", "g": "60"}),
        ("a.mkv", "libx264", {"x264-params": "scenecut=0:keyint=9999"}),
    ],
)
def test_whatever_codec_it_is(
    tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    track = talk(deck(2, 3), 2)
    track.codec, track.options = codec, options
    track.pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"

    answer = seen(film(tmp_path / name, track))

    assert len(answer.cuts) == 5
    for found, true in zip(answer.cuts, range(2000, 12_000, 2000), strict=True):
        assert abs(found - true) <= 40
    assert len(answer.candidates) == 6


def test_a_face_in_the_corner_is_no_change(tmp_path: Path) -> None:
    answer = seen(film(tmp_path / "a.mp4", talk(deck(3, 3), 3, corner=True)))

    true = range(3000, 27_000, 3000)
    missed = [at for at in true if not any(abs(found - at) <= 120 for found in answer.cuts)]
    assert missed == []
    assert len(answer.candidates) <= 12


def test_a_slide_that_comes_again_is_shown_once(tmp_path: Path) -> None:
    first, second = deck(2, 1)

    answer = seen(film(tmp_path / "a.mp4", talk([first, second, first, second], 2)))

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
    answer = seen(film(tmp_path / "a.mp4", talk(deck(1, 1), 6)))

    assert answer.cuts == ()
    assert len(answer.candidates) == 1


def test_one_frame_a_second_is_enough(tmp_path: Path) -> None:
    frames = [(n * TICKS, picture) for n, picture in enumerate(np.repeat(deck(2, 2), 5, axis=0))]
    path = film(tmp_path / "a.mp4", Track(frames=frames, size=(640, 360), rate=1))

    assert seen(path).cuts == (5000, 10_000, 15_000)


def test_leaps_never_seem_to_lead_back() -> None:
    """With a counter of 32 pictures, a leap of 20 looks like one of -12."""
    counter = Counter(range=32, shown=True)
    ahead = bridged(0, 14, list(range(1, 14)), counter, lambda place: place)
    stones = bridged(0, 20, list(range(1, 20)), counter, lambda place: place)

    assert ahead == []
    assert len(stones) == 1
    assert 5 < stones[0] < 15


def test_leaps_see_a_new_round_of_the_counter_begin() -> None:
    counter = Counter(range=16, shown=False)

    def way(start: int, goal: int) -> list[int]:
        return bridged(start, goal, list(range(start + 1, goal)), counter, lambda place: place)

    assert way(3, 75) == []  # 3 and 11
    assert way(75, 149) == [143, 144]  # 11 and 5
    assert way(5, 37) == [31, 32]
    assert way(5, 48) == [47]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"preset": "superfast", "bf": "3"},
        {"preset": "superfast", "x264-params": "bframes=3:b-pyramid=0:b-adapt=0"},
        {"preset": "superfast", "x264-params": "bframes=8:b-adapt=0"},
    ],
)
@pytest.mark.parametrize("name", ["a.mp4", "a.ts"])
def test_every_frame_leapt_to_is_given_back(
    tmp_path: Path, name: str, options: dict[str, str]
) -> None:
    size = (96, 64)
    track = Track(frames=counting(12, size=size), size=size, options={"g": "999", **options})
    chance = np.random.default_rng(7)
    with opened(film(tmp_path / name, track)) as container:
        stream = video_at(container, 0)
        base = stream.time_base or Fraction(1)
        scenes = Scenes(base=base, offset_ms=0, duration_ms=12_000, area=1)
        (stretch,) = stretches(packets(container, stream), base)
        times = [packet.pts for packet in stretch.packets]
        lost = 0
        for _ in range(40):
            looker = Looker(stream, scenes, shown=sorted(times))
            wanted = {0, *chance.integers(1, 290, 4).tolist()}
            views = looker._views(stretch, wanted, [])
            lost += len({times[place] for place in wanted} - {view.pts for view in views})

    assert lost <= 1


def test_the_range_of_the_counter_is_read_from_the_stream(tmp_path: Path) -> None:
    import av

    path = film(tmp_path / "a.mp4", talk(deck(1, 1), 1))
    with av.open(str(path)) as container:
        found = counter_of(container.streams.video[0].codec_context.extradata)

    assert found is not None
    assert (found.shown, found.prefix) == (True, 4)
    assert found.range in {8, 16, 32, 64}
    assert counter_of(b"") is None
    assert counter_of(b"\x01\x64\x00\x1f\xff\xe1\x00\x03\x67\x64\x00") is None
