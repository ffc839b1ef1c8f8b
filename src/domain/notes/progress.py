"""How far a note is, told from its parts."""

from collections.abc import Iterable, Sequence
from typing import Final

from domain.notes.note import Stage
from domain.notes.parts import Part, PartState

# Roughly how long each stage takes of the whole, on a machine without a graphics card.
_WEIGHTS: Final = {
    Stage.PROBE: 1,
    Stage.AUDIO: 6,
    Stage.SPEECH: 58,
    Stage.STITCH: 1,
    Stage.FRAMES: 12,
    Stage.CHAPTERS: 4,
    Stage.MAP: 10,
    Stage.REDUCE: 4,
    Stage.RENDER: 4,
}
PLANNED_BY: Final = {  # how many parts these have, and whether any, is known once that is over
    Stage.SPEECH: Stage.AUDIO,
    Stage.MAP: Stage.CHAPTERS,
    Stage.AUDIO: Stage.PROBE,
    Stage.FRAMES: Stage.PROBE,
}
_NEEDS: Final = {  # a stage begins when these are over
    Stage.PROBE: (),
    Stage.AUDIO: (Stage.PROBE,),
    Stage.FRAMES: (Stage.PROBE,),
    Stage.SPEECH: (Stage.AUDIO,),
    Stage.STITCH: (Stage.PROBE, Stage.AUDIO, Stage.SPEECH),
    Stage.CHAPTERS: (Stage.STITCH,),
    Stage.MAP: (Stage.CHAPTERS,),
    Stage.REDUCE: (Stage.CHAPTERS, Stage.MAP),
    Stage.RENDER: (Stage.REDUCE, Stage.FRAMES),
}


def ready(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Parts that wait for nothing but somebody to do them."""
    open_stages = {part.stage for part in parts if part.state is PartState.WAITING}
    return tuple(
        part
        for part in parts
        if part.state is PartState.WAITING and not open_stages & set(_NEEDS[part.stage])
    )


def after(stages: Iterable[Stage]) -> tuple[Stage, ...]:
    """Everything that rests on these stages, without themselves."""
    found: set[Stage] = set(stages)
    for stage in Stage:  # in an order in which needs come first
        if found & set(_NEEDS[stage]):
            found.add(stage)
    return tuple(stage for stage in Stage if stage in found - set(stages))


def of_stage(parts: Iterable[Part], stage: Stage) -> tuple[Part, ...]:
    return tuple(part for part in parts if part.stage is stage)


def percent_of(parts: Sequence[Part]) -> int:
    """0 to 100 of the newest run, and never back while it goes on.

    A stage that turned out not to be needed counts as done; one that is planned anew counts as
    nothing before that, whatever an earlier run left of it.
    """
    done = sum(_WEIGHTS[stage] * _share(parts, stage) for stage in Stage)
    return int(100 * done / sum(_WEIGHTS.values()))


def _share(parts: Sequence[Part], stage: Stage) -> float:
    planner = PLANNED_BY.get(stage)
    if planner is not None and _share(parts, planner) < 1:
        return 0.0
    mine = of_stage(parts, stage)
    if mine:
        return sum(part.state is not PartState.WAITING for part in mine) / len(mine)
    return float(planner is not None)
