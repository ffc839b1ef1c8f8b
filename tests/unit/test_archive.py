"""Runs of members, put in a row, are ZIP archives that other programs read."""

import io
import shutil
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.documents.archive import (
    Archive,
    Member,
    MemberTooLarge,
    Run,
    RunDamaged,
    RunSize,
)

Files = list[tuple[str, bytes]]
GIB = 1 << 30


def distinct(runs: list[Files]) -> list[Files]:
    """Without files whose name came before, in whatever run."""
    seen: set[str] = set()
    kept: list[Files] = []
    for files in runs:
        kept.append([])
        for name, content in files:
            if name not in seen:
                seen.add(name)
                kept[-1].append((name, content))
    return kept


names = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/\\:"),
    min_size=1,
    max_size=50,
)
archives = st.lists(
    st.lists(st.tuples(names, st.binary(max_size=200)), max_size=6), max_size=6
).map(distinct)


def a_run(files: Files) -> tuple[bytes, RunSize, list[Member]]:
    run, written, members = Run(), b"", []
    for name, content in files:
        header, member = run.add(name, len(content), zlib.crc32(content))
        written += header + content
        members.append(member)
    assert run.size == len(written)
    stored = written + run.directory()
    size = RunSize(
        members=run.members, members_size=run.size, directory_size=len(stored) - run.size
    )
    return stored, size, members


def an_archive(runs: list[Files]) -> bytes:
    stored = [a_run(files) for files in runs]
    archive = Archive([size for _, size, _ in stored])
    parts = [data[: size.members_size] for data, size, _ in stored]
    parts += [
        archive.directory(i, data[size.members_size :]) for i, (data, size, _) in enumerate(stored)
    ]
    whole = b"".join([*parts, archive.end()])
    assert len(whole) == archive.size
    return whole


@given(archives)
def test_any_runs_make_an_archive_that_holds_just_their_members(runs: list[Files]) -> None:
    with zipfile.ZipFile(io.BytesIO(an_archive(runs))) as read:
        assert read.testzip() is None
        found = [(info.filename, read.read(info)) for info in read.infolist()]

    assert found == [file for files in runs for file in files]


@given(archives)
def test_a_member_is_a_plain_range_of_its_run(runs: list[Files]) -> None:
    for files in runs:
        stored, _, members = a_run(files)
        ranges = [stored[m.offset : m.offset + m.size] for m in members]

        assert ranges == [content for _, content in files]


def test_the_same_members_give_the_same_bytes() -> None:
    files = [("a.docx", b"1"), ("ü.docx", b"2")]

    assert an_archive([files]) == an_archive([files[:1], files[1:]])


def test_more_members_than_sixteen_bits_count_are_all_there(tmp_path: Path) -> None:
    files = [(f"{number}.txt", b"%d" % number) for number in range(66_000)]
    whole = an_archive([files[start : start + 11_000] for start in range(0, 66_000, 11_000)])

    with zipfile.ZipFile(io.BytesIO(whole)) as read:
        assert len(read.infolist()) == 66_000
        assert read.read("65999.txt") == b"65999"
    if shutil.which("unzip"):
        (tmp_path / "a.zip").write_bytes(whole)
        tested = subprocess.run(["unzip", "-tqq", "a.zip"], cwd=tmp_path, check=False)
        assert tested.returncode == 0


@pytest.mark.parametrize(
    ("members", "bytes_before", "wide"),
    [(65_534, 100, False), (65_535, 100, True), (9, 4 * GIB - 2, False), (9, 4 * GIB - 1, True)],
)
def test_counts_and_offsets_are_written_wide_from_the_first_that_needs_it(
    members: int, bytes_before: int, *, wide: bool
) -> None:
    run = RunSize(members=members, members_size=bytes_before, directory_size=50 * members)

    assert (b"PK\6\6" in Archive([run]).end()) == wide


def test_offsets_beyond_four_gigabytes_are_found(tmp_path: Path) -> None:
    """A file with a hole stands in for runs of two gigabytes."""
    content, place = b"the last one", tmp_path / "sparse.zip"
    sizes, directories = [], []
    with place.open("wb") as file:
        for number in range(4):
            run = Run()
            header, _ = run.add(f"{number} big ü.bin", 2 * GIB - 100, 0)
            file.write(header)
            file.seek(2 * GIB - 100, 1)
            header, _ = run.add(f"{number} small.txt", len(content), zlib.crc32(content))
            file.write(header + content)
            directories.append(run.directory())
            sizes.append(
                RunSize(members=2, members_size=run.size, directory_size=len(directories[-1]))
            )
        archive = Archive(sizes)
        for number, stored in enumerate(directories):
            file.write(archive.directory(number, stored))
        file.write(archive.end())

    assert place.stat().st_size == archive.size > 8 * GIB
    with zipfile.ZipFile(place) as read:
        small = [info for info in read.infolist() if info.filename.endswith("small.txt")]
        assert [read.read(info) for info in small] == [content] * 4


def test_a_run_of_four_gigabytes_is_refused() -> None:
    run = Run()
    run.add("a", 3 * GIB, 0)

    with pytest.raises(MemberTooLarge):
        run.add("b", GIB, 0)


def damaged(stored: bytes) -> list[bytes]:
    size_of_name = bytearray(stored)
    struct.pack_into("<H", size_of_name, 28, 60_000)
    return [stored[:-1], stored[1:], stored + b"x", bytes(len(stored)), bytes(size_of_name), b""]


@pytest.mark.parametrize("way", range(6))
def test_a_damaged_directory_is_noticed(way: int) -> None:
    stored, size, _ = a_run([("a", b"1"), ("b", b"2")])
    archive = Archive([size])

    with pytest.raises(RunDamaged):
        archive.directory(0, damaged(stored[size.members_size :])[way])


def test_an_archive_without_members_is_empty() -> None:
    with zipfile.ZipFile(io.BytesIO(an_archive([[], []]))) as read:
        assert read.infolist() == []
