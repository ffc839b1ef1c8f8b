"""Whoever can write to Redis can make noise there, and nothing else (S12)."""

import asyncio
import os
import pickle
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from arq.connections import ArqRedis

from adapters.embedded.valkey import ValkeyServer
from adapters.redis.bell import ArqBell, arq_client, queue_name
from domain.jobs.job import JobId
from entrypoints.worker.doorbell import hear_rings
from tenants import NEW

QUEUE = "hostile"


class Touch:
    """What runs when somebody unpickles it."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> Any:
        return (os.mkdir, (str(self.canary),))


def hostile_blobs(canary: Path) -> list[bytes]:
    """A hundred."""
    pickles = [pickle.dumps(Touch(canary), protocol) for protocol in range(6)]
    call = {"t": 0, "f": Touch(canary), "a": (), "k": {}, "et": 0}  # what arq itself would pickle
    pickles += [pickle.dumps(call, protocol) for protocol in range(6)]
    packed = [
        msgspec.msgpack.encode(value)
        for value in (
            *(None, 1, -1.5, "wake", [], {}, {"f": "wake"}, [1, 2, 3], {"t": "x", "f": None}),
            {"t": 1, "f": "os.system", "a": ["true"], "k": {}, "et": 1},
            {"t": 1, "f": "wake", "a": ["much"], "k": {"too": "much"}, "et": 1},
            {"t": 1 << 62, "f": "wake", "a": [], "k": {}, "et": -1},
            {"t": 1, "f": ["wake"], "a": {}, "k": [], "et": "now"},
        )
    ]
    broken = [b"", b"\x00", b"\xc1", b"\xdd\xff\xff\xff\xff", b"\x81" * 2000, b"x" * (8 << 20)]
    noise = [bytes((n * m + n) % 256 for m in range(1, 200)) for n in range(1, 76)]
    return (pickles + packed + broken + noise)[:100]


@pytest.fixture
async def redis(valkey: ValkeyServer) -> AsyncIterator[ArqRedis]:
    client = arq_client(valkey.url)
    yield client
    await client.delete(queue_name(QUEUE))
    await client.aclose(close_connection_pool=True)


async def seconds_until(heard: asyncio.Event, bell: ArqBell) -> float:
    """Rings, and waits to be heard."""
    heard.clear()
    began = time.monotonic()
    async with asyncio.timeout(10):
        while not heard.is_set():
            await bell.ring(QUEUE, JobId(NEW()), 1)
            await asyncio.sleep(0.05)
    return time.monotonic() - began


async def test_blobs_in_the_keys_of_arq_run_nothing_and_silence_nobody(
    valkey: ValkeyServer, redis: ArqRedis, tmp_path: Path
) -> None:
    heard, bell = asyncio.Event(), ArqBell(redis)
    listening = asyncio.create_task(hear_rings(valkey.url, [QUEUE], heard.set))
    try:
        await seconds_until(heard, bell)
        blobs = hostile_blobs(tmp_path / "canary")
        for number, blob in enumerate(blobs):
            await redis.set(f"arq:job:blob{number}", blob, ex=60)
            await redis.zadd(queue_name(QUEUE), {f"blob{number}": int(time.time() * 1000)})
        await redis.lpush("arq:job:list", b"no string")
        await redis.zadd(queue_name(QUEUE), {"list": 1, "missing": 1, "\ud7ff": 1, "": 1})
        await asyncio.sleep(1)
        late = await seconds_until(heard, bell)
        await redis.delete(queue_name(QUEUE))
        await redis.set(queue_name(QUEUE), b"no sorted set")
        await asyncio.sleep(0.5)
        await redis.delete(queue_name(QUEUE))
        back = await seconds_until(heard, bell)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    assert len(blobs) == 100
    assert not (tmp_path / "canary").exists()
    assert max(late, back) < 5


def test_the_canary_would_sing(tmp_path: Path) -> None:
    pickle.loads(hostile_blobs(tmp_path / "canary")[3])

    assert (tmp_path / "canary").exists()
