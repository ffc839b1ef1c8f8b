"""A job that does nothing, on Procrastinate, Celery or arq: `jobs_peer.py PEER work|submit …`.

`submit COUNT` enqueues a round, `submit COUNT PAUSE` one job after the other, asking how long each
waits. Each peer runs as its documentation advises for speed without giving up redelivery.
"""

import asyncio
import multiprocessing
import os
import sys
import time

DATABASE, REDIS = os.environ["PEER_DATABASE_URL"], os.environ["PEER_REDIS_SOCKET"]
ROUND, SLOTS = int(os.environ["ROUND"]), int(os.environ["SLOTS"])
_count = multiprocessing.Value("q", 0)


def tell(sent):
    now = time.monotonic()
    if sent:
        os.write(1, f"waited {now - sent}\n".encode())
        return
    with _count.get_lock():
        _count.value += 1
        last = _count.value % ROUND == 0
    if last:
        os.write(1, f"done {now}\n".encode())


def procrastinate():
    from procrastinate import App, PsycopgConnector

    app = App(connector=PsycopgConnector(conninfo=DATABASE, max_size=SLOTS))

    @app.task(name="nothing")
    async def nothing(sent):
        tell(sent)

    async def work():
        async with app.open_async():
            os.write(1, b"ready\n")
            await app.run_worker_async(concurrency=SLOTS, install_signal_handlers=False)

    async def submit(count, pause):
        async with app.open_async():
            if pause is None:
                await nothing.batch_defer_async(*({"sent": 0} for _ in range(count)))
                return
            for _ in range(count):
                await nothing.defer_async(sent=time.monotonic())
                await asyncio.sleep(pause)

    async def schema():
        async with app.open_async():
            await app.schema_manager.apply_schema_async()

    return work, submit, schema


def arq():
    from arq.connections import ArqRedis
    from arq.worker import Worker, func
    from redis.asyncio import ConnectionPool

    async def nothing(ctx, sent):
        tell(sent)

    def client():
        return ArqRedis(ConnectionPool.from_url(f"unix://{REDIS}"), default_queue_name="bench:arq")

    async def work():
        os.write(1, b"ready\n")
        worker = Worker([func(nothing, name="nothing", keep_result=0)], redis_pool=client(),
                        queue_name="bench:arq", max_jobs=SLOTS, poll_delay=0.02,
                        handle_signals=False)  # fmt: skip
        await worker.async_run()

    async def submit(count, pause):
        redis = client()
        for _ in range(count):
            await redis.enqueue_job("nothing", 0 if pause is None else time.monotonic())
            if pause:
                await asyncio.sleep(pause)

    return work, submit, None


def celery():
    from celery import Celery

    app = Celery("bench", broker=f"redis+socket://{REDIS}?virtual_host=3")
    app.conf.update(task_ignore_result=True, task_acks_late=True, worker_redirect_stdouts=False,
                    worker_hijack_root_logger=False)  # fmt: skip

    @app.task(name="nothing")
    def nothing(sent):
        tell(sent)

    async def work():
        os.write(1, b"ready\n")
        app.worker_main(["worker", "--concurrency=2", "--loglevel=error", "--without-gossip",
                         "--without-mingle", "--without-heartbeat"])  # fmt: skip

    async def submit(count, pause):
        for _ in range(count):
            nothing.delay(0 if pause is None else time.monotonic())
            if pause:
                await asyncio.sleep(pause)

    return work, submit, None


def main(peer, word, *numbers):
    work, submit, schema = {"procrastinate": procrastinate, "arq": arq, "celery": celery}[peer]()
    if word == "work":
        asyncio.run(work())
    elif word == "schema":
        asyncio.run(schema())
    else:
        asyncio.run(submit(int(numbers[0]), float(numbers[1]) if numbers[1:] else None))


if __name__ == "__main__":
    main(*sys.argv[1:])
