"""What `UnitOfWork` promises: all or nothing, and what follows a commit follows only a commit."""

import pytest

from adapters.sql.identity import SqlWorkspaces
from adapters.sql.unit_of_work import SqlUnitOfWork
from domain.identity.access import Role
from tenants import Tenants


async def test_only_committed_changes_stay_and_what_follows_follows_them(tenants: Tenants) -> None:
    owner, rung = tenants.actor(Role.OWNER), []

    async def ring() -> None:
        rung.append(name())

    def name() -> object:
        return tenants.ask("SELECT name FROM workspaces WHERE id = %s", owner.workspace_id)

    async with tenants.session(owner) as session:
        (await SqlWorkspaces(session).get(owner.workspace_id)).rename("Lost", 1)
        SqlUnitOfWork(session).after_commit(ring)
    assert (name(), rung) == ("w", [])

    async with tenants.session(owner) as session:
        uow = SqlUnitOfWork(session)
        (await SqlWorkspaces(session).get(owner.workspace_id)).rename("Kept", 1)
        uow.after_commit(ring)
        await uow.commit()
        await uow.commit()
    assert (name(), rung) == ("Kept", ["Kept"])


async def test_a_failure_of_what_follows_is_nobodys(tenants: Tenants) -> None:
    owner = tenants.actor(Role.OWNER)

    async def fail() -> None:
        raise OSError("no bell")

    async with tenants.session(owner) as session:
        uow = SqlUnitOfWork(session)
        uow.after_commit(fail)
        (await SqlWorkspaces(session).get(owner.workspace_id)).rename("Kept", 1)
        await uow.commit()


@pytest.mark.parametrize("released", [True, False])
async def test_a_held_commit_waits_for_its_release(tenants: Tenants, *, released: bool) -> None:
    owner, rung = tenants.actor(Role.OWNER), []

    async def ring() -> None:
        rung.append(1)

    async with tenants.session(owner) as session:
        uow = SqlUnitOfWork(session)
        uow.hold()
        uow.after_commit(ring)
        (await SqlWorkspaces(session).get(owner.workspace_id)).rename("Held", 1)
        await uow.commit()
        assert rung == []
        if released:
            await uow.release()

    name = tenants.ask("SELECT name FROM workspaces WHERE id = %s", owner.workspace_id)
    assert (name, rung) == (("Held", [1]) if released else ("w", []))
