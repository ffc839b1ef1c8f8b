"""Fifty keys, each sent many times at once, are fifty things (R12)."""

import asyncio
import random

from httpx import Response

from api import Api, ask

KEYS, TIMES, AT_ONCE = 50, 20, 40


async def test_every_key_makes_one_thing_and_every_answer_is_the_same(api: Api) -> None:
    ada = await api.register("ada")
    wanted = [number for number in range(KEYS) for _ in range(TIMES)]
    random.Random(7).shuffle(wanted)
    answers: dict[int, list[Response]] = {number: [] for number in range(KEYS)}
    todo = iter(wanted)

    async def client() -> None:
        for number in todo:
            body = {"name": f"robot {number}", "role": "viewer"}
            once = {"Idempotency-Key": f"order-{number}"}
            while True:
                answer = await ask(api, ada, "POST", "/api-keys", json=body, headers=once)
                if answer.status_code != 409:
                    break
                assert answer.headers["retry-after"] == "1"
                await asyncio.sleep(0.02)
            answers[number].append(answer)

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    listed = (await ask(api, ada, "GET", "/api-keys", params={"limit": 200})).json()["items"]

    assert sorted(key["name"] for key in listed) == sorted(f"robot {n}" for n in range(KEYS))
    for same in answers.values():
        assert len(same) == TIMES
        assert {answer.status_code for answer in same} == {201}
        told = [answer.json() for answer in same]
        assert len({each["id"] for each in told}) == 1
        assert [bool(each["key"]) for each in told].count(True) == 1  # a secret is told once
        assert sum("idempotency-replayed" not in answer.headers for answer in same) == 1
