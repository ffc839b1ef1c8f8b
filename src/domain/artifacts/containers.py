"""What kind of film or sound a file is, by its first bytes; names say too little, and lie."""

from typing import Final

MP4, QUICKTIME, M4A = "video/mp4", "video/quicktime", "audio/mp4"
WEBM, MATROSKA, OGG_SOUND, OGG_FILM = "video/webm", "video/x-matroska", "audio/ogg", "video/ogg"
MP3, WAV, FLAC, AAC = "audio/mpeg", "audio/wav", "audio/flac", "audio/aac"
TRANSPORT_STREAM, AVI = "video/mp2t", "video/x-msvideo"
VTT, SRT = "text/vtt", "application/x-subrip"
FILMS: Final = frozenset({MP4, QUICKTIME, WEBM, MATROSKA, OGG_FILM, TRANSPORT_STREAM, AVI})
SOUNDS: Final = frozenset({M4A, OGG_SOUND, MP3, WAV, FLAC, AAC})
CAPTIONS: Final = frozenset({VTT, SRT})

SAME: Final = {  # other names of the same
    "application/mp4": MP4, "video/x-m4v": MP4, "audio/x-m4a": M4A, "audio/m4a": M4A,
    "audio/mp3": MP3, "audio/x-mp3": MP3, "audio/x-wav": WAV, "audio/wave": WAV,
    "audio/vnd.wave": WAV, "audio/x-flac": FLAC, "audio/aacp": AAC, "audio/x-aac": AAC,
    "application/ogg": OGG_SOUND, "audio/opus": OGG_SOUND, "audio/webm": WEBM,
    "video/matroska": MATROSKA, "audio/x-matroska": MATROSKA, "audio/matroska": MATROSKA,
    "video/avi": AVI, "video/msvideo": AVI, "video/mpegts": TRANSPORT_STREAM,
    "video/vnd.dlna.mpeg-tts": TRANSPORT_STREAM, "text/srt": SRT, "application/srt": SRT,
}  # fmt: skip

_PICTURES: Final = frozenset({b"heic", b"heix", b"heif", b"mif1", b"msf1", b"avif", b"avis"})
_SOUND_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"M4P "})
_OLD_QUICKTIME: Final = frozenset({b"moov", b"mdat", b"wide", b"pnot"})
_RIFF: Final = {b"WAVE": WAV, b"AVI ": AVI}
_PACKETS: Final = ((0, 188), (4, 192))  # of transport streams; on discs with a time before each
_HEADERS: Final = 256  # of Matroska and Ogg, which say what is in them


def container_of(head: bytes) -> str | None:
    """The media type of a film or a sound, or None for anything else."""
    if head[4:8] == b"ftyp":
        return _of_brand(head[8:12])
    if head[4:8] in _OLD_QUICKTIME:
        return QUICKTIME
    if head[:4] in {b"RIFF", b"RF64"}:
        return _RIFF.get(head[8:12])
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return WEBM if b"webm" in head[:_HEADERS] else MATROSKA
    if head[:4] == b"OggS":
        return OGG_FILM if b"\x80theora" in head[:_HEADERS] else OGG_SOUND
    return FLAC if head[:4] == b"fLaC" else _of_frames(head)


def _of_brand(brand: bytes) -> str | None:
    if brand in _PICTURES:
        return None
    if brand in _SOUND_BRANDS:
        return M4A
    return QUICKTIME if brand == b"qt  " else MP4


def _of_frames(head: bytes) -> str | None:
    """Streams without a header: their frames begin with a pattern of bits."""
    if head[:3] == b"ID3":
        return MP3
    if len(head) > 4 and head[0] == 0xFF:  # noqa: PLR2004
        if head[1] & 0xF6 == 0xF0:  # noqa: PLR2004 - ADTS: layer 0
            return AAC
        layer_3 = head[1] & 0xE6 == 0xE2  # noqa: PLR2004
        return MP3 if layer_3 and head[2] >> 4 not in {0, 15} else None
    for first, packet in _PACKETS:
        if head[first : first + 5 * packet : packet] == b"GGGGG":
            return TRANSPORT_STREAM
    return None
