"""A list of 50 templates out of 200,000 rows: Atelier beside Django REST framework.

50 workspaces share the table. Both sides check an EdDSA token, look the membership up, read under
row-level security and answer the same keyset page from the same PostgreSQL. One process each, 16
connections, interleaved rounds.

    .venv/bin/python benchmarks/api.py --json

Needs `wrk`. Prints requests/s (min, median, max), the ratio in the same round, the processor time
a request costs the server and PostgreSQL (which other work on the machine disturbs least), the p99
at 16 clients, and Atelier's p50 and p99 at a steady 200 requests/s.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from pathlib import Path

import httpx
import psutil
import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from peers import python_with

from adapters.embedded.postgres import PostgresCluster
from adapters.embedded.valkey import ValkeyServer
from adapters.sql.migrations import migrate

PROJECT = Path(__file__).parent.parent
PEERS = (
    "django==5.2.19",
    "djangorestframework==3.18.3",
    "gunicorn==27.0.1",
    "pyjwt[crypto]==2.15.1",
    "psycopg[binary]==3.3.9",
)
WORKSPACES, ROWS = 50, 200_000
SEED = bytes(range(32))
PATH = "/v1/templates?limit=50"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url):
    for _ in range(300):
        try:
            if httpx.get(url).status_code < 500:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


def atelier(folder, cluster, valkey, port):
    key = f"k1:{b64encode(SEED).decode()}"
    environment = {
        "PATH": os.environ["PATH"],
        "ATELIER_DATA_DIR": str(folder / "data"),
        "ATELIER_DATABASE_URL": cluster.url("bench", "atelier_app"),
        "ATELIER_REDIS_URL": valkey.url,
        "ATELIER_PORT": str(port),
        "ATELIER_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ATELIER_TOKEN_KEYS": key,
        "ATELIER_DOWNLOAD_KEYS": key,
        "ATELIER_SIGN_IN_RATE": "1000000",
        "ATELIER_REQUEST_RATE": "1000000",
        "ATELIER_LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "entrypoints.cli", "api"]
    return subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=subprocess.DEVNULL)


def drf(folder, cluster, port, atelier_port):
    python = python_with(*PEERS)
    public = Ed25519PrivateKey.from_private_bytes(SEED).public_key()
    (folder / "key.pem").write_bytes(
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PEER_DATABASE_URL": cluster.url("bench", "atelier_app"),
        "PEER_PUBLIC_KEY": str(folder / "key.pem"),
        "PEER_AUDIENCE": "atelier-api",
        "PEER_ISSUER": f"http://127.0.0.1:{atelier_port}",
        "PEER_WORKSPACE_CLAIM": "ws",
    }
    command = [python, "-m", "gunicorn", "-k", "gthread", "--threads=8", "--keep-alive=60",
               "-b", f"127.0.0.1:{port}", "--log-level=error", "drf_app:application"]  # fmt: skip
    return subprocess.Popen(command, env=environment, cwd=PROJECT / "benchmarks" / "peers")


def sign_up(base):
    """One owner and workspace each, through the API; answers (workspace id, token)."""
    people = []
    for number in range(WORKSPACES):
        body = {"email": f"owner{number}@example.org", "password": "a quiet harbour at dawn"}
        answer = httpx.post(f"{base}/v1/auth/register", json=body)
        answer.raise_for_status()
        people.append((answer.json()["workspace_id"], answer.json()["access_token"]))
    return people


def fill(cluster, workspaces):
    with psycopg.connect(cluster.url("bench"), autocommit=True) as connection:
        connection.execute(
            """
            INSERT INTO templates (workspace_id, id, name, latest_number, created_by, created_at,
                                   updated_at, version)
            SELECT w.id, gen_random_uuid(), 'Template ' || n, 1, gen_random_uuid(),
                   now() - n * interval '1 minute', now(), 1
            FROM unnest(%s::uuid[]) AS w(id), generate_series(1, %s) AS n
            """,
            (list(workspaces), ROWS // WORKSPACES),
        )
        connection.execute("VACUUM ANALYZE templates")


def load(folder, base, tokens, seconds, path):
    """One wrk run over all workspaces' tokens; requests/s and p99 in ms."""
    script = folder / "tokens.lua"
    words = ", ".join(f'"Bearer {token}"' for token in tokens)
    script.write_text(
        f"local tokens = {{{words}}}\nlocal n = 0\n"
        "request = function()\n  n = n % #tokens + 1\n"
        '  return wrk.format("GET", nil, {["Authorization"] = tokens[n]})\nend\n'
    )
    command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", "-s", str(script), base + path]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text:
        raise SystemExit(f"refused requests at {base}: {text}")
    amount, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    p99 = float(amount) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), p99


