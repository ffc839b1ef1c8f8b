"""Sound stays where it is in time, and is cut where nobody speaks."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from hibari import Hibari
from numpy.typing import NDArray

from adapters.media.listening import flac, listen
from adapters.media.messages import Done, ListenAnswer, ListenCall, MadeShard
from adapters.media.probing import probe
from adapters.media.shard_cuts import cut_within, quietest
from adapters.media.sound import SoundClock
from clips import Sound, Track, counting, film, tone
from domain.notes.media import Span

RATE = 16_000


@dataclass
class Heard:
    answer: ListenAnswer
    shards: list[MadeShard]
    samples: NDArray[np.int16]
    told: list[int]

    def first_sound_ms(self, after_ms: int = 0) -> float:
        loud = np.flatnonzero(np.abs(self.samples[after_ms * RATE // 1000 :]) > 1500)
        return float(loud[0] * 1000 / RATE) + after_ms


def hear(path: Path, folder: Path, shard_ms: int = 300_000, longest_ms: int = 400_000) -> Heard:
    facts = probe(path, language=None, track=None, limit_ms=1 << 40)
    shards: list[MadeShard] = []
    told: list[int] = []

    def tell(item: object) -> None:
        if isinstance(item, MadeShard):
            shards.append(item)
        elif isinstance(item, Done):
            told.append(item.ms)

    call = ListenCall(
        source=str(path),
        track=facts.audio_choice or 0,
        offset_ms=facts.offset_ms,
        duration_ms=facts.duration_ms,
        shard_ms=shard_ms,
        longest_ms=longest_ms,
    )
    answer = listen(path, call, folder, tell)
    parts = [samples_of((folder / shard.name).read_bytes()) for shard in shards]
    return Heard(answer, shards, np.concatenate(parts), told)


def samples_of(data: bytes) -> NDArray[np.int16]:
    with av.open(io.BytesIO(data)) as container:
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
        assert container.streams.audio[0].rate == RATE
    return np.concatenate(frames)


def test_flac_gives_back_every_sample_and_the_same_bytes() -> None:
    samples = (tone(62) * 32_000).astype(np.int16)[: 61 * RATE + 77]

    assert np.array_equal(samples_of(flac(samples)), samples)
    assert flac(samples) == flac(samples)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_sound_that_starts_late_is_heard_late(tmp_path: Path, name: str) -> None:
    path = film(tmp_path / name, Track(frames=counting(8)), Sound(stretches=[(5, tone(3))]))

    heard = hear(path, tmp_path)

    assert heard.first_sound_ms() == pytest.approx(5000, abs=20)
    assert len(heard.samples) / RATE == pytest.approx(8, abs=0.1)
    assert heard.answer.gaps[0].end_ms == pytest.approx(5000, abs=70)  # the coder's first frame


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_a_hole_in_the_sound_does_not_move_what_follows(tmp_path: Path, name: str) -> None:
    path = film(
        tmp_path / name, Track(frames=counting(12)), Sound(stretches=[(0, tone(2)), (8, tone(3))])
    )

    heard = hear(path, tmp_path)

    first = 64 if name == "a.ts" else 0  # sound of the coder's own, which only TS cannot mark
    assert heard.first_sound_ms(after_ms=3000) == pytest.approx(8000 + first, abs=20)
    assert any(gap.length_ms == pytest.approx(6000, abs=150) for gap in heard.answer.gaps)
    assert heard.answer.decoded_ms == pytest.approx(5000, abs=200)


def test_sound_is_on_the_clock_of_the_picture_when_both_begin_late(tmp_path: Path) -> None:
    path = film(
        tmp_path / "a.mkv",
        Track(frames=counting(4, start=30.0)),
        Sound(stretches=[(31.5, tone(2))]),
    )

    assert hear(path, tmp_path).first_sound_ms() == pytest.approx(1500, abs=20)


def test_silence_is_success_without_speech(tmp_path: Path) -> None:
    silent = np.zeros(5 * RATE, np.float32)
    path = film(tmp_path / "a.mp4", Track(frames=counting(5)), Sound(stretches=[(0, silent)]))

    heard = hear(path, tmp_path)

    assert (heard.answer.speech_ms, heard.answer.level_db) == (0, None)
    assert len(heard.shards) == 1


def test_a_tone_is_loud_but_nobody_speaks(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", Track(frames=counting(9)), Sound(stretches=[(0, tone(9))]))

    heard = hear(path, tmp_path)

    assert heard.answer.speech_ms < 1500
    assert heard.answer.level_db == pytest.approx(-11, abs=1.5)


VOICE_RATE = 24_000
SENTENCES = [
    "The harbour was quiet when the boats came home.",
    "Nobody had counted the nets since the storm.",
    "A child asked why the water had changed its colour.",
    "Nine of the lamps were broken and one was missing.",
]


def spoken(pause_seconds: float, times: int) -> tuple[NDArray[np.float32], list[Span]]:
    """Sentences with pauses of one length, and where these are."""
    said = sentences()
    parts, pauses, at = [], [], 0
    for number in range(times):
        line = said[number % len(said)]
        parts += [line, np.zeros(round(pause_seconds * VOICE_RATE), np.float32)]
        at += len(line)
        pauses.append(Span(start_ms=ms(at), end_ms=ms(at + len(parts[-1]))))
        at += len(parts[-1])
    return np.concatenate(parts), pauses


@cache
def sentences() -> list[NDArray[np.float32]]:
    voice = Hibari()
    return [trimmed(np.concatenate(list(voice.stream(line, seed=7)))) for line in SENTENCES]


def trimmed(line: NDArray[np.float32]) -> NDArray[np.float32]:
    loud = np.flatnonzero(np.abs(line) > 0.01)
    return line[loud[0] : loud[-1]]


def ms(samples: int) -> int:
    return samples * 1000 // VOICE_RATE


def test_shards_are_cut_in_pauses_however_short_and_follow_each_other(tmp_path: Path) -> None:
    samples, pauses = spoken(0.25, 24)
    path = film(tmp_path / "a.mp4", Sound(stretches=[(0, samples)], rate=VOICE_RATE))

    heard = hear(path, tmp_path, shard_ms=12_000, longest_ms=15_000)

    ends = [shard.end_ms for shard in heard.shards]
    assert [shard.start_ms for shard in heard.shards] == [0, *ends[:-1]]
    assert len(ends) >= 5
    assert [end for end in ends[:-1] if not inside(pauses, end)] == []
    assert max(shard.end_ms - shard.start_ms for shard in heard.shards) <= 15_000
    for shard in heard.shards:
        assert all(
            shard.start_ms <= span.start_ms < span.end_ms <= shard.end_ms for span in shard.speech
        )


def test_speech_is_found_where_it_is(tmp_path: Path) -> None:
    samples, pauses = spoken(2.0, 4)
    path = film(tmp_path / "a.mp4", Sound(stretches=[(0, samples)], rate=VOICE_RATE))

    heard = hear(path, tmp_path)

    spans = [span for shard in heard.shards for span in shard.speech]
    middles = [(pause.start_ms + pause.end_ms) // 2 for pause in pauses]
    assert [middle for middle in middles if inside(spans, middle)] == []
    talk = len(samples) * 1000 // VOICE_RATE - 4 * 2000
    assert heard.answer.speech_ms == pytest.approx(talk, rel=0.15)


def test_a_clock_that_drifts_is_kept_to_within_its_slack() -> None:
    """A recorder whose seconds are longer than ours: each frame a little later than the sound."""
    clock = SoundClock(zero=Fraction(0), rate=RATE)
    ends = []
    for number in range(2000):
        frame = av.AudioFrame.from_ndarray(np.ones((1, 1024), np.int16), "s16", "mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = round(number * 1024 * 1.001)
        for _ in clock.take(frame):
            pass
        ends.append(abs(clock.position - frame.pts - 1024))

    assert max(ends) < RATE * 0.02


def test_frames_that_come_twice_are_heard_once() -> None:
    clock = SoundClock(zero=Fraction(0), rate=RATE)
    given = 0
    for start in (0, 1024, 1024, 1536, 2560):
        frame = av.AudioFrame.from_ndarray(np.ones((1, 1024), np.int16), "s16", "mono")
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), start
        given += sum(samples.shape[1] for samples in clock.take(frame))
    given += sum(samples.shape[1] for samples in clock.finish(3584))

    assert (given, clock.position) == (3584, 3584)
    assert clock.gaps == []


def windows(*runs: tuple[int, float, float]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    said = np.concatenate([np.full(count, voice) for count, voice, _ in runs])
    loud = np.concatenate([np.full(count, level) for count, _, level in runs])
    return said.astype(np.float32), loud.astype(np.float32)


SPEAKING, PAUSE, MUSIC = (0.98, 3000.0), (0.05, 20.0), (0.03, 3000.0)


def run(count: int, kind: tuple[float, float]) -> tuple[int, float, float]:
    return count, *kind


@pytest.mark.parametrize("pause", [PAUSE, MUSIC, (0.45, 25.0)])
def test_a_cut_is_in_the_middle_of_a_pause(pause: tuple[float, float]) -> None:
    said, loud = windows(run(100, SPEAKING), run(7, pause), run(93, SPEAKING))

    assert cut_within(said, loud, 50, 200) in {103, 104}


def test_the_longest_pause_within_reach_is_taken() -> None:
    said, loud = windows(
        *(run(40, SPEAKING), run(6, PAUSE), run(60, SPEAKING), run(12, PAUSE), run(50, SPEAKING)),
        *(run(40, PAUSE), run(10, SPEAKING)),
    )

    assert cut_within(said, loud, 0, 168) == 112


def test_where_nobody_pauses_the_quietest_place_is_found() -> None:
    said, loud = windows(run(100, SPEAKING))
    loud[63:66] = 900

    assert cut_within(said, loud, 10, 90) is None
    assert quietest(loud, 10, 90) == 64


def inside(spans: Sequence[Span], at: int) -> bool:
    return any(span.start_ms < at < span.end_ms for span in spans)
