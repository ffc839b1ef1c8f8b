"""Languages as containers name them (ISO 639-2, either way, or BCP 47), as ISO 639-1."""

from typing import Final

_LONG: Final = {
    "af": "afr", "ar": "ara", "az": "aze", "be": "bel", "bn": "ben", "bg": "bul", "ca": "cat",
    "cs": "ces cze", "zh": "chi zho", "cy": "cym wel", "da": "dan", "de": "deu ger",
    "el": "ell gre", "en": "eng", "et": "est", "eu": "eus baq", "fa": "fas per", "tl": "fil",
    "fi": "fin", "fr": "fra fre", "ga": "gle", "gl": "glg", "gu": "guj", "he": "heb", "hi": "hin",
    "hr": "hrv", "hu": "hun", "hy": "hye arm", "id": "ind", "is": "isl ice", "it": "ita",
    "ja": "jpn", "kn": "kan", "ka": "kat geo", "kk": "kaz", "km": "khm", "ko": "kor", "lv": "lav",
    "lt": "lit", "ml": "mal", "mr": "mar", "mk": "mkd mac", "mn": "mon", "ms": "msa may",
    "my": "mya bur", "ne": "nep", "nl": "nld dut", "nn": "nno", "nb": "nob", "no": "nor",
    "pa": "pan", "pl": "pol", "pt": "por", "ro": "ron rum", "ru": "rus", "si": "sin",
    "sk": "slk slo", "sl": "slv", "so": "som", "es": "spa", "sq": "sqi alb", "sr": "srp",
    "sw": "swa", "sv": "swe", "ta": "tam", "te": "tel", "th": "tha", "tr": "tur", "uk": "ukr",
    "ur": "urd", "uz": "uzb", "vi": "vie", "zu": "zul",
}  # fmt: skip
_SHORT: Final = {long: short for short, names in _LONG.items() for long in names.split()}


def short_language(named: str | None) -> str | None:
    """None where it is not told, or not one of ours."""
    first = (named or "").lower().replace("_", "-").partition("-")[0]
    if first in _SHORT.values():
        return first
    return _SHORT.get(first)