async def steady(port, tokens, rate=200, seconds=10):
    """Latencies in ms of an open loop: every request starts on time, whatever the others do."""

    async def one(number):
        started = time.perf_counter()
        reader, writer = await free.get()
        token = tokens[number % len(tokens)]
        head = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}"
        writer.write(f"{head}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1]))
        free.put_nowait((reader, writer))
        return (time.perf_counter() - started) * 1000

    free = asyncio.Queue()
    for _ in range(16):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    begun, running = time.perf_counter(), []
    for number in range(rate * seconds):
        await asyncio.sleep(max(0, begun + number / rate - time.perf_counter()))
        running.append(asyncio.create_task(one(number)))
    return await asyncio.gather(*running)


def seconds_of(*pids):
    """Processor time so far of these processes and their children."""
    processes = [psutil.Process(pid) for pid in pids]
    family = [one for each in processes for one in (each, *each.children(recursive=True))]
    return sum(sum(one.cpu_times()[:2]) for one in family)


def race(folder, rivals, postmaster, tokens, seconds):
    """One round: (requests/s, p99 ms, processor ms a request here, and in PostgreSQL) each."""
    results = []
    for server, base in rivals:
        before = seconds_of(server.pid), seconds_of(postmaster)
        rate, p99 = load(folder, base, tokens, seconds, PATH)
        spent = seconds_of(server.pid) - before[0], seconds_of(postmaster) - before[1]
        results.append((rate, p99, *(1000 * each / (rate * seconds) for each in spent)))
    return results


def spread(values):
    values = [round(value, 3) for value in values]
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def side(name, rounds):
    figures = ("rps", "p99_ms_16_clients", "server_ms_a_request", "postgres_ms_a_request")
    return {
        f"{name}_{figure}": spread(values)
        for figure, values in zip(figures, zip(*rounds, strict=True), strict=True)
    }


def measure(folder, cluster, valkey, rounds, seconds):
    ours, theirs = free_port(), free_port()
    servers = [atelier(folder, cluster, valkey, ours), drf(folder, cluster, theirs, ours)]
    try:
        bases = [f"http://127.0.0.1:{port}" for port in (ours, theirs)]
        wait_for(f"{bases[0]}/health/live")
        people = sign_up(bases[0])
        tokens = [token for _, token in people]
        fill(cluster, [workspace for workspace, _ in people])
        wait_for(f"{bases[1]}/v1/templates")
        rivals = list(zip(servers, bases, strict=True))
        postmaster = int((cluster.data / "postmaster.pid").read_text().split()[0])
        race(folder, rivals, postmaster, tokens, 2)
        runs = [race(folder, rivals, postmaster, tokens, seconds) for _ in range(rounds)]
        latencies = sorted(asyncio.run(steady(ours, tokens)))
        return {
            "rows": ROWS,
            "workspaces": WORKSPACES,
            "ratio": spread(ours[0] / theirs[0] for ours, theirs in runs),
            "processor_ratio": spread(theirs[2] / ours[2] for ours, theirs in runs),
            **side("atelier", [ours for ours, _ in runs]),
            **side("drf", [theirs for _, theirs in runs]),
            "atelier_p50_ms_at_200_rps": round(latencies[len(latencies) // 2], 2),
            "atelier_p99_ms_at_200_rps": round(latencies[int(len(latencies) * 0.99)], 2),
        }
    finally:
        for server in servers:
            server.terminate()
            server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed (on Debian: apt-get install wrk)")
    with tempfile.TemporaryDirectory(prefix="atl-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        cluster = PostgresCluster.at(folder / "pg", folder / "s")
        valkey = ValkeyServer.at(folder / "valkey", folder / "v")
        cluster.initialise()
        valkey.initialise()
        cluster.start()
        valkey.start()
        try:
            cluster.create_database("bench")
            migrate(PROJECT, cluster.url("bench"))
            result = measure(folder, cluster, valkey, arguments.rounds, arguments.seconds)
        finally:
            valkey.stop()
            cluster.stop("immediate")
    print(json.dumps(result, indent=None if arguments.json else 2))


if __name__ == "__main__":
    main()
