"""Ten hours of video in a few megabytes: the packets of a short one again and again."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from clips import TICKS, Sound, Track, film, slide

LOOP_SECONDS = 60


def long_film(path: Path, hours: float) -> Path:
    """A frame every five seconds, silence all along; each loop begins with a keyframe."""
    pictures = [slide(f"Slide {n}", ["one", "two"][: n + 1], 320, 180) for n in range(2)]
    frames = [(at * TICKS, pictures[at // 30]) for at in range(0, LOOP_SECONDS, 5)]
    silence = np.zeros((LOOP_SECONDS + 1) * 8_000, np.float32)
    short = film(
        path.with_name("loop.mkv"),
        Track(frames=frames, size=(320, 180), rate=1, options={"bf": "0", "preset": "ultrafast"}),
        Sound(stretches=[(0, silence)], codec="flac", rate=8_000),
    )
    with av.open(str(short)) as source:
        packets = [
            (packet.stream_index, bytes(packet), packet.pts * packet.time_base, packet)
            for packet in source.demux()
            if packet.size and packet.pts is not None
        ]
        with av.open(str(path), "w") as target:
            streams = [target.add_stream_from_template(stream) for stream in source.streams]
            for loop in range(round(hours * 3600 / LOOP_SECONDS)):
                for index, data, at, packet in packets:
                    if 0 <= at < LOOP_SECONDS:
                        moved = at + loop * LOOP_SECONDS
                        target.mux(_copied(data, moved, packet, streams[index]))
    return path


def _copied(data: bytes, at: Fraction, packet: Any, stream: Any) -> Any:
    made = av.Packet(data)
    made.stream, made.time_base = stream, Fraction(1, 1000)
    made.pts = made.dts = round(at * 1000)
    made.duration = round((packet.duration or 0) * packet.time_base * 1000)
    made.is_keyframe = packet.is_keyframe
    return made
