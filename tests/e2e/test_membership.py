"""Workspaces, members, invitations and keys over HTTP."""

import pytest

from api import PASSWORD, Api, ask, code, invited, person


async def test_an_invited_person_joins_with_the_role_and_the_workspace(api: Api) -> None:
    owner = await api.register("owner")
    editor = await invited(api, owner, "editor")

    here = await ask(api, editor, "GET", "/workspace")

    assert editor.workspace_id == owner.workspace_id
    assert here.json()["role"] == "editor"


async def test_an_invitation_opens_only_for_its_address_and_only_once(api: Api) -> None:
    owner, thief = await api.register("owner"), await api.register("thief")
    guest = await api.register("guest")
    sent = await ask(
        api, owner, "POST", "/invitations", json={"email": guest.email, "role": "viewer"}
    )
    token = {"token": sent.json()["token"]}

    stolen = await ask(api, thief, "POST", "/invitations/accept", json=token)
    joined = await ask(api, guest, "POST", "/invitations/accept", json=token)
    again = await ask(api, guest, "POST", "/invitations/accept", json=token)

    assert (stolen.status_code, code(stolen)) == (404, "identity.invitation-not-found")
    assert joined.json() == {"workspace_id": owner.workspace_id, "role": "viewer"}
    assert (again.status_code, code(again)) == (410, "identity.invitation-over")


async def test_a_second_invitation_takes_the_first_ones_place(api: Api) -> None:
    owner, guest = await api.register("owner"), await api.register("guest")
    asked = {"email": guest.email, "role": "viewer"}
    first = await ask(api, owner, "POST", "/invitations", json=asked)
    second = await ask(api, owner, "POST", "/invitations", json=asked)

    old = await ask(
        api, guest, "POST", "/invitations/accept", json={"token": first.json()["token"]}
    )
    new = await ask(
        api, guest, "POST", "/invitations/accept", json={"token": second.json()["token"]}
    )

    assert (old.status_code, new.status_code) == (410, 200)


async def test_a_revoked_invitation_is_over_and_a_member_is_not_invited_again(api: Api) -> None:
    owner, guest = await api.register("owner"), await api.register("guest")
    asked = {"email": guest.email, "role": "viewer"}
    sent = await ask(api, owner, "POST", "/invitations", json=asked)
    revoked = await ask(api, owner, "DELETE", f"/invitations/{sent.json()['id']}")
    late = await ask(
        api, guest, "POST", "/invitations/accept", json={"token": sent.json()["token"]}
    )
    self_invite = await ask(
        api, owner, "POST", "/invitations", json={"email": owner.email, "role": "viewer"}
    )

    assert (revoked.status_code, late.status_code) == (204, 410)
    assert code(self_invite) == "identity.already-a-member"


async def test_who_belongs_to_two_workspaces_switches_and_stays_switched(api: Api) -> None:
    ada, bob = await api.register("ada"), await api.register("bob")
    sent = await ask(api, bob, "POST", "/invitations", json={"email": ada.email, "role": "admin"})
    await ask(api, ada, "POST", "/invitations/accept", json={"token": sent.json()["token"]})

    switched = await ask(api, ada, "POST", "/auth/switch", json={"workspace_id": bob.workspace_id})
    there = await api.client.get(
        "/v1/workspace", headers={"Authorization": f"Bearer {switched.json()['access_token']}"}
    )
    here = await ask(api, ada, "GET", "/workspace")
    refreshed = await api.client.post("/v1/auth/refresh", json={"refresh_token": ada.refresh_token})
    signed_in = await api.client.post(
        "/v1/auth/login", json={"email": ada.email, "password": PASSWORD}
    )
    foreign = await ask(api, bob, "POST", "/auth/switch", json={"workspace_id": ada.workspace_id})

    assert (there.json()["id"], there.json()["role"]) == (bob.workspace_id, "admin")
    assert here.json()["id"] == ada.workspace_id
    assert refreshed.json()["workspace_id"] == bob.workspace_id
    assert signed_in.json()["workspace_id"] == bob.workspace_id
    assert (foreign.status_code, code(foreign)) == (404, "identity.workspace-not-found")


async def test_roles_change_with_the_version_one_has_read(api: Api) -> None:
    owner = await api.register("owner")
    guest = await invited(api, owner, "viewer")
    path = f"/members/{guest.user_id}"
    etag = (await ask(api, owner, "GET", path)).headers["etag"]

    blind = await ask(api, owner, "PATCH", path, json={"role": "editor"})
    changed = await ask(
        api, owner, "PATCH", path, json={"role": "editor"}, headers={"If-Match": etag}
    )
    stale = await ask(api, owner, "PATCH", path, json={"role": "admin"}, headers={"If-Match": etag})

    assert (blind.status_code, code(blind)) == (428, "http.version-required")
    assert (changed.json()["role"], changed.headers["etag"]) == ("editor", '"v2"')
    assert (stale.status_code, code(stale)) == (412, "identity.member-changed")
    assert (await ask(api, guest, "GET", "/workspace")).json()["role"] == "editor"


