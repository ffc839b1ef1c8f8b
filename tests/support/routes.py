"""What every route answers to every caller. A route that is not listed here fails the suite.

`Route(access, status)`: from which role on it works, and what it then answers. Everything else
follows: nobody gets 401, too low a role 403, another workspace's thing 404 like one that never was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from noted import a_clip, a_note, a_segment, a_video
from world import (
    Maker,
    World,
    a_draft,
    a_failed_job,
    a_job,
    a_legal_hold,
    a_member,
    a_quota,
    a_row,
    a_run,
    a_template,
    a_version,
    an_api_key,
    an_artifact,
    an_invitation,
    an_upload,
)

PUBLIC, ACCOUNT = "public", "account"  # for nobody in particular; for a person, not a key
SEEN: Final = {"If-Match": '"v1"'}
ELSEWHERE: Final = "owner of another workspace"
TUS: Final = {"Tus-Resumable": "1.0.0"}
PIECE: Final = TUS | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
PASSWORD: Final = "a quiet harbour at dawn"


@dataclass(frozen=True)
class Route:
    """`body` is sent as JSON; `answers` are exceptions, by caller, on one's own thing."""

    access: str
    status: int
    thing: Maker | None = None
    body: Callable[[World], Any] | Mapping[str, Any] | None = None
    files: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, int] = field(default_factory=dict)
    foreign_is_own: bool = False  # its name is the same in every workspace, so nothing is foreign


def _address(world: World) -> dict[str, str]:
    return {"email": f"{world.user()}@elsewhere.example", "role": "viewer"}


def _registration(world: World) -> dict[str, str]:
    return {"email": f"{world.user()}@elsewhere.example", "password": PASSWORD}


def _bulk_run(world: World) -> dict[str, str]:
    template, sheet = a_template(world, world.here), an_artifact(world, world.here)
    return {"template_id": template["template_id"], "sheet_id": sheet["artifact_id"]}


def _a_film(world: World) -> dict[str, str]:
    return {"artifact_id": an_artifact(world, world.here, "video/mp4")["artifact_id"]}


def _a_new_note(world: World) -> dict[str, str]:
    return {"video_id": a_video(world, world.here)["video_id"]}


