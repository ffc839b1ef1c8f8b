"""Addresses, passwords, names and roles."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.identity.access import Actor, PermissionDenied, Role, UserId, WorkspaceId
from domain.identity.account import BadAddress, WeakPassword, check_password, normal_email
from domain.identity.api_key import KeysCannotMakeKeys, may_make_key, role_of_key
from domain.identity.invitation import Invitation, InvitationId, InvitationOver, InvitationStatus
from domain.identity.workspace import BadName, MemberChanged, Membership, checked_name
from tenants import NEW

NOW = datetime(2026, 3, 4, tzinfo=UTC)


def an_actor(role: Role) -> Actor:
    return Actor(user_id=UserId(NEW()), workspace_id=WorkspaceId(NEW()), role=role)


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        (" Ada@Example.ORG ", "ada@example.org"),
        ("a+b@x", "a+b@x"),
        ("J\u00fcrgen@example.org", "j\u00fcrgen@example.org"),
        ("Ju\u0308rgen@example.org", "j\u00fcrgen@example.org"),
    ],
)
def test_an_address_has_one_spelling(given_: str, kept: str) -> None:
    assert normal_email(given_) == kept


@pytest.mark.parametrize(
    "address",
    [
        *("", "@", "ada", "ada@", "@x", "a b@x", "a@b@c", "a@x\nBcc: all", "a@x,b@x", "<a@x>"),
        *("a@x..y", "x" * 65 + "@x.org", "a@" + "x." * 130 + "org", "a\x00b@x"),
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        normal_email(address)


@pytest.mark.parametrize(
    "password",
    [
        *("", "short", "1234567", "password", "Password1", "aaaaaaaaaa", "abababab"),
        *("ADA@example.org", "ada.lovelace", "x" * 1025),
    ],
)
def test_weak_passwords_are_refused(password: str) -> None:
    email = "ada@example.org" if "@" in password else "ada.lovelace@example.org"
    with pytest.raises(WeakPassword):
        check_password(password, email)


@pytest.mark.parametrize("password", ["harbour at dawn", "ünïcödé 日本語 🔑", " x y z 12345 "])
def test_length_counts_and_composition_does_not(password: str) -> None:
    check_password(password, "ada@example.org")


def test_names_are_tidied_and_bounded() -> None:
    assert checked_name("  Ada   Lovelace ") == "Ada Lovelace"
    for bad in ("", "   ", "x" * 201, "a\x00b", "a\u202eb"):
        with pytest.raises(BadName):
            checked_name(bad)


@given(st.sampled_from(Role), st.sampled_from(Role))
def test_a_key_is_the_weaker_of_its_maker_and_itself(member: Role, cap: Role) -> None:
    assert role_of_key(member, cap).rank == min(member.rank, cap.rank)


@given(st.sampled_from(Role), st.sampled_from(Role))
def test_nobody_makes_a_key_above_themselves(maker: Role, key: Role) -> None:
    if key.rank <= maker.rank:
        may_make_key(an_actor(maker), key)
    else:
        with pytest.raises(PermissionDenied):
            may_make_key(an_actor(maker), key)


def test_keys_do_not_make_keys() -> None:
    owner = an_actor(Role.OWNER)
    robot = Actor(
        user_id=owner.user_id,
        workspace_id=owner.workspace_id,
        role=Role.OWNER,
        api_key_id=NEW(),  # type: ignore[arg-type]
    )

    with pytest.raises(KeysCannotMakeKeys):
        may_make_key(robot, Role.VIEWER)


@given(st.sampled_from(Role), st.sampled_from(Role), st.sampled_from([Role.ADMIN, Role.OWNER]))
def test_owners_are_made_and_unmade_by_owners(before: Role, after: Role, by: Role) -> None:
    actor = an_actor(by)
    member = Membership(
        workspace_id=actor.workspace_id, user_id=UserId(NEW()), role=before, version=3
    )
    with pytest.raises(MemberChanged):
        member.change_role(actor, after, 2)
    if by is not Role.OWNER and Role.OWNER in {before, after}:
        with pytest.raises(PermissionDenied):
            member.change_role(actor, after, 3)
        assert member.role is before
    else:
        member.change_role(actor, after, 3)
        assert member.role is after


def test_an_invitation_goes_from_open_to_one_end() -> None:
    def invitation() -> Invitation:
        return Invitation(
            id=InvitationId(NEW()),
            workspace_id=WorkspaceId(NEW()),
            email="a@x",
            role=Role.VIEWER,
            token_hash=bytes(32),
            invited_by=None,
            created_at=NOW,
            expires_at=NOW + timedelta(days=7),
        )

    fresh, revoked, used = invitation(), invitation(), invitation()
    revoked.revoke(NOW)
    revoked.revoke(NOW + timedelta(days=1))
    used.accepted_at = NOW

    assert fresh.status(NOW) is InvitationStatus.OPEN
    assert fresh.status(NOW + timedelta(days=7)) is InvitationStatus.EXPIRED
    assert (revoked.status(NOW), revoked.revoked_at) == (InvitationStatus.REVOKED, NOW)
    assert used.status(NOW) is InvitationStatus.ACCEPTED
    with pytest.raises(InvitationOver):
        used.revoke(NOW)
