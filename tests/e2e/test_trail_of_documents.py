"""What leaves an entry in the trail: fills, sheets, and what people do to their account."""

from typing import Any

from api import PASSWORD, Person, invited
from studio import Studio, word_file

DATA: dict[str, Any] = {"data": {"name": "Ada"}}


async def actions(studio: Studio, person: Person) -> list[tuple[str, str]]:
    """Of the trail, with whom they name."""
    entries = (await studio.call(person, "GET", "/audit/entries?limit=100")).json()["items"]
    return [(entry["action"], entry["object_id"]) for entry in entries]


async def test_a_fill_at_once_a_fill_as_a_job_and_a_sheet_are_on_record(studio: Studio) -> None:
    person = await studio.api.register()
    template = await studio.template(person, word_file("Dear {{ name }}."))
    number = template["template"]["id"]
    place = f"/templates/{number}/fill"

    await studio.call(person, "POST", place, json=DATA)
    await studio.call(person, "POST", place, 202, json=DATA | {"wait": "job"})
    await studio.call(person, "POST", place, 422, json={"data": {}})
    sheet = await studio.sheet(person)

    noted = await actions(studio, person)
    assert noted.count(("documents.template-filled", number)) == 1  # what failed made nothing
    assert noted.count(("documents.fill-queued", number)) == 1
    assert ("documents.sheet-uploaded", sheet) in noted


async def test_new_passwords_and_signing_out_are_on_record(studio: Studio) -> None:
    owner = await studio.api.register()
    guest = await invited(studio.api, owner, "viewer")
    change = {"current_password": PASSWORD, "new_password": "another quiet harbour"}

    await studio.call(guest, "POST", "/me/password", 204, json=change)
    out = {"refresh_token": guest.refresh_token}
    await studio.call(guest, "POST", "/auth/logout", 204, json=out)
    await studio.call(guest, "POST", "/auth/logout", 204, json=out)  # ends nothing

    noted = await actions(studio, owner)
    assert noted.count(("identity.password-changed", guest.user_id)) == 1
    assert noted.count(("identity.signed-out", guest.user_id)) == 1


async def test_who_was_removed_can_still_sign_out(studio: Studio) -> None:
    owner = await studio.api.register()
    guest = await invited(studio.api, owner, "viewer")
    member = await studio.call(owner, "GET", f"/members/{guest.user_id}")
    await studio.call(
        owner, "DELETE", f"/members/{guest.user_id}", 204,
        headers={"If-Match": member.headers["etag"]},
    )  # fmt: skip

    out = {"refresh_token": guest.refresh_token}
    await studio.call(guest, "POST", "/auth/logout", 204, json=out)

    assert ("identity.signed-out", guest.user_id) not in await actions(studio, owner)
