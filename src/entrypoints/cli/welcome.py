"""What a person who has just started Atelier needs to know: where it is and how to get in."""

from entrypoints.settings import Registration, Settings


def welcome(settings: Settings, *, fresh: bool | None) -> tuple[str, ...]:
    """`fresh`: nobody has registered yet; None where we cannot tell."""
    address = settings.public_url
    return (
        f"  Address:   {address}",
        f"  API:       {address}/docs",
        *_register(settings, fresh=fresh),
        f"  Sign in:   POST {address}/v1/auth/login with that e-mail and password",
        "  Stop:      Ctrl-C",
    )


def _register(settings: Settings, *, fresh: bool | None) -> tuple[str, ...]:
    if fresh is not True and settings.registration is Registration.INVITED:
        return ("  Register:  by invitation of a member",)
    person = '{"email": "you@example.com", "password": "eight letters or more", "name": "You"}'
    return (
        f"  Register:  curl {settings.public_url}/v1/auth/register --json '{person}'",
        "             nobody has yet: the first user owns the first workspace"
        if fresh
        else "             each new user owns a workspace of their own",
    )
