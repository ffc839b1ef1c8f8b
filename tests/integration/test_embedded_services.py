"""Valkey, keys and the data folder: private, owned by one, told in words."""

import os
import subprocess
from pathlib import Path

import psycopg
import pytest
import redis

from adapters.embedded.account import Account, NoSystemUser, name_of
from adapters.embedded.folder import DataFolder, DataFolderTaken, DataFolderUnusable, State
from adapters.embedded.keys import NAMES, keys_in
from adapters.embedded.processes import Running
from adapters.embedded.services import EmbeddedServices
from adapters.embedded.valkey import ValkeyFailed, ValkeyServer

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")


def test_a_user_without_a_name_is_told_what_to_do() -> None:
    with pytest.raises(NoSystemUser, match="ATELIER_DATABASE_URL"):
        name_of(4_000_000)


def test_valkey_serves_on_a_private_socket_and_keeps_nothing(place: Path) -> None:
    server = ValkeyServer.at(place / "valkey", place / "s")
    server.initialise()
    server.start()
    with redis.Redis.from_url(server.url) as client:
        client.set("a", "b")
        settings = client.config_get("port", "save", "appendonly", "maxmemory-policy")
        client.close()
    mode = server.address.stat().st_mode & 0o777
    server.stop()

    assert settings == {
        "port": "0", "save": "", "appendonly": "no", "maxmemory-policy": "volatile-ttl",
    }  # fmt: skip
    assert mode == 0o700
    assert not server.answers()
    assert [file.name for file in server.folder.iterdir()] == ["server.log"]


def test_valkey_that_cannot_start_says_why(place: Path) -> None:
    server = ValkeyServer.at(place / "valkey", place / "s")
    server.initialise()
    server.address.mkdir()

    with pytest.raises(ValkeyFailed, match="did not start"):
        server.start()


def test_services_start_together_and_say_how_to_reach_them(place: Path) -> None:
    services = EmbeddedServices.at(place, place / "s", fsync=False)
    with services.running():
        settings = services.settings("postgres")
        assert services.valkey is not None
        assert services.valkey.answers()
        with psycopg.connect(settings["migration_database_url"]):
            pass

    assert sorted(settings) == [
        "database_url", "migration_database_url", "redis_url", "worker_database_url",
    ]  # fmt: skip
    assert services.postgres is not None
    assert not services.postgres.is_running()


def test_a_service_that_is_replaced_is_not_started(place: Path) -> None:
    services = EmbeddedServices.at(place, place / "s", postgres=False)

    assert [each.name for each in services.supervised()] == ["valkey"]
    assert sorted(services.settings("x")) == ["redis_url"]


def test_a_data_folder_has_one_owner_who_is_named_to_the_second(place: Path) -> None:
    folder = DataFolder(place / "data")
    account = Account.current()
    with folder.claimed(account) as sockets:
        state = State(
            supervisor=Running.ourselves(), sockets=str(sockets), address="http://127.0.0.1:1"
        )
        folder.write(state)
        assert DataFolder(folder.root).running() == state
        assert folder.state_file.stat().st_mode & 0o777 == 0o600
        with (
            pytest.raises(DataFolderTaken, match=str(os.getpid())) as refused,
            DataFolder(folder.root).claimed(account),
        ):
            pass

    assert refused.value.facts["address"] == "http://127.0.0.1:1"
    assert folder.running() is None
    assert not folder.state_file.exists()


def test_what_a_killed_owner_left_running_is_stopped(place: Path) -> None:
    folder = DataFolder(place / "data")
    account = Account.current()
    with subprocess.Popen(["sleep", "600"]) as sleeper:
        left = Running.of(sleeper.pid)
        assert left is not None
        with folder.claimed(account) as sockets:
            pass
        folder.write(
            State(
                supervisor=Running(pid=sleeper.pid, started=0),
                sockets=str(sockets),
                children={"api": left, "worker-1": Running(pid=os.getpid(), started=0)},
            )
        )
        with folder.claimed(account):
            assert not left.is_alive()


def test_a_long_data_folder_gets_short_sockets_elsewhere(place: Path) -> None:
    long = place / ("a folder with a name of some length " * 3)
    with DataFolder(long).claimed(Account.current()) as sockets:
        EmbeddedServices.at(long, sockets, fsync=False)
        private = sockets.stat().st_mode & 0o777

    assert len(str(sockets)) < 40
    assert private == 0o700
    assert not sockets.exists()


def test_a_data_folder_that_cannot_be_is_told_in_words(place: Path) -> None:
    file = place / "file"
    file.touch()

    with (
        pytest.raises(DataFolderUnusable, match="not a folder"),
        DataFolder(file / "data").claimed(Account.current()),
    ):
        pass


@as_root
def test_a_full_disk_is_told_in_words(place: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=20", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    folder = DataFolder(place / "data")
    try:
        with folder.claimed(Account.current()) as sockets:
            (place / "ballast").write_bytes(bytes(56 * 1024))
            with pytest.raises(DataFolderUnusable, match="the disk is full"):
                folder.write(
                    State(
                        supervisor=Running.ourselves(),
                        sockets=str(sockets),
                        environment={"A": "x" * 10_000},
                    )
                )
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    made = keys_in(tmp_path / "keys")
    first = {name: made[name].read_text() for name in NAMES}
    again = {name: path.read_text() for name, path in keys_in(tmp_path / "keys").items()}

    assert first == again
    assert len(set(first.values())) == len(NAMES)
    assert {path.stat().st_mode & 0o777 for path in made.values()} == {0o600}
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == sorted(NAMES)
