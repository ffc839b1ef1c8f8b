"""Everything the environment can change: one frozen value, read once, at the edge.

A field `x` is the variable `ATELIER_X`; `ATELIER_X_FILE` names a file that holds its value instead.
A new setting is one line in `Settings`; `docs/operations.md` lists them all (a test compares).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final

from domain.documents.run_options import PdfEngineChoice
from entrypoints.variables import (
    BadSetting,
    Key,
    flag,
    folder,
    key_list,
    networks,
    number,
    one_of,
    read_fields,
    setting,
    text,
    url,
    variable,
    words,
)


class Registration(StrEnum):
    OPEN = "open"  # anyone may register and gets a workspace of their own
    INVITED = "invited"  # the first user registers freely, everyone else needs an invitation


class LogFormat(StrEnum):
    AUTO = "auto"  # console on a terminal, else JSON
    CONSOLE = "console"
    JSON = "json"


def default_data_dir() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/atelier")
    share = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(share).expanduser() / "atelier"


_POSTGRES: Final = url("postgresql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """An empty URL or key list means: the supervisor brings its own (embedded)."""

    data_dir: Path = field(
        default_factory=default_data_dir,
        metadata={"read": folder, "meaning": "Everything kept on this machine."},
    )

    database_url: str = setting(_POSTGRES, "", "PostgreSQL as role atelier_app (API).", secret=True)
    worker_database_url: str = setting(
        _POSTGRES, "", "PostgreSQL as role atelier_worker.", secret=True
    )
    migration_database_url: str = setting(
        _POSTGRES, "", "PostgreSQL as a role that may create roles.", secret=True
    )
    database_pool_size: int = setting(number, 10, "Connections a process keeps; bursts double it.")
    redis_url: str = setting(
        url("redis", "rediss", "unix"), "", "Valkey or Redis, for the doorbell.", secret=True
    )

    s3_bucket: str = setting(text, "", "Store files in this bucket, not in the data directory.")
    s3_endpoint_url: str = setting(url("http", "https"), "", "S3 server, if not AWS.")
    s3_public_url: str = setting(
        url("http", "https"), "", "S3 server as browsers reach it, if they see another name."
    )
    s3_region: str = setting(text, "us-east-1", "S3 region.")
    s3_access_key_id: str = setting(text, "", "S3 key; empty: the machine's own role.", secret=True)
    s3_secret_access_key: str = setting(text, "", "S3 secret.", secret=True)

    host: str = setting(text, "127.0.0.1", "Address the API listens on.")
    port: int = setting(number, 8420, "Port the API listens on; 0: any free one.")
    public_url: str = setting(
        url("http", "https"), "", "The API as its users reach it; default http://HOST:PORT."
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = setting(
        networks, (), "Proxies whose X-Forwarded-For is believed (CIDR, ...)."
    )
    allowed_hosts: tuple[str, ...] = setting(
        words, (), "Host names the API answers to; default: those of PUBLIC_URL and HOST."
    )
    allowed_origins: tuple[str, ...] = setting(
        words, (), "Web origins that may call the API besides its own."
    )
    registration: Registration = setting(
        one_of(Registration), Registration.OPEN, "Who may register: open or invited."
    )
    sign_in_rate: int = setting(number, 5, "Sign-ins a minute for an account; a network gets 6x.")
    request_rate: int = setting(number, 1200, "Requests a minute for each user or API key.")
    metrics_token: str = setting(
        text, "", "Bearer token for /metrics; empty: only from loopback.", secret=True
    )

    max_upload_bytes: int = setting(number, 5 * 1024**3, "Largest resumable upload.")

    token_keys: tuple[Key, ...] = setting(key_list, (), "Ed25519 seeds of tokens.", secret=True)
    download_keys: tuple[Key, ...] = setting(
        key_list, (), "Keys that sign download links.", secret=True
    )

    workers: int = setting(number, 1, "Worker processes `atelier up` starts.")
    worker_queues: tuple[str, ...] = setting(
        words,
        ("cpu", "io", "media", "publish"),
        "Queues a worker serves; `cpu:2` gives one its own number of slots.",
    )
    worker_metrics_port: int = setting(
        number, 0, "Port for a worker's /metrics and /health/live, on ATELIER_HOST; 0: none."
    )
    worker_slots: int = setting(number, 4, "Jobs of each queue a worker runs at once.")
    workspace_jobs_at_once: int = setting(
        number, 50, "Jobs of one workspace in work at once, over all workers."
    )

    pdf_engine: PdfEngineChoice = setting(
        one_of(PdfEngineChoice),
        PdfEngineChoice.AUTO,
        "Engine when a request names none, or `auto`.",
    )
    libreoffice: str = setting(text, "", "Path of soffice; empty: looked for on PATH.")
    allow_url_fetch: bool = setting(
        flag, False, "Workspaces may allow images and sheets by URL (through the SSRF guard)."
    )

    openai_base_url: str = setting(
        url("http", "https"), "", "Server that speaks OpenAI's protocol, with its /v1."
    )
    openai_api_key: str = setting(text, "", "Key for that server, if it wants one.", secret=True)
    openai_transcribe_model: str = setting(
        text, "", "Its model for speech, such as whisper-1; empty: it is not asked."
    )
    openai_chat_model: str = setting(
        text, "", "Its model for text, such as gpt-4.1-mini; empty: notes are made without one."
    )
    openai_chat_context: int = setting(
        number, 32_000, "Tokens that model reads and writes together."
    )
    openai_chat_answer: int = setting(number, 4_000, "Tokens of its longest answer.")
    openai_chat_seconds: int = setting(number, 300, "How long one answer of it may take.")
    openai_embed_model: str = setting(
        text, "", "Its model for embeddings; empty: the one that comes with the program."
    )
    openai_embed_dimensions: int = setting(number, 1536, "Length of the vectors of that model.")
    whisper_model: str = setting(
        text, "", "Whisper model: a folder, or a name of `atelier models fetch` or the hub's cache."
    )
    transcriber: str = setting(
        text, "auto", "Engine for speech: auto, openai, faster-whisper or moonshine."
    )
    speech_threads: int = setting(
        number, 2, "Processor threads one recognition may use on this machine."
    )
    ai_prices: str = setting(text, "", "JSON file of prices by model; empty: costs are unknown.")
    longest_video_hours: int = setting(number, 12, "Longest video a note is made from.")

    log_format: LogFormat = setting(one_of(LogFormat), LogFormat.AUTO, "auto, console or json.")
    log_level: str = setting(str.lower, "info", "debug, info, warning or error.")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Raises BadSetting naming every variable that is unknown or cannot be read."""
        settings = cls(**read_fields(cls, os.environ if environment is None else environment))
        return settings if settings.public_url else replace(settings, public_url=settings.local_url)

    @property
    def local_url(self) -> str:
        """The API as this machine reaches it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def require(self, *names: str) -> None:
        """Raises BadSetting naming the variables of the fields that are empty."""
        missing = [variable(name) for name in names if not getattr(self, name)]
        if missing:
            raise BadSetting(
                f"Set {', '.join(missing)}, or use `atelier up`, which brings its own services.",
                variables=tuple(missing),
            )

    @property
    def files_dir(self) -> Path:
        """Where the local blob store keeps files."""
        return self.data_dir / "files"

    @property
    def models_dir(self) -> Path:
        """What `atelier models fetch` brought."""
        return self.data_dir / "models"

    @property
    def scratch_dir(self) -> Path:
        """Where child processes get their folders; safe to empty while nothing runs."""
        return self.data_dir / "scratch"
