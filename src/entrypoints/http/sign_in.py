"""/v1/auth: make an account, sign in, stay signed in, sign out."""

from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, post
from litestar.params import JSONBody

from application.identity.log_in import LogIn, LogInHandler
from application.identity.log_out import LogOut, LogOutHandler
from application.identity.refresh import Refresh, RefreshHandler
from application.identity.register import Register, RegisterHandler
from application.identity.switch_workspace import SwitchWorkspace, SwitchWorkspaceHandler
from domain.identity.access import SignedIn, WorkspaceId
from domain.identity.account import ACCESS_LIFETIME, Tokens
from entrypoints.http.auth import ACCOUNT, PUBLIC

Email = Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Secret = Annotated[str, msgspec.Meta(min_length=8, max_length=256)]
Label = Annotated[str, msgspec.Meta(max_length=200)]


class RegisterRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Without an invitation the account gets a workspace of its own."""

    email: Email
    password: Password
    name: Label = ""
    workspace_name: Label = ""
    invitation_token: Secret | None = None


class LogInRequest(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    password: Password


class RefreshRequest(msgspec.Struct, forbid_unknown_fields=True):
    refresh_token: Secret


class TokensResponse(msgspec.Struct):
    """The access token lives `expires_in` seconds; the refresh token is good for one use."""

    access_token: str
    refresh_token: str
    expires_in: int
    user_id: UUID
    workspace_id: UUID | None
    token_type: str = "Bearer"  # noqa: S105 - no secret

    @classmethod
    def of(cls, tokens: Tokens) -> Self:
        return msgspec.convert(tokens, cls, from_attributes=True)


class SwitchRequest(msgspec.Struct, forbid_unknown_fields=True):
    workspace_id: UUID


class SwitchResponse(msgspec.Struct):
    """The refresh token stays the same, and from now on leads here too."""

    access_token: str
    expires_in: int
    workspace_id: UUID
    token_type: str = "Bearer"  # noqa: S105 - no secret


AnyRequest = Request[Any, Any, Any]


def client_of(request: AnyRequest) -> str:
    """The calling program, as it names itself."""
    return request.headers.get("user-agent", "")[:200]


class SignInController(Controller):
    path = "/auth"
    tags = ("Sign-in",)
    opt = PUBLIC

    @post("/register", status_code=201, operation_id="register")
    @inject
    async def register(
        self,
        request: AnyRequest,
        data: JSONBody[RegisterRequest],
        handle: FromDishka[RegisterHandler],
    ) -> TokensResponse:
        """Make an account and sign in. The first account of an installation owns it."""
        command = Register(
            email=data.email,
            password=data.password,
            name=data.name,
            workspace_name=data.workspace_name,
            invitation_token=data.invitation_token,
            client=client_of(request),
        )
        return TokensResponse.of(await handle(command))

    @post("/login", status_code=200, operation_id="logIn")
    @inject
    async def log_in(
        self,
        request: AnyRequest,
        data: JSONBody[LogInRequest],
        handle: FromDishka[LogInHandler],
    ) -> TokensResponse:
        """Sign in to the workspace used last."""
        command = LogIn(
            email=data.email,
            password=data.password,
            client=client_of(request),
        )
        return TokensResponse.of(await handle(command))

    @post("/refresh", status_code=200, operation_id="refreshTokens")
    @inject
    async def refresh(
        self,
        request: AnyRequest,
        data: JSONBody[RefreshRequest],
        handle: FromDishka[RefreshHandler],
    ) -> TokensResponse:
        """Trade a refresh token for fresh tokens. Using one twice ends the session."""
        command = Refresh(refresh_token=data.refresh_token, client=client_of(request))
        return TokensResponse.of(await handle(command))

    @post("/logout", status_code=204, operation_id="logOut")
    @inject
    async def log_out(
        self, data: JSONBody[RefreshRequest], handle: FromDishka[LogOutHandler]
    ) -> None:
        """End the session; its access tokens stop working at once."""
        await handle(LogOut(refresh_token=data.refresh_token))

    @post("/switch", status_code=200, operation_id="switchWorkspace", opt=ACCOUNT)
    @inject
    async def switch(
        self,
        data: JSONBody[SwitchRequest],
        signed_in: FromDishka[SignedIn],
        handle: FromDishka[SwitchWorkspaceHandler],
    ) -> SwitchResponse:
        """Go on in another workspace."""
        workspace_id = WorkspaceId(data.workspace_id)
        token = await handle(signed_in, SwitchWorkspace(workspace_id=workspace_id))
        return SwitchResponse(
            access_token=token,
            expires_in=int(ACCESS_LIFETIME.total_seconds()),
            workspace_id=workspace_id,
        )
