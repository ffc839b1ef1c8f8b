"""Accounts and sessions over HTTP."""

from api import PASSWORD, Api


async def test_a_new_user_owns_a_workspace_and_is_signed_in(api: Api) -> None:
    ada = await api.register("ada", name="Ada", workspace_name="Analytical Engines")

    me = await api.client.get("/v1/me", headers=ada.headers)
    here = await api.client.get("/v1/workspace", headers=ada.headers)

    assert me.status_code == 200, me.text
    assert (me.json()["email"], me.json()["name"]) == (ada.email, "Ada")
    assert me.json()["workspace_id"] == ada.workspace_id
    assert here.json() == me.json()["workspaces"][0]
    assert (here.json()["name"], here.json()["role"]) == ("Analytical Engines", "owner")


async def test_who_registered_can_sign_in_again(api: Api) -> None:
    ada = await api.register("ada")

    answer = await api.client.post(
        "/v1/auth/login", json={"email": ada.email.upper(), "password": PASSWORD}
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["workspace_id"] == ada.workspace_id


async def test_nobody_is_let_in_without_a_token(api: Api) -> None:
    answer = await api.client.get("/v1/workspace", headers={"X-Request-Id": "request-0001"})

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["type"] == "urn:atelier:problem:identity.invalid-token"
    assert answer.json()["instance"] == "urn:atelier:request:request-0001"


async def test_ill_formed_input_is_told_where(api: Api) -> None:
    answer = await api.client.post("/v1/auth/login", json={"email": 5, "password": "x"})

    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:atelier:problem:http.malformed"
    assert answer.json()["errors"] == [
        {"at": "email", "message": "Expected `str`, got `int`", "source": "body"}
    ]
