"""Two workspaces, everybody who may call, and things that belong to one of them."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import Connection

from adapters.crypto.tokens import AUDIENCE
from api import KEYS
from domain.identity.secret import fingerprint
from tenants import NEW

ISSUER: Final = "http://testserver"
ROLES: Final = ("viewer", "editor", "admin", "owner")
NOBODIES: Final = ("anonymous", "expired token", "token for another audience")
CALLERS: Final = (*NOBODIES, "removed member", *ROLES, "owner of another workspace", "viewer's key")
_KEY: Final = Ed25519PrivateKey.from_private_bytes(KEYS[0].secret)


@dataclass
class World:
    """Made by hand, past the API, so that one takes a few milliseconds."""

    database: Connection[Any]
    lives: timedelta = timedelta(minutes=10)  # of tokens
    here: UUID = field(default_factory=NEW)
    there: UUID = field(default_factory=NEW)
    users: dict[str, UUID] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.database.transaction(), self.database.pipeline():
            self._populate()

    def _populate(self) -> None:
        for workspace in (self.here, self.there):
            self.run("INSERT INTO workspaces (id, name) VALUES (%s, 'w')", workspace)
        for role in ROLES:
            self._enter(role, self.member(self.here, role), self.here)
        stranger = self.member(self.there, "owner")
        self._enter("owner of another workspace", stranger, self.there)
        self._enter("removed member", self.user(), self.here)
        self._nobodies()
        self.headers["viewer's key"] = bearer(self._key_of("viewer"))

    def run(self, statement: str, *values: object) -> None:
        self.database.execute(statement, values)  # type: ignore[call-overload]

    def user(self) -> UUID:
        user = NEW()
        self.run(
            "INSERT INTO users (id, email, password_hash) VALUES (%s, %s, 'x')",
            user,
            f"{user}@example.org",
        )
        return user

    def member(self, workspace: UUID, role: str = "viewer") -> UUID:
        user = self.user()
        self.run(
            "INSERT INTO memberships (workspace_id, user_id, role) VALUES (%s, %s, %s)",
            workspace,
            user,
            role,
        )
        return user

    def owner_of(self, workspace: UUID) -> UUID:
        name = "owner" if workspace == self.here else "owner of another workspace"
        return self.users[name]

    def _enter(self, name: str, user: UUID, workspace: UUID) -> None:
        session = NEW()
        self.users[name] = user
        self.run(
            "INSERT INTO sessions (id, user_id, workspace_id, client, expires_at)"
            " VALUES (%s, %s, %s, 'test', now() + interval '1 day')",
            session,
            user,
            workspace,
        )
        until = datetime.now(UTC) + self.lives
        self.headers[name] = bearer(token(user, session, workspace, exp=until))

    def _nobodies(self) -> None:
        owner = self.users["owner"]
        late = {"exp": datetime.now(UTC) - timedelta(seconds=1)}
        self.headers["anonymous"] = {}
        self.headers["expired token"] = bearer(token(owner, NEW(), self.here, **late))
        other = token(owner, NEW(), self.here, aud="another-api")
        self.headers["token for another audience"] = bearer(other)

    def _key_of(self, name: str) -> str:
        secret = f"atl_key_{uuid.uuid4().hex}{'x' * 11}"  # as long as ours
        self.run(
            "INSERT INTO api_keys (id, workspace_id, user_id, name, role, prefix, key_hash)"
            " VALUES (%s, %s, %s, 'k', 'owner', 'atl_key_', %s)",
            NEW(),
            self.here,
            self.users[name],
            fingerprint(secret),
        )
        return secret


def token(user: UUID, session: UUID, workspace: UUID, **changes: object) -> str:
    now = datetime.now(UTC)
    payload: dict[str, object] = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": str(user), "sid": str(session), "ws": str(workspace),
        "iat": now - timedelta(seconds=5), "exp": now + timedelta(minutes=10), "jti": NEW().hex,
    }  # fmt: skip
    headers = {"typ": "at+jwt", "kid": KEYS[0].id}
    return jwt.encode(payload | changes, _KEY, algorithm="EdDSA", headers=headers)


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


# --- things: each is made in the workspace given, and answers its path parameters -----------------

Parameters = Mapping[str, str]
Maker = Callable[[World, UUID], Parameters]


def a_member(world: World, workspace: UUID) -> Parameters:
    return {"user_id": str(world.member(workspace))}


def an_invitation(world: World, workspace: UUID) -> Parameters:
    invitation = NEW()
    world.run(
        "INSERT INTO invitations (id, workspace_id, email, role, token_hash, expires_at)"
        " VALUES (%s, %s, %s, 'viewer', %s, now() + interval '1 day')",
        invitation,
        workspace,
        f"{invitation}@example.org",
        fingerprint(str(invitation)),
    )
    return {"invitation_id": str(invitation)}


def an_api_key(world: World, workspace: UUID) -> Parameters:
    key = NEW()
    world.run(
        "INSERT INTO api_keys (id, workspace_id, user_id, name, role, prefix, key_hash)"
        " VALUES (%s, %s, %s, 'k', 'viewer', 'atl_key_', %s)",
        key,
        workspace,
        world.owner_of(workspace),
        fingerprint(str(key)),
    )
    return {"key_id": str(key)}


def an_artifact(world: World, workspace: UUID, media_type: str = "text/plain") -> Parameters:
    artifact, digest = NEW(), uuid.uuid4().hex * 2
    key = f"{workspace}/blobs/{digest[:2]}/{digest}"
    world.run(
        "INSERT INTO blobs (workspace_id, key, size, sha256, refs) VALUES (%s, %s, 1, %s, 1)",
        workspace,
        key,
        digest,
    )
    world.run(
        "INSERT INTO artifacts (id, workspace_id, kind, key, file_name, media_type, size, sha256,"
        " retention, created_at)"
        " VALUES (%s, %s, 'upload', %s, 'a.txt', %s, 1, %s, 'artifact', now())",
        artifact,
        workspace,
        key,
        media_type,
        digest,
    )
    return {"artifact_id": str(artifact)}


def an_upload(world: World, workspace: UUID) -> Parameters:
    """Five bytes are to come, and none has."""
    upload = NEW()
    key = f"{workspace}/uploads/{upload}/source.bin"
    world.run(
        "INSERT INTO uploads (id, workspace_id, created_by, kind, key, file_name, media_type,"
        " length, parts, created_at, expires_at) VALUES (%s, %s, %s, 'upload', %s, 'a.txt',"
        " 'text/plain', 5, %s, now(), now() + interval '1 day')",
        *(upload, workspace, world.owner_of(workspace), key),
        f'{{"key": "{key}", "total": 5}}',
    )
    return {"upload_id": str(upload)}


def a_legal_hold(world: World, workspace: UUID) -> Parameters:
    hold = NEW()
    world.run(
        "INSERT INTO legal_holds (id, workspace_id, subject, reason, created_by, created_at)"
        " VALUES (%s, %s, %s, 'court', %s, now())",
        hold,
        workspace,
        NEW(),
        world.owner_of(workspace),
    )
    return {"hold_id": str(hold)}


def a_job(world: World, workspace: UUID, status: str = "queued") -> Parameters:
    job = NEW()
    world.run(
        "INSERT INTO jobs (id, workspace_id, root_id, actor_id, kind, queue, subject, payload)"
        " VALUES (%s, %s, %s, %s, 'test.nothing', 'io', %s, '{}')",
        job,
        workspace,
        job,
        world.owner_of(workspace),
        NEW(),
    )
    return {"job_id": str(job)}


def a_failed_job(world: World, workspace: UUID) -> Parameters:
    found = a_job(world, workspace)
    world.run(
        "UPDATE jobs SET status = 'processing', fence = fence + 1, worker = 'w',"
        " lease_until = now() + interval '1 minute' WHERE id = %s",
        found["job_id"],
    )
    world.run(
        "UPDATE jobs SET status = 'failed', worker = NULL, lease_until = NULL, finished_at = now(),"
        ' error = \'{"code": "x", "message": "x", "facts": {}}\' WHERE id = %s',
        found["job_id"],
    )
    return found


def a_quota(world: World, workspace: UUID) -> Parameters:
    return {"quota": "bytes_stored"}


def a_template(world: World, workspace: UUID) -> Parameters:
    """With version 1 in use, one field, and no document behind it."""
    template, source = NEW(), an_artifact(world, workspace)["artifact_id"]
    owner = world.owner_of(workspace)
    world.run(
        "INSERT INTO templates (workspace_id, id, name, latest_number, created_by, created_at,"
        " updated_at, version) VALUES (%s, %s, 'Letter', 1, %s, now(), now(), 1)",
        *(workspace, template, owner),
    )
    world.run(
        "INSERT INTO template_versions (workspace_id, template_id, number, sha256, size, file_name,"
        " source_id, source_key, syntaxes, usable, problems, fidelity, findings, pages, created_by,"
        " created_at) SELECT workspace_id, %s, 1, sha256, size, file_name, id, key, '{}', true,"
        " '[]', 'exact', '[]', 1, %s, now() FROM artifacts WHERE id = %s",
        *(template, owner, source),
    )
    world.run(
        "INSERT INTO template_fields (workspace_id, template_id, number, revision, position, name,"
        " kind, required, spec, created_by, created_at)"
        " VALUES (%s, %s, 1, 1, 0, 'name', 'text', true, '{\"name\": \"name\"}', %s, now())",
        *(workspace, template, owner),
    )
    world.run("UPDATE templates SET active_number = 1 WHERE id = %s", template)
    return {"template_id": str(template)}


def a_draft(world: World, workspace: UUID) -> Parameters:
    """A template of which no version is in use."""
    found = a_template(world, workspace)
    world.run("UPDATE templates SET active_number = NULL WHERE id = %s", found["template_id"])
    return found


def a_version(world: World, workspace: UUID) -> Parameters:
    return {**a_template(world, workspace), "number": "1"}


def a_run(world: World, workspace: UUID) -> Parameters:
    """Queued, without a job."""
    run, template = NEW(), a_template(world, workspace)["template_id"]
    world.run(
        "INSERT INTO bulk_runs (workspace_id, id, template_id, template_number, fields_revision,"
        " name, sheet, options, status, phase, round, created_by, created_at, updated_at, version)"
        " VALUES (%s, %s, %s, 1, 1, 'people.csv', %s, '{}', 'queued', 'intake', 1, %s, now(),"
        " now(), 1)",
        *(workspace, run, template, f'{{"artifact_id": "{NEW()}", "file_name": "people.csv"}}'),
        world.owner_of(workspace),
    )
    return {"run_id": str(run)}


def a_row(world: World, workspace: UUID) -> Parameters:
    """Refused, so it has no document."""
    run = a_run(world, workspace)
    world.run(
        "INSERT INTO bulk_rows (workspace_id, bulk_run_id, row_number, status, round)"
        " VALUES (%s, %s, 2, 'invalid', 1)",
        *(workspace, run["run_id"]),
    )
    return {**run, "row_number": "2"}


def random_of(parameters: Parameters) -> Parameters:
    """The same parameters, but of a thing that never was."""
    return {
        name: str(uuid.uuid4()) if _is_id(value) else value for name, value in parameters.items()
    }


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
