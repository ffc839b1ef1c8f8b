"""What media files are found to be, however their headers put it."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from adapters.media.probing import probe
from clips import Sound, Track, counting, film, numbered, tone
from domain.notes.media import (
    DamagedMedia,
    Dynamic,
    MediaFacts,
    MediaTooLong,
    NothingToNote,
    NotMedia,
    UnknownTrack,
)

HOURS = 3_600_000


def facts(path: Path, language: str | None = None, track: int | None = None) -> MediaFacts:
    return probe(path, language=language, track=track, limit_ms=12 * HOURS)


def described(**about: Any) -> Any:
    def set_up(coder: Any) -> None:
        for name, value in about.items():
            if name == "disposition":
                coder.disposition = value
            else:
                coder.metadata[name] = value

    return set_up


@pytest.mark.parametrize(
    ("name", "video", "sound"),
    [
        ("a.mp4", "libx264", "aac"),
        ("a.mov", "libx264", "aac"),
        ("a.mkv", "libx264", "libopus"),
        ("a.webm", "libvpx", "libopus"),
        ("a.ts", "libx264", "aac"),
        ("a.avi", "mpeg4", "libmp3lame"),
        ("a.flv", "libx264", "aac"),
    ],
)
def test_every_common_container_is_measured(
    tmp_path: Path, name: str, video: str, sound: str
) -> None:
    rate = 48_000 if sound == "libopus" else 44_100
    path = film(
        tmp_path / name,
        Track(frames=counting(4), codec=video),
        Sound(stretches=[(0, tone(4, rate))], codec=sound, rate=rate),
    )

    found = facts(path)

    assert found.video is not None
    assert (found.video.width, found.video.height) == (320, 240)
    assert found.video.frame_rate == pytest.approx(25, abs=0.1)
    assert (found.video.variable_rate, found.video.dynamic) == (False, Dynamic.SDR)
    assert found.duration_ms == pytest.approx(4000, abs=90)
    assert found.audio_choice == 1
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp3", "libmp3lame"), ("a.m4a", "aac"), ("a.aac", "aac"), ("a.flac", "flac")],
)
def test_sound_alone_is_enough(tmp_path: Path, name: str, codec: str) -> None:
    form = {"a.m4a": "ipod", "a.aac": "adts"}.get(name)
    path = tmp_path / name
    sound = Sound(stretches=[(0, tone(3, 44_100))], codec=codec, rate=44_100)
    if codec == "flac":
        with av.open(str(path), "w") as made:
            coder = made.add_stream("flac", rate=16_000, layout="mono")
            samples = (tone(3) * 20_000).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate = 16_000
            made.mux(coder.encode(frame))
            made.mux(coder.encode(None))
    else:
        film(path, sound, form=form)

    found = facts(path)

    assert found.video is None
    assert found.audio_choice == 0
    assert found.duration_ms == pytest.approx(3000, abs=80)


def test_a_video_without_sound_is_fine(tmp_path: Path) -> None:
    found = facts(film(tmp_path / "a.mp4", Track(frames=counting(2))))

    assert (found.audio, found.audio_choice) == ((), None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"Dear Ada,\nthis is no video.\n" * 50, "text"),
        ("Ein Brief, kein Film: äöü. ".encode() * 400, "text"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n", "playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "playlist"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><MPD></MPD>", "playlist"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "picture"),
        (b"\0\0\0\x18ftypavif" + bytes(100), "picture"),
        (bytes(range(256)) * 20, "unknown"),
    ],
)
def test_what_is_no_media_is_said_to_be_what_it_is(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "renamed.mp4"
    path.write_bytes(content)

    with pytest.raises(NotMedia) as refused:
        facts(path)

    assert refused.value.facts["found"] == said


def test_a_playlist_inside_a_media_extension_reaches_no_other_file(tmp_path: Path) -> None:
    """HLS behind a sound's first bytes: the demuxer is the one of the bytes, never one it asks."""
    secret = film(tmp_path / "secret.ts", Track(frames=counting(1)))
    path = tmp_path / "a.mp3"
    path.write_bytes(b"ID3\x04\0\0\0\0\0\0#EXTM3U\n#EXTINF:1,\n" + str(secret).encode() + b"\n")

    with pytest.raises((DamagedMedia, NothingToNote)):
        facts(path)


def test_an_mp4_without_its_index_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", Track(frames=counting(3)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(DamagedMedia) as refused:
        facts(path)

    assert refused.value.facts["found"] == "no-index"


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_a_file_that_was_cut_off_is_as_long_as_what_is_left(tmp_path: Path, share: float) -> None:
    whole = film(
        tmp_path / "a.mkv",
        Track(frames=counting(20), options={"g": "25"}),
        Sound(stretches=[(0, tone(20))]),
    )
    whole.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])

    found = facts(whole)

    assert (found.warnings, found.measured) == (("truncated",), True)
    assert found.duration_ms == pytest.approx(20_000 * share, abs=2500)


