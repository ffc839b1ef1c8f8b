"""How well and how fast speech becomes text: each engine alone, and through our whole path.

    .venv/bin/python benchmarks/notes_speech.py RECORDINGS [--whisper FOLDER ...] --json

RECORDINGS is a folder with sound or video and, beside it, refs.json (name -> text) or NAME.txt.
Word error rates are of texts in lower case without punctuation, digits written out.
"""

import argparse
import asyncio
import json
import re
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
from faster_whisper.audio import decode_audio

from adapters.local_ai.pools import speech_kinds
from adapters.local_ai.transcriber import faster_whisper, moonshine
from adapters.runtime.children import Children
from adapters.storage.local import LocalBlobStore
from adapters.storage.signed_urls import UrlSigner
from adapters.system.clock import SystemClock
from domain.ai.ports import Transcriber
from domain.notes.stitching import HeardShard, stitch
from domain.notes.transcript import Transcript
from entrypoints.children import SPEECH

NUMBERS = {"2": "two", "3": "three", "4": "four", "10": "ten", "15": "fifteen", "17": "seventeen",
           "20": "twenty"}  # fmt: skip
THREADS = 2
SUPPORT = Path(__file__).parents[1] / "tests" / "support"


def normal(text: str) -> str:
    text = text.lower().replace("’", "'").replace("mr.", "mister").replace("mr ", "mister ")
    text = re.sub(r"[^a-z0-9' ]", " ", re.sub(r"[-–—]", " ", text))
    return " ".join(NUMBERS.get(word, word) for word in text.split())


def wer(said: str, heard: str) -> float:
    return round(jiwer.wer(normal(said), normal(heard)), 4)


def recordings(folder: Path) -> dict[str, tuple[Path, str]]:
    refs = folder / "refs.json"
    texts = json.loads(refs.read_text(encoding="utf-8")) if refs.exists() else {}
    texts |= {file.stem: file.read_text(encoding="utf-8") for file in folder.glob("*.txt")}
    found = {}
    for name, text in sorted(texts.items()):
        files = [f for f in sorted(folder.glob(f"{name}*")) if f.suffix not in {".txt", ".json"}]
        if files:
            found[name] = (files[0], text)
    return found


def moonshine_alone(sound: Any) -> str:
    from moonshine_voice import ModelArch, get_model_path
    from moonshine_voice import Transcriber as Moonshine

    engine, window = Moonshine(str(get_model_path("tiny-en")), ModelArch.TINY), 60 * 16_000
    lines = []
    for start in range(0, len(sound), window):
        part = sound[start : start + window].tolist()
        lines += [line.text for line in engine.transcribe_without_streaming(part, 16_000).lines]
    return " ".join(lines)


def whisper_alone(sound: Any, model: str) -> str:
    from faster_whisper import WhisperModel

    engine = WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=THREADS)
    found, _ = engine.transcribe(sound, beam_size=1, word_timestamps=True, vad_filter=True)
    return " ".join(segment.text.strip() for segment in found)


async def through(
    engine: Transcriber, blobs: LocalBlobStore, sound: Any, shard_s: float
) -> tuple[Transcript, float]:
    """The transcript, and the seconds the engine was at work."""
    from speech import shards_of

    heard, wall = [], 0.0
    for shard in await shards_of(blobs, "trial", sound, shard_s):
        began = time.monotonic()
        answer = await engine.transcribe(shard.key, language=None)
        wall += time.monotonic() - began
        heard.append(
            HeardShard(number=shard.number, span=shard.span, speech=shard.speech, heard=answer)
        )
    return stitch(heard), wall


async def measure(folder: Path, models: Sequence[Path], shard_s: float) -> list[dict[str, Any]]:
    """One row an engine and recording; `cpu_rtf` is CPU seconds a second of sound."""
    sys.path.insert(0, str(SUPPORT))
    rows = []
    with tempfile.TemporaryDirectory() as place:
        blobs = LocalBlobStore(Path(place) / "files", UrlSigner((bytes(32),), SystemClock(), ""))
        for model in (None, *models):
            kinds = speech_kinds(SPEECH, processes=1, threads=THREADS, whisper=model)
            async with Children(kinds, Path(place) / "scratch") as children:
                engine = (
                    moonshine(children, blobs, THREADS)
                    if model is None
                    else faster_whisper(children, blobs, THREADS, str(model))
                )
                await through(engine, blobs, np.zeros(16_000, np.float32), shard_s)  # warm
                for name, (file, text) in recordings(folder).items():
                    rows.append(await _row(engine, model, blobs, name, file, text, shard_s))
    return rows


async def _row(engine: Any, model: Any, blobs: Any, name: str, file: Path, text: str,
               shard_s: float) -> dict[str, Any]:  # fmt: skip
    sound = decode_audio(str(file))
    seconds = len(sound) / 16_000
    transcript, wall = await through(engine, blobs, sound, shard_s)
    told = " ".join(segment.text for segment in transcript.segments)
    began = resource.getrusage(resource.RUSAGE_SELF)
    alone = moonshine_alone(sound) if model is None else whisper_alone(sound, str(model))
    ended = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "engine": engine.traits.engine,
        "model": engine.traits.model,
        "recording": name,
        "seconds": round(seconds, 1),
        "wer": wer(text, told),
        "wer_alone": wer(text, alone),
        "rtf": round(wall / seconds, 4),
        "cpu_alone": round((ended.ru_utime - began.ru_utime) / seconds, 4),
        "segments": len(transcript.segments),
        "word_times": transcript.word_times,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("recordings", type=Path)
    parser.add_argument("--whisper", type=Path, action="append", default=[])
    parser.add_argument("--shard-seconds", type=float, default=30.0)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = asyncio.run(measure(given.recordings, given.whisper, given.shard_seconds))
    if given.json:
        print(json.dumps({"speech": rows}))
        return
    for row in rows:
        print(" ".join(f"{key}={value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