ROUTES: Final[dict[str, Route]] = {
    # health
    "live": Route(PUBLIC, 200),
    "ready": Route(PUBLIC, 200),
    # sign-in: whoever calls, only what they send counts
    "register": Route(PUBLIC, 201, body=_registration),
    "logIn": Route(PUBLIC, 401, body={"email": "nobody@example.org", "password": "wrong"}),
    "refreshTokens": Route(PUBLIC, 401, body={"refresh_token": "atl_rt_never_issued"}),
    "logOut": Route(PUBLIC, 204, body={"refresh_token": "atl_rt_never_issued"}),
    # account
    "switchWorkspace": Route(
        ACCOUNT,
        200,
        body=lambda world: {"workspace_id": str(world.here)},
        answers={"removed member": 404, "owner of another workspace": 404},
    ),
    "getMe": Route(ACCOUNT, 200),
    "renameMe": Route(ACCOUNT, 200, body={"name": "Ada"}),
    "changePassword": Route(
        ACCOUNT, 401, body={"current_password": "not it", "new_password": PASSWORD}
    ),
    "listMyWorkspaces": Route(ACCOUNT, 200),
    "foundWorkspace": Route(ACCOUNT, 201, body={"name": "New"}),
    "acceptInvitation": Route(ACCOUNT, 404, body={"token": "atl_inv_never_sent"}),
    # workspace
    "getWorkspace": Route("viewer", 200),
    "editWorkspace": Route("admin", 200, body={"name": "New"}, headers=SEEN),
    "deleteWorkspace": Route("owner", 204, headers=SEEN),
    "listMembers": Route("viewer", 200),
    "getMember": Route("viewer", 200, a_member),
    "changeMemberRole": Route("admin", 200, a_member, {"role": "editor"}, headers=SEEN),
    "removeMember": Route("admin", 204, a_member),
    "listInvitations": Route("admin", 200),
    "invite": Route("admin", 201, body=_address),
    "revokeInvitation": Route("admin", 204, an_invitation),
    "listApiKeys": Route("editor", 200),
    "makeApiKey": Route("editor", 201, body={"name": "robot", "role": "viewer"}),
    "revokeApiKey": Route("editor", 204, an_api_key, answers={"editor": 404}),  # not theirs
    "listAuditEntries": Route("admin", 200),
    "checkAuditChain": Route("admin", 200),
    # files
    "listArtifacts": Route("viewer", 200),
    "getArtifact": Route("viewer", 200, an_artifact),
    "downloadArtifact": Route("viewer", 303, an_artifact),
    "uploadArtifact": Route("editor", 201, files={"file": ("a.txt", b"hello", "text/plain")}),
    "removeArtifact": Route("editor", 204, an_artifact),
    "getSignedFile": Route(PUBLIC, 403, query={"token": "forged"}),
    "headSignedFile": Route(PUBLIC, 403, query={"token": "forged"}),
    # uploads: files lie on a disk here, so none goes straight to a bucket
    "createUpload": Route("editor", 201, headers=TUS | {"Upload-Length": "5"}),
    "getUploadOffset": Route("viewer", 200, an_upload, headers=TUS),
    "getUpload": Route("viewer", 200, an_upload),
    "sendUploadPiece": Route("editor", 204, an_upload, headers=PIECE),
    "endUpload": Route("editor", 204, an_upload, headers=TUS),
    "createDirectUpload": Route("editor", 409, body={"file_name": "a.mp4", "length": 5}),
    "listUploadParts": Route("viewer", 409, an_upload),
    "linkUploadParts": Route("editor", 409, an_upload, {"numbers": [1]}),
    "completeDirectUpload": Route("editor", 409, an_upload),
    "getRetentionPolicy": Route("admin", 200),
    "setRetentionPolicy": Route("admin", 200, body={"days": {"artifact": 30}}, headers=SEEN),
    "listLegalHolds": Route("admin", 200),
    "placeLegalHold": Route("admin", 201, body={"reason": "court"}),
    "releaseLegalHold": Route("admin", 200, a_legal_hold),
    "getRetentionReport": Route("admin", 200),
    # documents: the documents themselves are not there, what guards them is
    "uploadTemplate": Route("editor", 422, files={"file": ("a.docx", b"no document")}),
    "listTemplates": Route("viewer", 200),
    "getTemplate": Route("viewer", 200, a_template),
    "editTemplate": Route("editor", 200, a_template, {"name": "New"}, headers=SEEN),
    "deleteTemplate": Route("admin", 204, a_template, headers=SEEN),
    "getRowSchema": Route("viewer", 200, a_template),
    "uploadTemplateVersion": Route(
        "editor", 422, a_template, files={"file": ("a.docx", b"no document")}
    ),
    "listTemplateVersions": Route("viewer", 200, a_template),
    "getTemplateVersion": Route("viewer", 200, a_version),
    "activateTemplateVersion": Route("editor", 200, a_version, headers=SEEN),
    "getTemplateFields": Route("viewer", 200, a_version),
    "editTemplateFields": Route(
        "editor", 200, a_version, {"fields": [{"name": "name", "label": "Name"}]}, headers=SEEN
    ),
    "downloadTemplate": Route("viewer", 404, a_version),
    "downloadAnnotatedTemplate": Route("viewer", 404, a_version),
    "previewTemplateVersion": Route("viewer", 404, a_version),
    "fillTemplate": Route("editor", 409, a_draft, {"data": {}}),
    "previewTemplate": Route("viewer", 409, a_draft, {"data": {}}),
    "uploadSheet": Route("editor", 201, files={"file": ("a.csv", b"name")}),
    "fetchSheet": Route("editor", 403, body={"url": "https://example.org/people.csv"}),
    "inspectSheet": Route("viewer", 404, body=lambda world: {"sheet_id": str(world.here)}),
    "startBulkRun": Route("editor", 202, body=_bulk_run, answers={ELSEWHERE: 404}),
    "listBulkRuns": Route("viewer", 200),
    "getBulkRun": Route("viewer", 200, a_run),
    "cancelBulkRun": Route("editor", 200, a_run),
    "retryBulkRun": Route("editor", 409, a_run, {}),  # it goes on
    "buildBulkArchive": Route("editor", 409, a_run),
    "listBulkRows": Route("viewer", 200, a_run),
    "getBulkRow": Route("viewer", 200, a_row),
    "downloadBulkDocument": Route("viewer", 409, a_row),
    "previewBulkRow": Route("viewer", 409, a_row),
    # notes: a finished one, whose video is not there
    "addVideo": Route("editor", 201, body=_a_film, answers={ELSEWHERE: 404}),
    "listVideos": Route("viewer", 200),
    "getVideo": Route("viewer", 200, a_video),
    "deleteVideo": Route("admin", 204, a_video),
    "startNote": Route("editor", 202, body=_a_new_note, answers={ELSEWHERE: 404}),
    "listNotes": Route("viewer", 200),
    "getNote": Route("viewer", 200, a_note),
    "cancelNote": Route("editor", 409, a_note),
    "retryNote": Route("editor", 409, a_note),
    "restyleNote": Route("editor", 202, a_note, {"style": "brief"}),
    "deleteNote": Route("editor", 204, a_note),
    "getTranscript": Route("viewer", 200, a_note),
    "getTranscriptFile": Route("viewer", 200, a_note),
    "editSegment": Route("editor", 200, a_segment, {"text": "Hello all."}),
    "nameSpeakers": Route("editor", 200, a_note, {"names": {"S1": "Ada"}}),
    "listChapters": Route("viewer", 200, a_note),
    "listHighlights": Route("viewer", 200, a_note),
    "listScreenshots": Route("viewer", 200, a_note),
    "getCoverage": Route("viewer", 200, a_note),
    "nameClip": Route("editor", 201, a_note, {"start_ms": 0, "end_ms": 1_000}),
    "listClips": Route("viewer", 200, a_note),
    "getClip": Route("viewer", 200, a_clip),
    "downloadClip": Route("editor", 303, a_clip),
    "deleteClip": Route("editor", 204, a_clip),
    "searchTranscripts": Route("viewer", 200, query={"q": "hello"}),
    "askLibrary": Route("viewer", 200, body={"question": "Who says hello?"}),
    # usage
    "getUsage": Route("viewer", 200),
    "listUsageEntries": Route("admin", 200),
    "listQuotas": Route("admin", 200),
    "getQuota": Route("admin", 200, a_quota, foreign_is_own=True),
    "setQuota": Route("admin", 200, a_quota, {"limit": 5}, headers=SEEN, foreign_is_own=True),
    # jobs
    "issueTicket": Route("viewer", 201),
    "listJobs": Route("viewer", 200),
    "getJob": Route("viewer", 200, a_job),
    "listJobEvents": Route("viewer", 200, a_job),
    "cancelJob": Route("editor", 202, a_job),
    "retryJob": Route("editor", 202, a_failed_job, {"reason": "again"}),
}
