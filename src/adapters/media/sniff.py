"""Which container a file is, by its first bytes alone: no name, no guess of a library."""

from pathlib import Path
from typing import Final

from domain.notes.media import NotMedia

_HEAD: Final = 4096
_PACKETS: Final = {188: 0, 192: 4}  # length of a transport packet, where its mark stands
_MARK: Final = 0x47
_ATOMS: Final = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")
_PICTURES: Final = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
_PREFIXES: Final = (
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"FLV\x01", "flv"),
    (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), "asf"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"caff", "caf"),
    (b"#!AMR", "amr"),
)
_CHUNKED: Final = {
    (b"RIFF", b"AVI "): "avi",
    (b"RIFF", b"WAVE"): "wav",
    (b"RF64", b"WAVE"): "wav",
    (b"FORM", b"AIFF"): "aiff",
    (b"FORM", b"AIFC"): "aiff",
}
_LISTS: Final = (b"#extm3u", b"ffconcat", b"[playlist]", b"<?xml", b"<mpd", b"<asx", b"<smil")


def container_of(path: Path) -> str:
    """The name of the demuxer to force. Raises NotMedia, saying what was found instead."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if head[:3] == b"ID3":  # a tag before the sound; its length has 7 bits a byte
            file.seek(10 + sum(byte << 7 * place for place, byte in enumerate(head[9:5:-1])))
            return _tagged(file.read(16).lstrip(b"\0"))
    found = _container(head)
    if found is None:
        raise _not_media(head)
    return found


def _container(head: bytes) -> str | None:
    for prefix, name in _PREFIXES:
        if head.startswith(prefix):
            return name
    if head[4:8] in _ATOMS and head[8:12] not in _PICTURES:
        return "mov"
    if (chunked := _CHUNKED.get((head[:4], head[8:12]))) is not None:
        return chunked
    for length, place in _PACKETS.items():
        marks = head[place : place + 4 * length : length]
        if len(marks) == 4 and set(marks) == {_MARK}:  # noqa: PLR2004 - four in a row are no chance
            return "mpegts"
    return _stream(head)


def _stream(head: bytes) -> str | None:
    """MPEG audio and AAC have no header but a pattern of bits before each frame."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:  # noqa: PLR2004
        return None
    if head[1] & 0xF6 == 0xF0:  # noqa: PLR2004
        return "aac"
    layer, rate, sampling = head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return "mp3" if layer and rate not in {0, 15} and sampling != 3 else None  # noqa: PLR2004


def _tagged(sound: bytes) -> str:
    if sound[:4] == b"fLaC":
        return "flac"
    return "aac" if _stream(sound) == "aac" else "mp3"


def _not_media(head: bytes) -> NotMedia:
    if not head:
        return NotMedia("The file is empty.", found="empty")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_LISTS):
        return NotMedia("This is a list of other files, not a video.", found="playlist")
    if head[4:8] == b"ftyp" or head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8")):
        return NotMedia("This is a picture, not a video or a recording.", found="picture")
    if _is_text(head):
        return NotMedia("This is a text, not a video or a recording.", found="text")
    return NotMedia(
        "No video or sound format that is read here: try MP4, MKV, WebM, MOV, MP3, WAV or FLAC.",
        found="unknown",
    )


def _is_text(head: bytes) -> bool:
    try:
        said = head.decode("utf-8", "strict" if len(head) < _HEAD else "ignore")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter.isspace() for letter in said)
