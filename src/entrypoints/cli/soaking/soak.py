"""A whole soak: start everything, submit and break things for a while, let it drain, judge."""

import random
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import psycopg

from entrypoints.cli.output import say
from entrypoints.cli.soaking.chaos import Chaos
from entrypoints.cli.soaking.site import Site
from entrypoints.cli.soaking.verdict import Promises, judged

RATE: Final = 9.0  # jobs a second
_DRAIN: Final = 120.0  # seconds
_GOODBYE: Final = 30.0
_LEFT: Final = (
    "SELECT count(*) FROM jobs WHERE kind = 'soak.work' AND status IN ('queued', 'processing')"
)


def soak(seconds: float, workers: int, seed: int, keep: Path | None) -> dict[str, Any]:
    """What came of it; `violated` is empty if everything holds."""
    with Site.open() as site:
        say(f"Soaking for {seconds:g} s with {workers} workers, seed {seed} …")
        liar = site.liar(seed)
        submitter = site.submitter(RATE)
        chaos = Chaos(site, workers, random.Random(seed))  # noqa: S311 - luck, not a secret
        try:
            began = time.monotonic()
            chaos.rage(seconds)
            raged = time.monotonic() - began
            say("The faults are over; waiting until everything is done …")
            drained = _drained(site, chaos, submitter)
        finally:
            late = chaos.dismiss(_GOODBYE)
            for process in (submitter, liar):
                process.kill()
                process.wait()
            if keep is not None:
                site.keep(keep)
        with site.connection() as db:
            facts = judged(db, Promises.in_file(site.acked), site.posts, chaos.stuck)
    facts |= {"drain_s": drained, "seconds": round(raged, 1), "workers": workers, "seed": seed}
    facts["faults"] = dict(sorted(chaos.faults.items()))
    if late:
        facts["violated"]["workers that did not stop in time"] = [str(late)]
    return facts


def _drained(site: Site, chaos: Chaos, submitter: "subprocess.Popen[bytes]") -> float:
    """Seconds until nothing was left to do, from the end of the faults."""
    began = time.monotonic()
    submitter.terminate()
    submitter.wait(_GOODBYE)
    while time.monotonic() - began < _DRAIN:
        chaos.tend()
        try:
            with site.connection() as db:
                left = db.execute(_LEFT).fetchone()
        except psycopg.OperationalError:
            left = None
        if left == (0,):
            break
        time.sleep(0.2)
    return round(time.monotonic() - began, 1)


def told(facts: dict[str, Any]) -> list[str]:
    """The same for people."""
    plain = {name: value for name, value in facts.items() if name not in {"faults", "violated"}}
    width = max(map(len, (*plain, *facts["faults"])))
    return [
        *(f"{name:<{width}}  {value:,}" for name, value in plain.items()),
        "",
        "faults",
        *(f"{name:<{width}}  {value:,}" for name, value in facts["faults"].items()),
        "",
        *(f"VIOLATED: {name}: {', '.join(found)}" for name, found in facts["violated"].items()),
        "Violated." if facts["violated"] else "Nothing lost, nothing twice, every invariant held.",
    ]
