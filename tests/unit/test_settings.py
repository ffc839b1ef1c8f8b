"""Settings from the environment: what is read, and how faults are told."""

import base64
from ipaddress import ip_network
from pathlib import Path

import pytest

from entrypoints.settings import Registration, Settings
from entrypoints.variables import BadSetting

SEED = base64.b64encode(bytes(32)).decode()


def test_nothing_set_means_embedded_on_loopback() -> None:
    settings = Settings.from_environment({})

    assert not settings.database_url
    assert not settings.redis_url
    assert settings.public_url == "http://127.0.0.1:8420"
    assert settings.registration is Registration.OPEN


def test_values_are_typed() -> None:
    settings = Settings.from_environment(
        {
            "ATELIER_DATA_DIR": "/srv/atelier",
            "ATELIER_PORT": "80",
            "ATELIER_PUBLIC_URL": "https://atelier.example/",
            "ATELIER_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
            "ATELIER_ALLOW_URL_FETCH": "yes",
            "ATELIER_TOKEN_KEYS": f"a:{SEED},b:{SEED}",
            "ATELIER_REGISTRATION": "invited",
            "UNRELATED": "x",
        }
    )

    assert settings.files_dir == Path("/srv/atelier/files")
    assert (settings.port, settings.public_url) == (80, "https://atelier.example")
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert settings.allow_url_fetch
    assert [key.id for key in settings.token_keys] == ["a", "b"]
    assert settings.registration is Registration.INVITED


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("ATELIER_PORT", "eighty", "whole number"),
        ("ATELIER_DATABASE_URL", "mysql://x/y", "postgresql://"),
        ("ATELIER_DATA_DIR", "relative/folder", "absolute"),
        ("ATELIER_ALLOW_URL_FETCH", "maybe", "true or false"),
        ("ATELIER_REGISTRATION", "none", "open, invited"),
        ("ATELIER_TOKEN_KEYS", "short:AAAA", "32 bytes"),
        ("ATELIER_TRUSTED_PROXIES", "10.0.0.0/99", "10.0.0.0/99"),
        ("ATELIER_DATABSE_URL", "postgresql://x", "did you mean ATELIER_DATABASE_URL?"),
        ("ATELIER_REDIS_URL_FILE", "/nowhere/at/all", "No such file"),
    ],
)
def test_a_bad_value_names_its_variable(name: str, value: str, hint: str) -> None:
    with pytest.raises(BadSetting) as refused:
        Settings.from_environment({name: value})

    assert name.removesuffix("_FILE") in str(refused.value)
    assert hint in str(refused.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(BadSetting) as refused:
        Settings.from_environment({"ATELIER_PORT": "x", "ATELIER_WORKERS": "y"})

    assert refused.value.facts["variables"] == ("ATELIER_PORT", "ATELIER_WORKERS")


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "redis"
    file.write_text("redis://valkey/0\n")

    assert Settings.from_environment({"ATELIER_REDIS_URL_FILE": str(file)}).redis_url == (
        "redis://valkey/0"
    )
    with pytest.raises(BadSetting, match="twice"):
        Settings.from_environment(
            {"ATELIER_REDIS_URL_FILE": str(file), "ATELIER_REDIS_URL": "redis://other"}
        )


def test_what_a_process_needs_is_named_when_missing() -> None:
    with pytest.raises(BadSetting, match="ATELIER_DATABASE_URL, ATELIER_TOKEN_KEYS"):
        Settings.from_environment({}).require("database_url", "port", "token_keys")


def test_secrets_do_not_show() -> None:
    shown = repr(
        Settings.from_environment(
            {
                "ATELIER_DATABASE_URL": "postgresql://u:hunter2@h/d",
                "ATELIER_TOKEN_KEYS": f"a:{SEED}",
                "ATELIER_S3_SECRET_ACCESS_KEY": "hunter2",
            }
        )
    )

    assert "hunter2" not in shown
    assert "x00" not in shown
