"""Large uploads by clients of other makers over a line that is cut, and the API's memory meanwhile.

tuspy and tus-js-client each send a file through a proxy that breaks the connection again and again;
with `--kill`, the API is killed and started again on top. Then one plain upload for the speed.

    PYTHONPATH=src:tests/support python benchmarks/uploads.py --json

Needs npm for tus-js-client. Prints cuts, seconds, whether the SHA-256 is the same, and how much the
API's resident memory rose above what it was after a small upload.
"""

import argparse
import asyncio
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

import httpx
import psutil

from adapters.embedded.services import EmbeddedServices
from adapters.sql.migrations import migrate
from cutting_proxy import cutting_proxy
from s3_server import free_port, running_s3_server
from tus_clients import tus_js, tuspy

PROJECT = Path(__file__).parent.parent
HEAD = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00"
MIB = 1 << 20


class Server:
    """One API process; its peak of resident memory is watched from outside."""

    def __init__(self, folder, database_url, redis_url, bucket):
        key = f"k1:{b64encode(bytes(range(32))).decode()}"
        self.port = free_port()
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT / "src"),
            "ATELIER_DATA_DIR": str(folder / "data"),
            "ATELIER_DATABASE_URL": database_url,
            "ATELIER_REDIS_URL": redis_url,
            "ATELIER_PORT": str(self.port),
            "ATELIER_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "ATELIER_TOKEN_KEYS": key,
            "ATELIER_DOWNLOAD_KEYS": key,
            "ATELIER_REQUEST_RATE": "1000000",
            "ATELIER_LOG_LEVEL": "warning",
        } | bucket
        self.peak = 0
        self.process = None

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}"

    def spawn(self):
        command = [sys.executable, "-m", "entrypoints.cli", "api"]
        self.process = subprocess.Popen(
            command, env=self.environment, cwd=PROJECT, stdout=subprocess.DEVNULL
        )

    async def start(self):
        self.spawn()
        async with httpx.AsyncClient() as client:
            for _ in range(300):
                with suppress(httpx.TransportError):
                    if (await client.get(f"{self.base}/health/live")).status_code == 200:
                        return
                await asyncio.sleep(0.1)
        raise SystemExit("the API does not answer")

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def resident(self):
        return psutil.Process(self.process.pid).memory_info().rss

    async def watch(self):
        while True:
            with suppress(psutil.Error):
                self.peak = max(self.peak, self.resident())
            await asyncio.sleep(0.02)

    async def die_now_and_then(self, times, every):
        for _ in range(times):
            await asyncio.sleep(every)
            self.stop()
            await self.start()


def made(folder, size, seed):
    file, digest, chance = folder / f"film{seed}.mp4", hashlib.sha256(), random.Random(seed)
    with file.open("wb") as out:
        for block in (HEAD, *(chance.randbytes(MIB) for _ in range(size))):
            digest.update(block)
            out.write(block)
    return file, digest.hexdigest()


async def arrived(server, url, headers):
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        shown = (await client.get(f"{server.base}/v1/uploads/{url.rpartition('/')[2]}")).json()
        answer = await client.get(f"{server.base}/v1/artifacts/{shown['artifact_id']}")
        return answer.json()["sha256"]


async def one(server, client, file, sha256, headers, *, patience, kills):
    before, server.peak = server.resident(), 0
    watching = asyncio.create_task(server.watch())
    async with cutting_proxy(f"127.0.0.1:{server.port}", patience) as proxy:
        begun = time.perf_counter()
        dying = asyncio.create_task(server.die_now_and_then(kills, 1.5))
        url = await client.upload(f"{proxy.url}/v1/uploads", file, headers, sha256=sha256)
        seconds = time.perf_counter() - begun
        await dying
    found = await arrived(server, url, headers)
    watching.cancel()
    return {
        "mib": round(file.stat().st_size / MIB),
        "cuts": proxy.cuts,
        "kills": kills,
        "seconds": round(seconds, 2),
        "mib_per_s": round(file.stat().st_size / MIB / seconds, 1),
        "sha256_equal": found == sha256,
        "rss_before_mib": round(before / MIB, 1),
        "rss_rise_mib": round((server.peak - before) / MIB, 1),
    }


async def measure(arguments, folder, services, bucket):
    services.postgres.create_database("bench")
    migrate(PROJECT, services.postgres.url("bench"))
    database_url = services.postgres.url("bench", "atelier_app")
    server = Server(folder, database_url, services.valkey.url, bucket)
    await server.start()
    try:
        async with httpx.AsyncClient() as client:
            body = {"email": "ada@example.org", "password": "a quiet harbour at dawn"}
            token = (await client.post(f"{server.base}/v1/auth/register", json=body)).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        clients = {"tuspy": tuspy(folder), "tus-js-client": tus_js(folder)}
        warm, digest = made(folder, 12, 1)
        calm = {"patience": lambda: 1 << 40, "kills": 0}
        await one(server, clients["tuspy"], warm, digest, headers, **calm)
        chance, results = random.Random(2), {}
        for number, (name, client) in enumerate(clients.items(), start=10):
            if client is None:
                results[name] = "not there: no npm, or nothing to install from"
                continue
            file, digest = made(folder, arguments.size, number)
            results[name] = await one(
                server, client, file, digest, headers, kills=arguments.kill,
                patience=lambda: chance.randrange(8 * MIB, 30 * MIB),
            )  # fmt: skip
            file.unlink()
        file, digest = made(folder, arguments.size, 99)
        results["uncut"] = await one(server, clients["tuspy"], file, digest, headers, **calm)
        return results
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--size", type=int, default=200, help="MiB of each file")
    parser.add_argument("--kill", type=int, default=0, help="times the API dies in each upload")
    parser.add_argument("--s3", action="store_true", help="keep files in a bucket (moto)")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="uploads-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        services = EmbeddedServices.at(folder, folder / "s", fsync=False)
        with services.running():
            if not arguments.s3:
                results = asyncio.run(measure(arguments, folder, services, {}))
            else:
                with running_s3_server() as s3:
                    bucket = {
                        "ATELIER_S3_BUCKET": s3.new_bucket(),
                        "ATELIER_S3_ENDPOINT_URL": s3.url,
                        "ATELIER_S3_ACCESS_KEY_ID": "a",
                        "ATELIER_S3_SECRET_ACCESS_KEY": "b",
                    }
                    results = asyncio.run(measure(arguments, folder, services, bucket))
    print(json.dumps(results, indent=None if arguments.json else 2))


if __name__ == "__main__":
    main()