async def test_the_last_owner_neither_steps_down_nor_leaves(api: Api) -> None:
    owner = await api.register("owner")
    path = f"/members/{owner.user_id}"

    down = await ask(
        api, owner, "PATCH", path, json={"role": "admin"}, headers={"If-Match": '"v1"'}
    )
    gone = await ask(api, owner, "DELETE", path)

    assert (down.status_code, code(down)) == (409, "identity.last-owner")
    assert (gone.status_code, code(gone)) == (409, "identity.last-owner")


async def test_admins_do_not_make_unmake_or_invite_owners(api: Api) -> None:
    owner = await api.register("owner")
    admin = await invited(api, owner, "admin")
    seen = {"If-Match": '"v1"'}

    raised = await ask(
        api, admin, "PATCH", f"/members/{admin.user_id}", json={"role": "owner"}, headers=seen
    )
    deposed = await ask(
        api, admin, "PATCH", f"/members/{owner.user_id}", json={"role": "viewer"}, headers=seen
    )
    removed = await ask(api, admin, "DELETE", f"/members/{owner.user_id}")
    asked = await ask(
        api, admin, "POST", "/invitations", json={"email": "x@example.org", "role": "owner"}
    )

    assert {answer.status_code for answer in (raised, deposed, removed, asked)} == {403}


async def test_a_removed_member_is_out_with_the_next_request_and_so_are_their_keys(
    api: Api,
) -> None:
    owner = await api.register("owner")
    guest = await invited(api, owner, "editor")
    made = await ask(api, guest, "POST", "/api-keys", json={"name": "robot", "role": "editor"})
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    before = await api.client.get("/v1/workspace", headers=key)

    await ask(api, owner, "DELETE", f"/members/{guest.user_id}")
    token = await ask(api, guest, "GET", "/workspace")
    after = await api.client.get("/v1/workspace", headers=key)
    me = await ask(api, guest, "GET", "/me")

    assert before.status_code == 200
    assert (token.status_code, code(token)) == (403, "identity.not-a-member")
    assert (after.status_code, code(after)) == (401, "identity.invalid-token")
    assert (me.status_code, me.json()["workspace_id"]) == (200, None)


async def test_a_member_may_leave_and_found_a_workspace_of_their_own(api: Api) -> None:
    owner = await api.register("owner")
    guest = await invited(api, owner, "viewer")

    left = await ask(api, guest, "DELETE", f"/members/{guest.user_id}")
    founded = await ask(api, guest, "POST", "/workspaces", json={"name": "Own"})
    switched = await ask(
        api, guest, "POST", "/auth/switch", json={"workspace_id": founded.json()["id"]}
    )

    assert (left.status_code, founded.status_code, switched.status_code) == (204, 201, 200)
    assert founded.json()["role"] == "owner"


@pytest.mark.parametrize(("member", "cap", "may_rename"), [
    ("owner", "owner", True), ("owner", "admin", True), ("owner", "editor", False),
])  # fmt: skip
async def test_a_key_acts_as_its_creator_but_never_above_its_own_role(
    api: Api, member: str, cap: str, *, may_rename: bool
) -> None:
    owner = await api.register(member)
    made = await ask(api, owner, "POST", "/api-keys", json={"name": "robot", "role": cap})
    headers = {"Authorization": f"Bearer {made.json()['key']}", "If-Match": '"v1"'}

    renamed = await api.client.patch("/v1/workspace", json={"name": "New"}, headers=headers)

    assert renamed.status_code == (200 if may_rename else 403)


async def test_a_key_shrinks_with_its_creator(api: Api) -> None:
    owner = await api.register("owner")
    admin = await invited(api, owner, "admin")
    made = await ask(api, admin, "POST", "/api-keys", json={"name": "robot", "role": "admin"})
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    before = await api.client.get("/v1/invitations", headers=key)

    await ask(
        api, owner, "PATCH", f"/members/{admin.user_id}", json={"role": "viewer"},
        headers={"If-Match": '"v1"'},
    )  # fmt: skip
    after = await api.client.get("/v1/invitations", headers=key)

    assert (before.status_code, after.status_code) == (200, 403)


