"""Background jobs beside Procrastinate, Celery and arq: jobs a second, and the wait when idle.

Jobs do nothing. One worker process each, on the same PostgreSQL and the same Valkey, in turn, round
by round; whoever is not measured is stopped. Then the same with a million finished jobs in the
table, and with a snapshot held open so that no dead row can be removed.

    .venv/bin/python benchmarks/jobs.py --json

Atelier claims with a fence, and writes three events and an outbox message for each job; none of the
others does. Celery runs two processes with late acknowledgement, the others 20 jobs at once in one.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from peers import python_with
from sqlalchemy.ext.asyncio import AsyncSession
from workers.atelier_jobs import Bench, Nothing

from adapters.embedded.services import EmbeddedServices
from adapters.sql.migrations import migrate
from adapters.sql.session import Principal, bind
from adapters.system.clock import Uuid7
from domain.identity.access import Actor, Role, UserId, WorkspaceId
from domain.jobs.ports import JobQueue
from domain.kernel.ports import UnitOfWork
from entrypoints.settings import Settings
from entrypoints.telemetry import start_logging
from entrypoints.wiring.container import build_container

HERE = Path(__file__).parent
PEERS = {
    "procrastinate": ("procrastinate==3.10.0", "psycopg[binary]==3.3.9"),
    "celery": ("celery[redis]==5.7.0",),
    "arq": ("arq==0.28.0",),
}
JOBS, SLOTS = 1000, 20  # a round; at once
PAUSE = 0.06  # seconds between two jobs of the idle measurement
MILLION = """
INSERT INTO jobs (id, root_id, workspace_id, kind, queue, subject, payload, status, fence, seq,
                  created_at, started_at, finished_at)
