"""The container files fit the program: names, paths, settings and commands exist."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from entrypoints.cli.__main__ import COMMANDS
from entrypoints.settings import Settings
from entrypoints.variables import BOOTSTRAP, variable

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
COMPOSE = (ROOT / "docker" / "compose.yaml").read_text()
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
OURS = ("migrate", "api", "worker")
KNOWN = {variable(each.name) for each in fields(Settings)} | BOOTSTRAP


def test_what_the_image_copies_is_there_and_sent_to_the_builder() -> None:
    copied = {
        path
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for path in line.split()[:-1]
    }
    sent = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }

    assert copied == sent
    assert [path for path in copied if not (ROOT / path).exists()] == []


def test_the_image_runs_as_nobody_in_particular() -> None:
    run_stage = DOCKERFILE.split("AS run")[1]

    assert re.search(r"^USER 10001:10001$", run_stage, re.MULTILINE)
    assert "HEALTHCHECK" in run_stage


def test_settings_in_the_image_are_known() -> None:
    assert set(re.findall(r"\b(ATELIER_[A-Z_]+)=", DOCKERFILE)) <= KNOWN


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_runs_a_command_with_known_settings(name: str) -> None:
    service = SERVICES[name]

    assert service["command"][0] in COMMANDS
    assert set(service["environment"]) <= KNOWN
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])


def test_api_and_worker_get_what_they_require() -> None:
    needed = {"database_url", "worker_database_url", "redis_url"} | {
        f"{purpose}_keys" for purpose in ("token", "download")
    }

    for name in ("api", "worker"):
        assert {variable(each) for each in needed} <= set(SERVICES[name]["environment"])


def test_services_wait_for_what_they_need() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", {})) <= set(SERVICES), name
    for name in ("api", "worker"):
        waits = SERVICES[name]["depends_on"]
        assert waits["migrate"] == {"condition": "service_completed_successfully"}
        assert waits["postgres"] == {"condition": "service_healthy"}


def test_the_example_environment_names_every_variable_that_must_be_set() -> None:
    example = (ROOT / "docker" / ".env.example").read_text()
    named = set(re.findall(r"^([A-Z0-9_]+)=", example, re.MULTILINE))
    required = set(re.findall(r"\$\{([A-Z0-9_]+):\?", COMPOSE))

    assert required <= named
    assert named <= set(re.findall(r"\$\{([A-Z0-9_]+)", COMPOSE))


def test_no_secret_has_a_default() -> None:
    for name, default in re.findall(r"\$\{([A-Z0-9_]+):-([^}]*)\}", COMPOSE):
        assert not re.search("PASSWORD|SECRET|KEY", name), f"{name} defaults to {default!r}"


def test_mounted_files_are_there() -> None:
    mounts = [
        mount.split(":")[0]
        for service in SERVICES.values()
        for mount in service.get("volumes", ())
        if mount.startswith(".")
    ]

    assert mounts
    assert [mount for mount in mounts if not (ROOT / "docker" / mount).exists()] == []


def test_our_services_have_no_rights_to_spare() -> None:
    for name in OURS:
        assert SERVICES[name]["read_only"] is True, name
        assert SERVICES[name]["cap_drop"] == ["ALL"], name
        assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"], name


def test_nothing_is_published_but_to_the_host_itself() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]

    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
