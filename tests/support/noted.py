"""Videos and a finished note in a world of tenants; name only what a test is about."""

import json
from uuid import UUID

from world import NEW, Parameters, World, an_artifact

_FACTS = {
    "container": "mp4",
    "duration_ms": 60_000,
    "measured": False,
    "offset_ms": 0,
    "video": None,
    "audio": [],
    "captions": [],
    "audio_choice": None,
}
_PARTS = {
    "probe": {"facts": _FACTS, "captions": None},
    "stitch": {},
    "chapters": {"starts": [], "pack": "notes 1"},
    "reduce": {"gist": {}},
    "render": {},
}


def a_video(world: World, workspace: UUID) -> Parameters:
    """Looked into once, and of no note."""
    video, digest = NEW(), NEW().hex * 2
    source = an_artifact(world, workspace, "video/mp4")["artifact_id"]
    world.run(
        "INSERT INTO video_assets (workspace_id, id, user_id, artifact_id, title, file_name,"
        " media_type, size, sha256, facts, created_at, updated_at, version)"
        " VALUES (%s, %s, %s, %s, 'Talk', 'talk.mp4', 'video/mp4', 1, %s, %s, now(), now(), 1)",
        *(workspace, video, world.owner_of(workspace), source, digest, json.dumps(_FACTS)),
    )
    return {"video_id": str(video)}


def a_note(world: World, workspace: UUID) -> Parameters:
    """Finished, of one sentence."""
    note, video = NEW(), a_video(world, workspace)["video_id"]
    world.run(
        "INSERT INTO notes (workspace_id, id, video_id, artifact_id, user_id, title, options,"
        " status, run, engines, speakers, warnings, outputs, created_at, updated_at, finished_at,"
        " version) SELECT workspace_id, %s, id, artifact_id, user_id, 'Talk', '{}', 'success', 1,"
        " '{}', '{}', '[]', '{}', now(), now(), now(), 1 FROM video_assets WHERE id = %s",
        *(note, video),
    )
    for stage, result in _PARTS.items():
        world.run(
            "INSERT INTO note_parts (workspace_id, note_id, stage, shard, run, input, state,"
            " result, done_at) VALUES (%s, %s, %s, 0, 1, 'x', 'done', %s, now())",
            *(workspace, note, stage, json.dumps(result)),
        )
    world.run(
        "INSERT INTO transcripts (workspace_id, note_id, language, origin, engine, model,"
        " word_times) VALUES (%s, %s, 'en', 'recognised', 'moonshine', 'tiny-en', false)",
        *(workspace, note),
    )
    world.run(
        "INSERT INTO segments (workspace_id, note_id, number, start_ts, end_ts, text, words, shard,"
        " edited) VALUES (%s, %s, 1, 0, 900, 'Hello everybody here.', '[]', 0, false)",
        *(workspace, note),
    )
    return {"note_id": str(note)}


def a_segment(world: World, workspace: UUID) -> Parameters:
    return {**a_note(world, workspace), "number": "1"}


def a_clip(world: World, workspace: UUID) -> Parameters:
    """Cut already."""
    clip, note = NEW(), a_note(world, workspace)["note_id"]
    cut = an_artifact(world, workspace, "video/mp4")["artifact_id"]
    world.run(
        "INSERT INTO clips (workspace_id, id, note_id, start_ts, end_ts, title, cut_id, created_by,"
        " created_at, version) VALUES (%s, %s, %s, 0, 1000, 'Hello', %s, %s, now(), 1)",
        *(workspace, clip, note, cut, world.owner_of(workspace)),
    )
    return {"clip_id": str(clip)}
