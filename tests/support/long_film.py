"""Hours of video in a few megabytes: the packets of a minute again and again."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from clips import TICKS, Sound, Track, film, slide

LOOP_SECONDS = 60
FRAME_SECONDS = 10
HEARD_SECONDS = 5  # of each minute; the rest of it has no sound at all


def long_film(path: Path, hours: float) -> Path:
    """A frame every ten seconds, and another slide every half a minute."""
    size = (160, 96)
    pictures = [slide(f"Slide {n}", ["one", "two"][: n + 1], *size) for n in range(2)]
    frames = [(at * TICKS, pictures[at // 30]) for at in range(0, LOOP_SECONDS, FRAME_SECONDS)]
    silence = np.zeros((HEARD_SECONDS + 1) * 8_000, np.float32)
    short = film(
        path.with_name("loop.mkv"),
        Track(frames=frames, size=size, rate=1, options={"bf": "0"}),
        Sound(stretches=[(0, silence)], codec="flac", rate=8_000),
    )
    with av.open(str(short)) as source:
        packets = [
            (
                packet.stream_index,
                bytes(packet),
                round(packet.pts * packet.time_base * 1000),
                packet,
            )
            for packet in source.demux()
            if packet.size and packet.pts is not None
        ]
        with av.open(str(path), "w") as target:
            streams = [target.add_stream_from_template(stream) for stream in source.streams]
            for loop in range(round(hours * 3600 / LOOP_SECONDS)):
                for index, data, at, packet in packets:
                    moved = at + loop * LOOP_SECONDS * 1000
                    target.mux(_copied(data, moved, packet, streams[index]))
    return path


def _copied(data: bytes, at: int, packet: Any, stream: Any) -> Any:
    made = av.Packet(data)
    made.stream, made.time_base = stream, Fraction(1, 1000)
    made.pts = made.dts = at
    made.duration = round((packet.duration or 0) * packet.time_base * 1000)
    made.is_keyframe = packet.is_keyframe
    return made
