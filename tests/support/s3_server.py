"""A real S3 server for tests: moto's, in a process of its own on loopback."""

import os
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from adapters.storage.s3_wire import S3Place


@dataclass(frozen=True)
class S3Server:
    url: str

    def place(self, bucket: str, *, through: str = "", attempts: int = 3) -> S3Place:
        """`through` is a proxy in front of the server."""
        return S3Place(
            bucket=bucket,
            endpoint_url=through or self.url,
            access_key_id="atelier",
            secret_access_key="atelier-secret",
            attempts=attempts,
        )

    def new_bucket(self) -> str:
        name = f"atelier-{uuid4()}"
        self._ask("PUT", f"/{name}")
        return name

    def is_up(self) -> bool:
        try:
            self._ask("GET", "/moto-api/data.json")
        except urllib.error.URLError:
            return False
        return True

    def _ask(self, method: str, path: str) -> None:
        headers = {
            "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request"
        }
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        urllib.request.urlopen(request, timeout=5).close()


def free_port() -> int:
    for port in random.sample(range(20_001, 32_000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free port")


@contextmanager
def running_s3_server() -> Iterator[S3Server]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ
        | {"S3_IGNORE_SUBDOMAIN_BUCKETNAME": "true", "S3_UPLOAD_PART_MIN_SIZE": "1024"},
    )
    server = S3Server(f"http://127.0.0.1:{port}")
    try:
        deadline = time.monotonic() + 60
        while not server.is_up():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the S3 server for tests did not start")
            time.sleep(0.05)
        yield server
    finally:
        process.kill()
        process.wait()
