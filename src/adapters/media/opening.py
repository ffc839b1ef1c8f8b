"""Media files opened: one local file, one forced format, one thread, no word on stderr."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from adapters.media.sniff import container_of
from domain.notes.media import DamagedMedia

T = TypeVar("T", bound=Stream)

_OPTIONS: Final = {
    "protocol_whitelist": "file",  # what a file names is not fetched, not even from this disk
    "probesize": "20000000",
    "analyzeduration": "20000000",  # microseconds; late tracks of transport streams
}
_BROKEN_PLACES: Final = 50  # where reading fails; more of them are the end

av.logging.set_level(None)


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """Raises NotMedia, DamagedMedia."""
    form = container_of(path)
    try:
        container = av.open(
            str(path), format=form, options=dict(_OPTIONS), metadata_errors="replace"
        )
    except (FFmpegError, ValueError) as error:
        raise _damaged(path, form) from error
    with container:
        yield container


def _damaged(path: Path, form: str) -> DamagedMedia:
    if form == "mov" and not _has_index(path):
        return DamagedMedia(
            "The file ends before its index: it was cut off, or is still being written.",
            found="no-index",
        )
    return DamagedMedia("The file is damaged: nothing of it can be read.", found="damaged")


def _has_index(path: Path) -> bool:
    """Whether one of the outer boxes is `moov`."""
    size, place = path.stat().st_size, 0
    with path.open("rb") as file:
        while place + 8 <= size:
            file.seek(place)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            if head[4:8] == b"moov":
                return True
            if length == 1:
                length = int.from_bytes(head[8:16], "big")
            if length < 8:  # noqa: PLR2004 - a box that reaches to the end, or rubbish
                return False
            place += length
    return False


def frugal(stream: VideoStream | AudioStream) -> None:
    """One thread: the seconds of a core count, and jobs run beside each other."""
    stream.codec_context.thread_count = 1


def packets(container: InputContainer, *streams: Stream) -> "Iterator[Packet[Stream]]":
    """Those that have content, up to where the file can be read; a broken place is passed over."""
    source, broken = container.demux(*streams), 0
    while broken < _BROKEN_PLACES:
        try:
            packet = next(source)
        except StopIteration:
            return
        except FFmpegError:
            source, broken = container.demux(*streams), broken + 1
            continue
        if packet.size:
            yield packet


def frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Decoded from where the container stands; broken packets are passed over."""
    for packet in packets(container, stream):
        yield from decoded(stream, packet)
    yield from decoded(stream, None)


def decoded(stream: VideoStream, packet: "Packet[Stream] | None") -> Iterator[VideoFrame]:
    try:
        found = stream.codec_context.decode(packet)
    except FFmpegError:
        return
    for frame in found:
        if frame.pts is not None or frame.dts is not None:
            if frame.pts is None:
                frame.pts = frame.dts
            yield frame


def video_at(container: InputContainer, index: int) -> VideoStream:
    stream = container.streams[index]
    if not isinstance(stream, VideoStream):
        raise DamagedMedia("The picture of this file cannot be read.", found="no-video")
    frugal(stream)
    return stream


def audio_at(container: InputContainer, index: int) -> AudioStream:
    stream = container.streams[index]
    if not isinstance(stream, AudioStream):
        raise DamagedMedia("The sound of this file cannot be read.", found="no-audio")
    frugal(stream)
    return stream
