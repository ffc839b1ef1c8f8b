"""Grabbed frames and clips show what was asked for, as a player would show it."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from adapters.media.cutting import cut
from adapters.media.grabbing import grab
from adapters.media.messages import CutAnswer, CutCall, Grabbed, GrabCall
from adapters.media.probing import probe
from clips import TICKS, Picture, Sound, Track, counting, film, number_of, numbered, tone
from domain.notes.media import Dynamic, MediaFacts, Span


def facts_of(path: Path) -> MediaFacts:
    return probe(path, language=None, track=None, limit_ms=1 << 40)


def grabbed(
    path: Path, *times_ms: int, width: int = 1280
) -> tuple[tuple[Grabbed, ...], list[Picture]]:
    facts = facts_of(path)
    assert facts.video is not None
    call = GrabCall(
        source=str(path),
        track=facts.video.index,
        offset_ms=facts.offset_ms,
        times_ms=times_ms,
        width=width,
        dynamic=facts.video.dynamic,
    )
    found = grab(path, call, path.parent)
    return found, [np.asarray(Image.open(path.parent / each.name)) for each in found]


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds of numbered frames."""
    return film(tmp_path_factory.mktemp("counted") / "a.mp4", Track(frames=counting(20)))


def test_frames_are_those_at_or_just_after_the_times_in_any_order(counted: Path) -> None:
    found, pictures = grabbed(counted, 10_000, 0, 19_960, 10_005, 4_440)

    assert [each.time_ms for each in found] == [10_000, 0, 19_960, 10_040, 4_440]
    assert [number_of(each) for each in pictures] == [250, 0, 499, 251, 111]


@pytest.mark.parametrize("asked", [20_000, 20_040, 3_600_000])
def test_past_the_end_is_the_last_frame(counted: Path, asked: int) -> None:
    found, pictures = grabbed(counted, asked)

    assert found[0].time_ms == 19_960
    assert number_of(pictures[0]) == 499