SELECT u, u, %s, 'bench.nothing', 'io', u, '{}', 'success', 1, 3, now(), now(), now()
FROM (SELECT gen_random_uuid() AS u FROM generate_series(1, %s)) AS n
"""
MILLION_OF_PEER = """
INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts)
SELECT 'default', 'nothing', 'succeeded', 1 FROM generate_series(1, %s)
"""
MEMBER = "INSERT INTO memberships (workspace_id, user_id, role) VALUES (%s, %s, 'owner')"
new = Uuid7().new


class Site:
    """Services, an owner with a workspace, and the environment of every process."""

    def __init__(self, folder, services):
        self.folder, self.services = folder, services
        self.pythons = {peer: python_with(*packages) for peer, packages in PEERS.items()}
        self.actors = {}

    def database(self, name):
        postgres = self.services.postgres
        postgres.create_database(name)
        migrate(HERE.parent, postgres.url(name))
        postgres.create_database(f"{name}_peer")
        user, workspace = new(), new()
        with self.admin(name) as db:
            db.execute(
                "INSERT INTO users (id, email, password_hash) VALUES (%s, 'a@b.c', '-')", [user]
            )
            db.execute("INSERT INTO workspaces (id, name) VALUES (%s, 'bench')", [workspace])
            db.execute(MEMBER, [workspace, user])
        self.actors[name] = Actor(
            user_id=UserId(user), workspace_id=WorkspaceId(workspace), role=Role.OWNER
        )
        subprocess.run(self.peer("procrastinate", "schema"), env=self.environment(name), check=True)

    def admin(self, name):
        return psycopg.connect(self.services.postgres.url(name), autocommit=True)

    def peer(self, peer, *words):
        return [
            str(self.pythons[peer]),
            str(HERE / "peers" / "jobs_peer.py"),
            peer,
            *map(str, words),
        ]

    def environment(self, name):
        found = self.services.settings(name)
        keys = {f"ATELIER_{key.upper()}_FILE": str(file)
                for key, file in self.services.key_files().items()}  # fmt: skip
        return {
            "PATH": os.environ["PATH"],
            "ROUND": str(JOBS),
            "SLOTS": str(SLOTS),
            "PYTHONPATH": str(HERE.parent / "src"),
            "PEER_DATABASE_URL": self.services.postgres.url(f"{name}_peer"),
            "PEER_REDIS_SOCKET": found["redis_url"].removeprefix("unix://"),
            **{f"ATELIER_{key.upper()}": value for key, value in found.items()},
            **keys,
            "ATELIER_DATA_DIR": str(self.folder / "data"),
            "ATELIER_LOG_LEVEL": "error",
        }


class Rival:
    """A worker that is stopped but while it is measured."""

    def __init__(self, site, database, name):
        self.site, self.database, self.name = site, database, name
        command = (
            [sys.executable, str(HERE / "workers" / "atelier_jobs.py")]
            if name == "atelier"
            else site.peer(name, "work")
        )
        self.process = subprocess.Popen(
            command, env=site.environment(database), stdout=subprocess.PIPE, start_new_session=True
        )
        self.lines("ready")
        time.sleep(3)
        self.signal(signal.SIGSTOP)

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def lines(self, word, count=1):
        """The numbers it says after `word`, so many of them."""
        found = []
        while len(found) < count:
            if not (line := self.process.stdout.readline()):
                raise SystemExit(f"{self.name} died")
            said, _, number = line.decode().strip().partition(" ")
            if said == word:
                found.append(float(number or 0))
        return found

    def speed(self):
        """Jobs a second of one round that waits in the queue when the worker wakes up."""
        self.submit(JOBS)
        time.sleep(0.3)
        begun = time.monotonic()
        self.signal(signal.SIGCONT)
        [ended] = self.lines("done")
        time.sleep(0.3)  # for what it still has to write
        self.signal(signal.SIGSTOP)
        return JOBS / (ended - begun)

    def waits(self, count):
        """Milliseconds from before the enqueue to the first line of the job, one at a time."""
        self.signal(signal.SIGCONT)
        time.sleep(1)
        self.submit(count, PAUSE)
        found = self.lines("waited", count)
        self.signal(signal.SIGSTOP)
        return [1000 * each for each in found]

    def submit(self, count, pause=None):
        if self.name == "atelier":
            asyncio.run(enqueue(self.site, self.database, count, pause))
            return
        words = [count] if pause is None else [count, pause]
        command = self.site.peer(self.name, "submit", *words)
        subprocess.run(command, env=self.site.environment(self.database), check=True)

    def end(self):
        self.signal(signal.SIGKILL)
        self.process.wait()


async def enqueue(site, database, count, pause):
    settings = Settings.from_environment(
        {k: v for k, v in site.environment(database).items() if k.startswith("ATELIER_")}
    )
    start_logging(settings)
    container, actor = build_container(settings, Bench()), site.actors[database]
    try:
        for _ in range(1 if pause is None else count):
            sent = time.monotonic()
            async with container() as scope:
                bind(await scope.get(AsyncSession), Principal(actor.user_id, actor.workspace_id))
                queue, uow = await scope.get(JobQueue), await scope.get(UnitOfWork)
                if pause is None:
                    many = dict.fromkeys(range(count), Nothing())
                    await queue.enqueue_shards(actor, many, subject=new())
                else:
                    await queue.enqueue(actor, Nothing(sent=sent), subject=new())
                await uow.commit()
            if pause is not None:
                await asyncio.sleep(pause)
    finally:
        await container.close()


def fill(site, name, rows):
    with site.admin(name) as db:
        db.execute("SET session_replication_role = replica")
        for start in range(0, rows, 100_000):
            some = min(100_000, rows - start)
            db.execute(MILLION, [site.actors[name].workspace_id, some])
        db.execute("VACUUM ANALYZE jobs")
    with site.admin(f"{name}_peer") as db:
        db.execute(MILLION_OF_PEER, [rows])
        db.execute("VACUUM ANALYZE procrastinate_jobs")


@contextmanager
def pinned(site, *names):
    """A snapshot held open: nothing that dies from now on can be removed."""
    with ExitStack() as stack:
        for name in names:
            db = stack.enter_context(psycopg.connect(site.services.postgres.url(name)))
            db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            db.execute("SELECT 1 FROM pg_class LIMIT 1").fetchone()
        yield


def raced(rivals, rounds):
    """Jobs a second, and ours by theirs in the same round."""
    for rival in rivals:
        rival.speed()  # warm
    speeds = {rival.name: [] for rival in rivals}
    for number in range(rounds):
        for rival in rivals[number % len(rivals) :] + rivals[: number % len(rivals)]:
            speeds[rival.name].append(rival.speed())
    return {
        "jobs_per_second": {name: spread(each) for name, each in speeds.items()},
        "ratio": {
            name: round(
                statistics.median(a / b for a, b in zip(speeds["atelier"], each, strict=True)), 2
            )
            for name, each in speeds.items()
            if name != "atelier"
        },
    }


def spread(values):
    return {name: round(how(values), 1) for name, how in
            (("min", min), ("median", statistics.median), ("max", max))}  # fmt: skip


def percentiles(values):
    ordered = sorted(values)
    return {
        "p50": round(ordered[len(ordered) // 2], 1),
        "p95": round(ordered[int(len(ordered) * 0.95)], 1),
    }


def measure(site, options):
    site.database("small")
    result = {"machine": os.uname().machine, "cpus": os.cpu_count(), "jobs_a_round": JOBS}
    rivals = [Rival(site, "small", name) for name in ("atelier", *PEERS)]
    try:
        result["wait_ms_idle"] = {
            each.name: percentiles(each.waits(options.waits)) for each in rivals
        }
        result["empty"] = raced(rivals, options.rounds)
    finally:
        for rival in rivals:
            rival.end()
    if not options.rows:
        return result
    site.database("large")
    fill(site, "large", options.rows)
    rivals = [Rival(site, "large", name) for name in ("atelier", "procrastinate")]
    try:
        result[f"after_{options.rows}"] = raced(rivals, options.rounds)
        with pinned(site, "large", "large_peer"):
            result[f"after_{options.rows}_pinned"] = raced(rivals, options.rounds)
    finally:
        for rival in rivals:
            rival.end()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--json", action="store_true", help="one line instead of an indented text")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--waits", type=int, default=100, help="jobs of the idle measurement")
    parser.add_argument(
        "--rows", type=int, default=1_000_000, help="finished jobs; 0: leave it out"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="atl-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        services = EmbeddedServices.at(folder, folder / "s")
        with services.running():
            result = measure(Site(folder, services), options)
    print(json.dumps(result, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
