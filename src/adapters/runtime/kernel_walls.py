"""Walls the Linux kernel offers to any process: namespaces, Landlock, a system call filter.

Every function says whether its wall stands; none raises, since containers and older kernels
withhold some of them. Numbers are the kernel's; see man unshare(2), landlock(7), seccomp(2).
"""

import ctypes
import os
import platform
import struct
from collections.abc import Iterable

_libc = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 1, 38, 22
SECCOMP_MODE_FILTER = 2
CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWIPC = 0x10000000, 0x40000000, 0x08000000
CLONE_NEWNS, MS_PRIVATE_TREE, MS_NOTHING_SPECIAL = 0x00020000, 0x4000 | 1 << 18, 2 | 4 | 8
CAPABILITY_VERSION_3 = 0x20080522
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
LANDLOCK_RULE_PATH = 1

# Rights on files, in the order of the kernel's bits; the ABI version says how many it knows.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_FILE, MAKE_SOCKET = 1 << 5, 1 << 9
TRUNCATE, IOCTL_DEVICE = 1 << 14, 1 << 15
FILE_ONLY = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP = 0b11  # bind and connect, from ABI 4
_SCOPES = 0b11  # abstract sockets and signals stay inside, from ABI 6

# (audit architecture, socket, io_uring_setup and the calls that reach into other processes)
_CALLS = {
    "x86_64": (0xC000003E, 41, (425, 101, 310, 311, 321, 323, 298, 248, 249, 250, 165, 166, 308)),
    "aarch64": (0xC00000B7, 198, (425, 117, 270, 271, 280, 282, 241, 217, 218, 219, 40, 39, 268)),
}
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13  # EACCES
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_X32 = 0x40000000


def die_with_parent(parent: int) -> None:
    """Be killed when the thread that started us ends; exit if that happened already."""
    _libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def leave_network() -> bool:
    """Move into a network of our own, without even a loopback that is up."""
    uid, gid = os.geteuid(), os.getegid()
    if _libc.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) != 0:
        return bool(_libc.unshare(CLONE_NEWNET | CLONE_NEWIPC) == 0)
    try:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")
    except OSError:
        pass  # we are nobody then; the wall stands
    return True


def own_folder(path: str) -> bool:
    """Put an empty folder of our own over one that others use; before powers are dropped."""
    if _libc.unshare(CLONE_NEWNS) != 0:
        return False
    if _libc.mount(None, b"/", None, MS_PRIVATE_TREE, None) != 0:
        return False
    size = b"size=64m,mode=1777"
    return bool(_libc.mount(b"none", path.encode(), b"tmpfs", MS_NOTHING_SPECIAL, size) == 0)


def drop_powers() -> bool:
    """Give up every capability, and the way to new ones through programs we might start."""
    if _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    return bool(_libc.capset(header, bytes(24)) == 0)


def refuse_sockets(*, unix_sockets: bool) -> bool:
    """No sockets (by wish but for AF_UNIX), no io_uring, no reaching into other processes."""
    known = _CALLS.get(platform.machine())
    if known is None:
        return False
    code = _filter(*known, unix_sockets=unix_sockets)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("=H6xQ", len(code) // 8, ctypes.addressof(buffer))
    return bool(_libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0) == 0)


def _filter(architecture: int, socket: int, banned: Iterable[int], *, unix_sockets: bool) -> bytes:
    """A classic BPF program over struct seccomp_data: number at 0, architecture at 4."""

    def op(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
        return struct.pack("=HBBI", code, then, otherwise, value)

    refuse = op(_RETURN, _REFUSE)
    program = [op(_LOAD, 4), op(_EQUAL, architecture, 1, 0), refuse]
    program += [op(_LOAD, 0), op(_AT_LEAST, _X32, 0, 1), refuse]
    for number in banned:
        program += [op(_EQUAL, number, 0, 1), refuse]
    if unix_sockets:  # the first argument is the family; AF_UNIX is 1
        program += [op(_EQUAL, socket, 0, 3), op(_LOAD, 16), op(_EQUAL, 1, 1, 0), refuse]
    else:
        program += [op(_EQUAL, socket, 0, 1), refuse]
    return b"".join([*program, op(_RETURN, _ALLOW)])


def confine_files(
    *, writable: Iterable[str], readable: Iterable[str], sockets: Iterable[str] = ()
) -> bool:
    """Landlock: read below `readable`, write below `writable`, nothing else; no TCP either.

    Below `sockets` unix sockets may be made, and what lies there removed.
    """
    abi = _libc.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(1))
    if abi < 1:
        return False
    every = (1 << _RIGHTS_BY_ABI.get(min(abi, 5), 13)) - 1
    attributes = struct.pack("=Q", every)
    attributes += struct.pack("=Q", _TCP) if abi >= 4 else b""  # noqa: PLR2004
    attributes += struct.pack("=Q", _SCOPES) if abi >= 6 else b""  # noqa: PLR2004
    rules = _libc.syscall(
        LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint(0)
    )
    if rules < 0:
        return False
    try:
        for path in readable:
            _allow_below(rules, path, (EXECUTE | READ_FILE | READ_DIR) & every)
        for path in writable:
            _allow_below(rules, path, every)
        for path in sockets:
            _allow_below(rules, path, (MAKE_SOCKET | REMOVE_FILE) & every)
        return bool(_libc.syscall(LANDLOCK_RESTRICT, ctypes.c_int(rules), ctypes.c_uint(0)) == 0)
    finally:
        os.close(rules)


def _allow_below(rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no permission
    try:
        if not os.path.isdir(path):  # noqa: PTH112
            rights &= FILE_ONLY
        rule = struct.pack("=Qi", rights, place)
        _libc.syscall(LANDLOCK_ADD, ctypes.c_int(rules), LANDLOCK_RULE_PATH, rule, ctypes.c_uint(0))
    finally:
        os.close(place)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