def test_a_changing_rate_does_not_shift_them(tmp_path: Path) -> None:
    slow = [(n * TICKS // 5, numbered(n)) for n in range(50)]
    quick = [(10 * TICKS + n * TICKS // 60, numbered(50 + n)) for n in range(300)]
    path = film(tmp_path / "a.mkv", Track(frames=[*slow, *quick]))

    found, pictures = grabbed(path, 3_300, 9_790, 9_810, 12_500)

    for one, picture in zip(found, pictures, strict=True):
        time = one.time_ms / 1000
        true = time * 5 if time < 10 else 50 + (time - 10) * 60
        assert abs(number_of(picture) - true) <= 0.1
    assert [each.time_ms for each in found] == [3400, 9800, 10_000, 12_500]


@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "a.mp4"])
def test_times_are_the_notes_own_wherever_the_clock_begins(tmp_path: Path, name: str) -> None:
    path = film(tmp_path / name, Track(frames=counting(6, start=100.0)))

    found, pictures = grabbed(path, 2_000)

    assert (found[0].time_ms, number_of(pictures[0])) == (2_000, 50)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_video_is_shown_upright(tmp_path: Path, degrees: int) -> None:
    path = film(
        tmp_path / "a.mp4",
        Track(frames=counting(1), set_up=lambda coder: coder.set_display_rotation(-degrees)),
    )

    _, pictures = grabbed(path, 400)

    back = np.rot90(pictures[0], degrees // 90)  # counter-clockwise
    assert back.shape[:2] == (240, 320)
    assert number_of(back) == 10


def test_wide_pixels_are_made_square(tmp_path: Path) -> None:
    def wide(coder: Any) -> None:
        coder.codec_context.sample_aspect_ratio = Fraction(2, 1)

    path = film(tmp_path / "a.mp4", Track(frames=counting(1), set_up=wide))

    found, _ = grabbed(path, 0)

    assert (found[0].width, found[0].height) == (640, 240)


@pytest.mark.parametrize(
    ("codec", "pixels", "size"),
    [
        ("libx264", "yuv444p", (321, 243)),
        ("libx264", "yuv422p10le", (320, 240)),
        ("libx265", "yuv420p10le", (320, 240)),
        ("prores", "yuv422p10le", (320, 240)),
        ("ffv1", "yuv420p", (333, 241)),
        ("libx264", "yuv420p", (240, 426)),
    ],
)
def test_unusual_forms_are_shown(
    tmp_path: Path, codec: str, pixels: str, size: tuple[int, int]
) -> None:
    path = film(
        tmp_path / "a.mkv",
        Track(frames=counting(1, size=size), codec=codec, pixels=pixels, size=size),
    )

    found, pictures = grabbed(path, 520)

    assert (found[0].width, found[0].height) == size
    assert number_of(pictures[0]) == 13


def test_8k_is_scaled_down(tmp_path: Path) -> None:
    big = numbered(7, 7680, 4320)
    path = film(
        tmp_path / "a.mp4",
        Track(frames=[(0, big)], size=(7680, 4320)),
    )

    found, pictures = grabbed(path, 10)

    assert (found[0].width, found[0].height) == (1280, 720)
    assert number_of(pictures[0]) == 7


def test_lines_of_two_moments_are_woven(tmp_path: Path) -> None:
    """A bar that moved between the fields leaves no comb."""
    even, odd = np.full((240, 320, 3), 20, np.uint8), np.full((240, 320, 3), 20, np.uint8)
    even[:, 100:140], odd[:, 160:200] = 235, 235
    both = even.copy()
    both[1::2] = odd[1::2]
    path = film(
        tmp_path / "a.ts",
        Track(
            frames=[(n * TICKS // 25, both) for n in range(10)],
            options={"x264-params": "tff=1:interlaced=1"},
            set_up=lambda coder: setattr(coder.codec_context, "flags", 1 << 18 | 1 << 29),
        ),
    )
    video = facts_of(path).video
    assert video is not None
    assert video.interlaced

    _, pictures = grabbed(path, 120)

    grey = pictures[0].astype(int).mean(axis=2)
    assert np.abs(np.diff(grey[20:-20], axis=0)).max() < 60


def hdr_frame(nits: float, dynamic: Dynamic) -> av.VideoFrame:
    code = round(65535 * (pq(nits) if dynamic is Dynamic.PQ else hlg(nits)))
    pixels = np.full((240, 320, 3), code, np.uint16)
    return av.VideoFrame.from_ndarray(pixels, format="rgb48le").reformat(
        format="yuv420p10le", dst_colorspace=9
    )


def pq(nits: float) -> float:
    powered = (nits / 10_000) ** (2610 / 16384)
    return float(((3424 / 4096 + 2413 / 128 * powered) / (1 + 2392 / 128 * powered)) ** (2523 / 32))


def hlg(nits: float) -> float:
    scene = (nits / 1000) ** (1 / 1.2)
    if scene <= 1 / 12:
        return float((3 * scene) ** 0.5)
    return float(0.17883277 * np.log(12 * scene - 0.28466892) + 0.55991073)


@pytest.mark.parametrize("dynamic", [Dynamic.PQ, Dynamic.HLG])
def test_hdr_is_as_bright_as_paper_where_paper_is(tmp_path: Path, dynamic: Dynamic) -> None:
    """Without a mapping, paper (203 nits) would be 148 of 255, and a face grey."""
    code = 16 if dynamic is Dynamic.PQ else 18
    nits = [0, 20, 100, 203, 600, 1000]

    def hdr(coder: Any) -> None:
        context = coder.codec_context
        context.color_trc, context.color_primaries, context.colorspace = code, 9, 9

    frames = [(n * TICKS // 5, hdr_frame(each, dynamic)) for n, each in enumerate(nits)]
    path = film(
        tmp_path / "a.mkv",
        Track(frames=frames, codec="libx265", pixels="yuv420p10le", set_up=hdr),
    )

    _, pictures = grabbed(path, *range(0, 1200, 200))

    levels = [float(picture.mean()) for picture in pictures]
    assert levels == sorted(levels)
    assert levels[0] < 6
    assert 80 < levels[1] < 100  # a tenth of paper, as sRGB has it
    assert 175 < levels[2] < 200
    assert 225 < levels[3] < 245
    assert levels[5] > 250


def clip(path: Path, start_ms: int, end_ms: int) -> tuple[CutAnswer, Path]:
    facts, target = facts_of(path), path.parent / "clip.mp4"
    call = CutCall(
        source=str(path),
        video=facts.video.index if facts.video else None,
        audio=facts.audio_choice,
        offset_ms=facts.offset_ms,
        span=Span(start_ms=start_ms, end_ms=end_ms),
        dynamic=Dynamic.SDR,
        target=target.name,
    )
    return cut(path, call, target), target


@pytest.mark.parametrize("start", [0.0, 50.0])
def test_a_clip_holds_exactly_its_frames_and_its_sound(tmp_path: Path, start: float) -> None:
    beep = np.concatenate([np.zeros(3 * 16_000, np.float32), tone(1), np.zeros(32_000, np.float32)])
    path = film(
        tmp_path / "a.mkv",
        Track(frames=counting(6, start=start)),
        Sound(stretches=[(start, beep)]),
    )

    answer, made = clip(path, 2_000, 5_000)

    assert (answer.start_ms, answer.end_ms) == (2_000, 5_000)
    with av.open(str(made)) as opened:
        numbers = [number_of(frame.to_ndarray(format="rgb24")) for frame in opened.decode(video=0)]
    assert numbers == list(range(50, 125))
    with av.open(str(made)) as opened:
        loud = [
            float(frame.time)
            for frame in opened.decode(audio=0)
            if np.abs(frame.to_ndarray()).max() > 0.1
        ]
    assert loud[0] == pytest.approx(1.0, abs=0.03)
    assert loud[-1] == pytest.approx(2.0, abs=0.05)
    assert made.read_bytes()[4:8] == b"ftyp"
    assert made.read_bytes().index(b"moov") < made.read_bytes().index(b"mdat")
    assert facts_of(made).duration_ms == pytest.approx(3_000, abs=40)


def test_a_clip_of_sound_alone(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp3", Sound(stretches=[(0, tone(6))], codec="libmp3lame"))

    answer, made = clip(path, 1_500, 4_000)

    assert (answer.start_ms, answer.end_ms) == (1_500, 4_000)
    assert facts_of(made).duration_ms == pytest.approx(2_500, abs=45)


def test_a_clip_of_an_odd_size_and_a_changing_rate(tmp_path: Path) -> None:
    slow = [(n * TICKS // 5, numbered(n, 321, 243)) for n in range(20)]
    quick = [(4 * TICKS + n * TICKS // 50, numbered(20 + n, 321, 243)) for n in range(100)]
    path = film(
        tmp_path / "a.mkv",
        Track(frames=[*slow, *quick], pixels="yuv444p", size=(321, 243)),
    )

    answer, made = clip(path, 3_000, 5_000)

    with av.open(str(made)) as opened:
        frames = list(opened.decode(video=0))
    assert [number_of(frame.to_ndarray(format="rgb24")) for frame in frames] == [
        *range(15, 20), *range(20, 70),
    ]  # fmt: skip
    assert [round(float(frame.time), 2) for frame in frames[:6]] == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert (answer.start_ms, answer.end_ms) == (3_000, 5_000)