def test_a_cut_off_mp4_with_its_index_in_front_is_measured_too(tmp_path: Path) -> None:
    path = film(
        tmp_path / "a.mp4",
        Track(frames=counting(20), options={"g": "25"}),
        options={"movflags": "+faststart"},
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    found = facts(path)

    assert found.warnings == ("truncated",)
    assert 5_000 < found.duration_ms < 15_000


def test_a_recording_of_a_browser_has_no_length_and_gets_one(tmp_path: Path) -> None:
    path = film(
        tmp_path / "a.webm",
        Track(frames=counting(6), codec="libvpx"),
        options={"live": "1"},
    )
    with av.open(str(path)) as opened:
        assert opened.duration is None

    found = facts(path)

    assert found.measured
    assert found.duration_ms == pytest.approx(6000, abs=60)
    assert found.warnings == ()


def test_a_changing_frame_rate_is_noticed(tmp_path: Path) -> None:
    slow = [(n * 18_000, numbered(n)) for n in range(50)]
    quick = [(900_000 + n * 1500, numbered(50 + n)) for n in range(120)]
    path = film(tmp_path / "a.mp4", Track(frames=[*slow, *quick]))

    video = facts(path).video

    assert video is not None
    assert video.variable_rate


def test_a_clock_that_begins_late_is_noted_once(tmp_path: Path) -> None:
    path = film(
        tmp_path / "a.mkv",
        Track(frames=counting(4, start=7.0)),
        Sound(stretches=[(9.0, tone(2))]),
    )

    found = facts(path)

    assert found.offset_ms == 7000
    assert found.duration_ms == pytest.approx(4000, abs=90)


def test_a_phone_that_was_held_upright_makes_an_upright_video(tmp_path: Path) -> None:
    path = film(
        tmp_path / "a.mp4",
        Track(frames=counting(1), set_up=lambda coder: coder.set_display_rotation(-90)),
    )

    video = facts(path).video

    assert video is not None
    assert (video.width, video.height, video.rotation) == (240, 320, 90)


def test_a_cover_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    with av.open(str(path), "w") as made:
        sound = made.add_stream("libmp3lame", rate=16_000, layout="mono")
        cover: Any = made.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 320, 240, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(numbered(1), format="rgb24")
        coded = [*cover.encode(picture.reformat(format="yuvj420p")), *cover.encode(None)]
        samples = tone(2)[None]
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = 16_000
        made.mux([*coded, *sound.encode(frame), *sound.encode(None)])
    with av.open(str(path)) as opened:
        assert len(opened.streams.video) == 1

    assert facts(path).video is None


def two_languages(tmp_path: Path) -> Path:
    return film(
        tmp_path / "a.mkv",
        Track(frames=counting(1)),
        Sound(
            stretches=[(0, tone(1))],
            set_up=described(title="Director's commentary", language="eng"),
        ),
        Sound(
            stretches=[(0, tone(1))],
            set_up=described(language="ger", disposition=Disposition.default),
        ),
        Sound(stretches=[(0, tone(1))], set_up=described(language="fre")),
    )


@pytest.mark.parametrize(
    ("language", "track", "choice"),
    [(None, None, 2), ("fr", None, 3), ("en", None, 2), ("nl", None, 2), (None, 1, 1)],
)
def test_the_sound_is_chosen_by_wish_language_and_default_but_no_commentary(
    tmp_path: Path, language: str | None, track: int | None, choice: int
) -> None:
    found = facts(two_languages(tmp_path), language, track)

    assert found.audio_choice == choice
    assert [each.language for each in found.audio] == ["en", "de", "fr"]
    assert [each.commentary for each in found.audio] == [True, False, False]


def test_a_track_that_is_not_there_cannot_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(UnknownTrack) as refused:
        facts(two_languages(tmp_path), track=0)

    assert refused.value.facts["tracks"] == [1, 2, 3]


def test_a_video_longer_than_allowed_is_refused(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", Track(frames=counting(3)))

    with pytest.raises(MediaTooLong) as refused:
        probe(path, language=None, track=None, limit_ms=2000)

    assert refused.value.facts["limit_ms"] == 2000


def test_an_hdr_video_is_known_by_its_transfer(tmp_path: Path) -> None:
    def hdr(coder: Any) -> None:
        context = coder.codec_context
        context.color_trc, context.color_primaries, context.colorspace = 16, 9, 9

    path = film(
        tmp_path / "a.mkv",
        Track(frames=counting(1), codec="libx265", pixels="yuv420p10le", set_up=hdr),
    )

    video = facts(path).video

    assert video is not None
    assert video.dynamic is Dynamic.PQ
