"""Live events for whoever watches: one query for all watchers of a process, the table as truth."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from domain.identity.access import NO_CREDENTIAL, Credential, UserId, WorkspaceId
from domain.jobs.job import JobEvent, JobId
from domain.jobs.ports import News, RunNews, Watch

POLL: Final = 1.0  # seconds; what a lost hint costs at most
ROOM: Final = 256  # events that wait for one watcher
_BREATH: Final = 0.03  # seconds between two looks, however many hints arrive
_AT_ONCE: Final = 100  # events of one run fetched at once
_MOST_WATCHES: Final = 200  # asked for in one query

log = structlog.get_logger()


@dataclass(eq=False, slots=True, kw_only=True)
class Follower:
    """Someone who watches runs. Nothing is fetched for those whose queue is full."""

    user_id: UserId
    workspace_id: WorkspaceId
    credential: Credential = NO_CREDENTIAL
    expelled: bool = False  # no member of the workspace any more, or signed out
    _after: dict[JobId, int] = field(default_factory=dict)  # the newest number queued, by run
    _queue: deque[JobEvent] = field(default_factory=deque)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def roots(self) -> frozenset[JobId]:
        return frozenset(self._after)

    def follow(self, root_id: JobId, after: int) -> None:
        self._after[root_id] = after

    def leave(self, root_id: JobId) -> None:
        self._after.pop(root_id, None)
        self._queue = deque(event for event in self._queue if event.root_id != root_id)

    async def next(self) -> JobEvent | None:
        """The next event, in order within each run; None once expelled."""
        while not self._queue:
            if self.expelled:
                return None
            self._news.clear()
            await self._news.wait()
        return self._queue.popleft()

    def watches(self, hinted: frozenset[JobId] | None) -> Iterator[Watch]:
        for root_id, after in self._after.items():
            room = min(_AT_ONCE, ROOM - len(self._queue))
            if room > 0 and (hinted is None or root_id in hinted):
                yield Watch(
                    user_id=self.user_id,
                    workspace_id=self.workspace_id,
                    root_id=root_id,
                    after=after,
                    limit=room,
                    credential=self.credential,
                )

    def hear(self, news: News) -> bool:
        """Queue what is new; answers whether there may be more."""
        watch = news.watch
        if not news.is_member:
            self.expelled = True
        elif self._after.get(watch.root_id) == watch.after and news.events:
            fitting = news.events[: ROOM - len(self._queue)]
            self._queue.extend(fitting)
            self._after[watch.root_id] = fitting[-1].run_seq if fitting else watch.after
        self._news.set()
        return len(news.events) == watch.limit


@dataclass(slots=True)
class RunFeed:
    """Looks when a hint names a watched run, and every second for all of them."""

    news: RunNews
    _followers: set[Follower] = field(default_factory=set)
    _hinted: set[JobId] = field(default_factory=set)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def followers(self) -> int:
        return len(self._followers)

    @contextmanager
    def following(
        self,
        user_id: UserId,
        workspace_id: WorkspaceId,
        credential: Credential = NO_CREDENTIAL,
    ) -> Iterator[Follower]:
        follower = Follower(user_id=user_id, workspace_id=workspace_id, credential=credential)
        self._followers.add(follower)
        try:
            yield follower
        finally:
            self._followers.discard(follower)

    def hint(self, roots: Iterable[JobId]) -> None:
        watched = frozenset[JobId]().union(*(each.roots for each in self._followers))
        if news := watched & frozenset(roots):
            self._hinted |= news
            self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        due = time.monotonic()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, due - time.monotonic())):
                    await self._wake.wait()
            self._wake.clear()
            hinted = None if time.monotonic() >= due else frozenset(self._hinted)
            if hinted is None:
                due = time.monotonic() + POLL
            self._hinted.clear()
            try:
                await self._look(hinted)
            except Exception as error:
                log.warning("events could not be read", exc_info=error)
            await asyncio.sleep(_BREATH)

    async def _look(self, hinted: frozenset[JobId] | None) -> None:
        asked = [
            (follower, watch) for follower in self._followers for watch in follower.watches(hinted)
        ]
        for start in range(0, len(asked), _MOST_WATCHES):
            some = asked[start : start + _MOST_WATCHES]
            answers = await self.news.since([watch for _, watch in some])
            self._spread([follower for follower, _ in some], answers)

    def _spread(self, followers: Sequence[Follower], answers: Sequence[News]) -> None:
        for follower, news in zip(followers, answers, strict=True):
            if follower.hear(news):
                self.hint([news.watch.root_id])