async def test_keys_are_capped_shown_once_and_cannot_make_keys(api: Api) -> None:
    owner = await api.register("owner")
    editor = await invited(api, owner, "editor")
    above = await ask(api, editor, "POST", "/api-keys", json={"name": "up", "role": "admin"})
    made = await ask(api, editor, "POST", "/api-keys", json={"name": "robot", "role": "editor"})
    key = {"Authorization": f"Bearer {made.json()['key']}"}

    more = await api.client.post("/v1/api-keys", json={"name": "x", "role": "viewer"}, headers=key)
    account = await api.client.get("/v1/me", headers=key)
    shown = (await ask(api, editor, "GET", "/api-keys")).json()["items"]

    assert (above.status_code, code(above)) == (403, "identity.permission-denied")
    assert (more.status_code, code(more)) == (403, "identity.keys-cannot-make-keys")
    assert (account.status_code, code(account)) == (403, "identity.needs-sign-in")
    assert [item["prefix"] for item in shown] == [made.json()["key"][:12]]
    assert made.json()["key"] not in str(shown)
    assert shown[0]["last_used_at"] is not None


async def test_a_revoked_or_expired_key_opens_nothing(api: Api) -> None:
    owner = await api.register("owner")
    made = await ask(api, owner, "POST", "/api-keys", json={"name": "robot", "role": "viewer"})
    past = {"name": "old", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"}
    await ask(api, owner, "DELETE", f"/api-keys/{made.json()['id']}")

    answer = await api.client.get(
        "/v1/workspace", headers={"Authorization": f"Bearer {made.json()['key']}"}
    )
    late = await ask(api, owner, "POST", "/api-keys", json=past)

    assert answer.status_code == 401
    assert (late.status_code, code(late)) == (422, "identity.api-key-already-over")


async def test_others_keys_are_invisible_below_admin(api: Api) -> None:
    owner = await api.register("owner")
    editor, other = await invited(api, owner, "editor"), await invited(api, owner, "editor")
    made = await ask(api, editor, "POST", "/api-keys", json={"name": "robot", "role": "viewer"})
    path = f"/api-keys/{made.json()['id']}"

    assert (await ask(api, other, "DELETE", path)).status_code == 404
    assert (await ask(api, other, "GET", "/api-keys")).json()["items"] == []
    assert len((await ask(api, owner, "GET", "/api-keys")).json()["items"]) == 1
    assert (await ask(api, owner, "DELETE", path)).status_code == 204


async def test_a_deleted_workspace_lets_nobody_in(api: Api) -> None:
    owner = await api.register("owner")
    admin = await invited(api, owner, "admin")
    pending = await ask(
        api, owner, "POST", "/invitations", json={"email": "late@example.org", "role": "viewer"}
    )
    seen = {"If-Match": '"v1"'}

    refused = await ask(api, admin, "DELETE", "/workspace", headers=seen)
    deleted = await ask(api, owner, "DELETE", "/workspace", headers=seen)
    late = await api.client.post(
        "/v1/auth/register",
        json={
            "email": "late@example.org",
            "password": PASSWORD,
            "invitation_token": pending.json()["token"],
        },
    )

    assert (refused.status_code, deleted.status_code) == (403, 204)
    for person_ in (owner, admin):
        assert (await ask(api, person_, "GET", "/workspace")).status_code == 403
    assert (await ask(api, owner, "GET", "/workspaces")).json()["items"] == []
    assert (late.status_code, code(late)) == (410, "identity.invitation-over")


async def test_a_new_password_ends_every_other_session(api: Api) -> None:
    ada = await api.register("ada")
    elsewhere = person(
        ada.email,
        (
            await api.client.post("/v1/auth/login", json={"email": ada.email, "password": PASSWORD})
        ).json(),
    )
    wrong = await ask(
        api, ada, "POST", "/me/password",
        json={"current_password": "not it at all", "new_password": "another quiet harbour"},
    )  # fmt: skip
    changed = await ask(
        api, ada, "POST", "/me/password",
        json={"current_password": PASSWORD, "new_password": "another quiet harbour"},
    )  # fmt: skip

    assert (wrong.status_code, changed.status_code) == (401, 204)
    assert (await ask(api, ada, "GET", "/me")).status_code == 200
    ended = await ask(api, elsewhere, "GET", "/me")
    assert (ended.status_code, code(ended)) == (401, "identity.session-ended")
    for password, status in ((PASSWORD, 401), ("another quiet harbour", 200)):
        answer = await api.client.post(
            "/v1/auth/login", json={"email": ada.email, "password": password}
        )
        assert answer.status_code == status


async def test_people_rename_themselves_and_their_workspace(api: Api) -> None:
    ada = await api.register("ada")

    me = await ask(api, ada, "PATCH", "/me", json={"name": "  Ada   Lovelace "})
    workspace = await ask(
        api, ada, "PATCH", "/workspace", json={"name": "Engines"}, headers={"If-Match": '"v1"'}
    )
    garbled = await ask(
        api, ada, "PATCH", "/workspace", json={"name": "Q"}, headers={"If-Match": "W/x"}
    )

    assert me.json()["name"] == "Ada Lovelace"
    assert (workspace.json()["name"], workspace.headers["etag"]) == ("Engines", '"v2"')
    assert garbled.status_code == 412
