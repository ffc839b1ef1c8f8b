"""Requests to engines: written down before they go out and after, and made again within reason."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar
from uuid import UUID

from domain.ai.ports import AiLedger, EngineFailed, EngineRefused
from domain.ai.prices import PriceTable
from domain.ai.use import AiIntent, AiUse, Outcome
from domain.identity.access import Actor
from domain.kernel.errors import DomainError
from domain.kernel.ports import Ids

ATTEMPTS: Final = 3
_SMALLER_FORMS: Final = 3  # times an engine may say that it wants to be asked for less
_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 60.0


class HasUse(Protocol):
    @property
    def use(self) -> AiUse: ...


Answer = TypeVar("Answer", bound=HasUse)
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Whom a request goes to, what for, and what its cost is booked on."""

    engine: str
    model: str
    purpose: str
    subject: UUID


@dataclass(frozen=True, slots=True)
class Requests:
    """`sleep` waits between attempts; the ledger gets every one, failures included."""

    ledger: AiLedger
    ids: Ids
    prices: PriceTable
    sleep: Sleep = field(default=asyncio.sleep)

    async def __call__(
        self,
        actor: Actor,
        errand: Errand,
        ask: Callable[[], Awaitable[Answer]],
        *,
        attempts: int = ATTEMPTS,
    ) -> Answer:
        """What `ask` answers. Raises EngineFailed after the last attempt, EngineRefused at once.

        A longer wait than a minute is not made here: the error says how long it would be.
        """
        failed = smaller = 0
        while True:
            try:
                return await self._once(actor, errand, ask)
            except EngineFailed as error:
                if error.facts.get("again") and smaller < _SMALLER_FORMS:
                    smaller += 1
                    continue
                failed += 1
                wait = _wait(error, failed)
                if failed >= attempts or wait > _LONGEST_WAIT_S:
                    raise
            await self.sleep(wait)

    async def _once(
        self, actor: Actor, errand: Errand, ask: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """One request. Dying on the way, or being cancelled, leaves its outcome unknown."""
        intent = AiIntent(
            id=self.ids.new(),
            engine=errand.engine,
            model=errand.model,
            purpose=errand.purpose,
            subject=errand.subject,
        )
        await self.ledger.begin(actor, intent)
        try:
            answer = await ask()
        except (EngineFailed, EngineRefused) as error:
            await self._settle(actor, intent, error.use)
            raise
        except DomainError:  # such as sound that is not there: nothing went out
            unsent = AiUse(engine=errand.engine, model=errand.model, outcome=Outcome.UNSENT)
            await self._settle(actor, intent, unsent)
            raise
        await self._settle(actor, intent, answer.use)
        return answer

    async def _settle(self, actor: Actor, intent: AiIntent, use: AiUse) -> None:
        """To its end, also while we are being cancelled: the request has been made."""
        priced = use if use.outcome is not Outcome.OK else self.prices.priced(use)
        await asyncio.shield(self.ledger.settle(actor, intent, priced))


def _wait(error: EngineFailed, failed: int) -> float:
    named = error.facts.get("retry_after")
    backoff = min(_FIRST_WAIT_S * 2 ** (failed - 1), _LONGEST_WAIT_S)
    return max(float(named), 0.0) if isinstance(named, int | float) else backoff
