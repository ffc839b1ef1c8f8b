"""Identity and audit: ports to adapters, and their use cases."""

from collections.abc import Iterator

import structlog
from dishka import Provider, Scope, provide, provide_all
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.crypto.passwords import Argon2Passwords
from adapters.crypto.tokens import JwtAccessTokens, RandomSecrets
from adapters.redis.attempts import LimitedAttempts
from adapters.redis.rate_limit import RateLimiter
from adapters.sql.accounts import (
    SqlAccounts,
    SqlExpirySweep,
    SqlPrincipals,
    SqlSessions,
    SqlTickets,
)
from adapters.sql.audit import SqlAuditLog, SqlAuditSealer, SqlAuditTrail
from adapters.sql.identity import SqlApiKeys, SqlInvitations, SqlMemberships, SqlWorkspaces
from adapters.sql.identity_views import SqlIdentityViews
from application.audit.check_chain import CheckChainHandler
from application.identity.account_trail import AccountTrail
from application.identity.api_keys import MakeApiKeyHandler, RevokeApiKeyHandler
from application.identity.edit_account import ChangePasswordHandler, RenameUserHandler
from application.identity.edit_member import ChangeRoleHandler, RemoveMemberHandler
from application.identity.edit_workspace import (
    DeleteWorkspaceHandler,
    EditWorkspaceHandler,
    FoundWorkspaceHandler,
)
from application.identity.invite import (
    AcceptInvitationHandler,
    InviteHandler,
    RevokeInvitationHandler,
)
from application.identity.issue_ticket import IssueTicketHandler
from application.identity.log_in import LogInHandler
from application.identity.log_out import LogOutHandler
from application.identity.refresh import RefreshHandler
from application.identity.register import RegisterHandler
from application.identity.signing_in import SignIn
from application.identity.switch_workspace import SwitchWorkspaceHandler
from application.identity.views import IdentityViews
from domain.audit.entry import Origin
from domain.audit.ports import AuditLog, AuditSealer, AuditTrail
from domain.identity.ports import (
    AccessTokens,
    Accounts,
    ApiKeys,
    Attempts,
    ExpirySweep,
    Invitations,
    Memberships,
    Passwords,
    Principals,
    Secrets,
    Sessions,
    Tickets,
    Workspaces,
)
from domain.kernel.ports import Clock, Ids
from entrypoints.settings import Registration, Settings
from entrypoints.telemetry import correlation_id


class Identity(Provider):
    scope = Scope.REQUEST

    handlers = provide_all(
        *(SignIn, AccountTrail, RegisterHandler, LogInHandler, RefreshHandler, LogOutHandler),
        *(SwitchWorkspaceHandler, RenameUserHandler, ChangePasswordHandler),
        *(FoundWorkspaceHandler, EditWorkspaceHandler, DeleteWorkspaceHandler),
        *(ChangeRoleHandler, RemoveMemberHandler),
        *(InviteHandler, RevokeInvitationHandler, AcceptInvitationHandler),
        *(MakeApiKeyHandler, RevokeApiKeyHandler, IssueTicketHandler, CheckChainHandler),
    )
    principals = provide(SqlPrincipals, provides=Principals)
    sessions = provide(SqlSessions, provides=Sessions)
    workspaces = provide(SqlWorkspaces, provides=Workspaces)
    memberships = provide(SqlMemberships, provides=Memberships)
    invitations = provide(SqlInvitations, provides=Invitations)
    api_keys = provide(SqlApiKeys, provides=ApiKeys)
    expiry_sweep = provide(SqlExpirySweep, provides=ExpirySweep)
    tickets = provide(SqlTickets, provides=Tickets)
    views = provide(SqlIdentityViews, provides=IdentityViews)
    audit_log = provide(SqlAuditLog, provides=AuditLog)
    audit_trail = provide(SqlAuditTrail, provides=AuditTrail)
    audit_sealer = provide(SqlAuditSealer, provides=AuditSealer)
    secrets = provide(RandomSecrets, provides=Secrets, scope=Scope.APP)

    @provide
    def accounts(self, session: AsyncSession, settings: Settings) -> Accounts:
        return SqlAccounts(session, everyone=settings.registration is Registration.OPEN)

    @provide
    def origin(self) -> Origin:
        """From the log context, which the HTTP edge and the job runner fill."""
        ids = structlog.contextvars.get_contextvars()
        return Origin(request_id=correlation_id(), ip_prefix=ids.get("client_ip"))

    @provide(scope=Scope.APP)
    def access_tokens(self, settings: Settings, clock: Clock, ids: Ids) -> AccessTokens:
        settings.require("token_keys")
        keys = {key.id: key.secret for key in settings.token_keys}
        return JwtAccessTokens(keys, settings.public_url, clock, ids)

    @provide(scope=Scope.APP)
    def limiter(self, redis: Redis) -> RateLimiter:
        return RateLimiter(redis)

    @provide(scope=Scope.APP)
    def attempts(self, limiter: RateLimiter, settings: Settings) -> Attempts:
        return LimitedAttempts(limiter, settings.sign_in_rate)

    @provide(scope=Scope.APP)
    def passwords(self) -> Iterator[Passwords]:
        passwords = Argon2Passwords()
        yield passwords
        passwords.close()
