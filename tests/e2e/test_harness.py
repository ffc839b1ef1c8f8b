"""The public test tool: what it promises."""

from pathlib import Path

import pytest

from adapters.embedded.account import Account
from adapters.embedded.folder import DataFolder
from adapters.embedded.services import EmbeddedServices
from domain.identity.access import Role
from domain.identity.ports import Memberships
from domain.jobs.ports import Bell
from entrypoints import harness
from entrypoints.harness import Harness, SilentBell


async def test_people_sign_up_and_are_who_they_say_they_are(atelier: Harness) -> None:
    ada, eve = await atelier.sign_up("Ada"), await atelier.sign_up("Eve")

    answers = [(await atelier.http(each).get("/v1/me")).json() for each in (ada, eve)]

    assert [answer["email"] for answer in answers] == [ada.email, eve.email]
    assert ada.actor.workspace_id != eve.actor.workspace_id
    assert (await atelier.http().get("/v1/me")).status_code == 401


async def test_a_scope_acts_for_a_person_and_sees_what_they_may(atelier: Harness) -> None:
    ada, eve = await atelier.sign_up("Ada"), await atelier.sign_up("Eve")

    async with atelier.acting(ada.actor) as scope:
        memberships = await scope.get(Memberships)
        own = await memberships.role_in(ada.actor.workspace_id, ada.actor.user_id)
        foreign = await memberships.role_in(eve.actor.workspace_id, eve.actor.user_id)

    assert (own, foreign) == (Role.OWNER, None)


async def test_drain_answers_when_there_is_nothing_to_do(atelier: Harness) -> None:
    assert await atelier.drain() == 0


async def test_nobody_rings_in_process(atelier: Harness) -> None:
    assert isinstance(await atelier.container.get(Bell), SilentBell)


async def test_settings_can_be_changed_and_each_start_is_fresh(services: EmbeddedServices) -> None:
    async with Harness.start(services, port=1234) as first:
        await first.sign_up()
        database = first.settings.database_url
        files = first.settings.data_dir
    async with Harness.start(services) as second:
        assert second.settings.database_url != database

    assert first.settings.port == 1234
    assert not files.exists()


async def test_the_schema_is_migrated_once_for_all(services: EmbeddedServices) -> None:
    assert services.postgres is not None
    name = harness.template_database(services.postgres)

    assert harness.template_database(services.postgres) == name
    assert services.postgres.has_database(name)
    assert not services.postgres.has_database(f"{name}_new")


async def test_without_services_it_brings_its_own_even_when_its_folder_is_in_use(
    place: Path,
) -> None:
    folder = place / "desk"
    with DataFolder(folder).claimed(Account.current()):
        async with Harness.start(folder=folder) as atelier:
            url = atelier.settings.database_url
            await atelier.sign_up()

    assert str(place) not in url


def test_a_cluster_of_somebody_else_is_not_for_the_harness(place: Path) -> None:
    theirs = EmbeddedServices.at(place, place / "s", postgres=False)

    with pytest.raises(RuntimeError, match="cluster of its own"), harness._database(theirs):
        pass
