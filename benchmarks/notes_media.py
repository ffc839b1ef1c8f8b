"""What everything but recognition costs a minute of video, and the looking pass beside its peer."""

import json
import statistics
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

from peers import python_with

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests/support")]
PEERS = ("scenedetect-headless==0.7.2", "opencv-python-headless")
SECONDS, RATE, SLIDES, POINTS = 60, 30, 5, 4
PEER = """
import sys, time
from scenedetect import ContentDetector, detect
began = time.process_time()
scenes = detect(sys.argv[1], ContentDetector())
print(time.process_time() - began, len(scenes))
"""
STEP = """
import json, sys, time
from pathlib import Path
sys.path[:0] = json.loads(sys.argv[1])
from adapters.media import grabbing, listening, looking, messages, probing
path, folder = Path(sys.argv[2]), Path(sys.argv[3])
laps, began = {}, time.process_time()
def lap(name):
    global began
    laps[name], began = time.process_time() - began, time.process_time()
facts = probing.probe(path, language=None, track=None, limit_ms=1 << 40)
lap("probe")
if facts.audio_choice is not None:
    call = messages.ListenCall(str(path), facts.audio_choice, facts.offset_ms,
                               facts.duration_ms, 600_000, 660_000)
    listening.listen(path, call, folder, lambda told: None)
lap("listen")
call = messages.LookCall(str(path), facts.video.index, facts.offset_ms, facts.duration_ms)
seen = looking.look(path, call, lambda told: None)
lap("look")
times = tuple(each.time_ms for each in seen.candidates[:12])
call = messages.GrabCall(str(path), facts.video.index, facts.offset_ms, times, 1280,
                         facts.video.dynamic)
grabbing.grab(path, call, folder)
lap("grab")
status = Path("/proc/self/status").read_text()  # the peak of rusage is the parent's, too
peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
print(json.dumps({"laps": laps, "cuts": seen.cuts, "decoded": seen.frames_decoded,
                  "candidates": len(seen.candidates), "duration_ms": facts.duration_ms,
                  "rss": peak}))
"""


def deck(path: Path) -> list[int]:
    """Slides whose points come one by one, with a tone; the times of all changes."""
    from clips import TICKS, Sound, Track, film, slide, tone

    shown = [
        slide(
            f"Chapter {title} of it",
            [f"Point {title}.{n}: some words" for n in range(points)],
            1920,
            1080,
        )
        for title in range(SLIDES)
        for points in range(1, POINTS + 1)
    ]
    stands = SECONDS * RATE // len(shown)
    frames = ((n * TICKS // RATE, shown[n // stands]) for n in range(SECONDS * RATE))
    film(
        path,
        Track(frames=frames, size=(1920, 1080), rate=RATE, options={"preset": "medium"}),
        Sound(stretches=[(0, tone(SECONDS, 48_000))], rate=48_000),
    )
    return [int(Fraction(n * stands * 1000, RATE)) for n in range(1, len(shown))]


def steps(path: Path, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", STEP, json.dumps(sys.path), str(path), str(folder)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def run(work: Path, *, rounds: int = 3, hours: int = 10) -> dict[str, Any]:
    """CPU seconds; ours and the peer's in the same rounds."""
    path = work / "deck.mp4"
    changes, peer = deck(path), python_with(*PEERS)
    ours: list[dict[str, Any]] = []
    theirs: list[float] = []
    found = 0
    for _ in range(rounds):
        ours.append(steps(path, work))
        said = subprocess.run([peer, "-c", PEER, path], check=True, capture_output=True)
        spent, scenes = said.stdout.split()
        theirs.append(float(spent))
        found = max(0, int(scenes) - 1)  # none where nothing changes
    minutes = SECONDS / 60
    laps = {
        name: round(statistics.median(each["laps"][name] for each in ours) / minutes, 3)
        for name in ours[0]["laps"]
    }
    hit = [at for at in changes if any(abs(at - cut) <= 34 for cut in ours[0]["cuts"])]
    return {
        "cpu_seconds_a_minute": laps | {"sum": round(sum(laps.values()), 3)},
        "peer_seconds_a_minute": round(statistics.median(theirs) / minutes, 3),
        "times_faster": round(
            statistics.median(t / o["laps"]["look"] for t, o in zip(theirs, ours, strict=True)), 1
        ),
        "recall": round(len(hit) / len(changes), 3),
        "peer_recall": round(found / len(changes), 3),
        "frames_decoded": ours[0]["decoded"],
        "frames": SECONDS * RATE,
        "ten_hours": ten_hours(work, hours) if hours else None,
    }


def ten_hours(work: Path, hours: int) -> dict[str, Any]:
    from long_film import long_film

    path, began = long_film(work / "long.mkv", hours), time.monotonic()
    found = steps(path, work)
    return {
        "hours": hours,
        "wall_seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": {name: round(spent, 1) for name, spent in found["laps"].items()},
        "peak_rss_mb": found["rss"] >> 20,
        "last_cut_ms": found["cuts"][-1],
    }
