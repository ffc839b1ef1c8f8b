"""Row-level security at its root."""

from uuid import UUID

import psycopg

from adapters.embedded.postgres import PostgresCluster

ADA, HERE, THERE = UUID(int=1), UUID(int=2), UUID(int=3)


def test_the_current_workspace_is_answered_to_members_of_enough_rank_only(
    cluster: PostgresCluster, database: str
) -> None:
    with psycopg.connect(cluster.url(database)) as owner:
        owner.execute(
            "INSERT INTO users (id, email, password_hash) VALUES (%s, 'ada@x', '')", (ADA,)
        )
        for workspace in (HERE, THERE):
            owner.execute("INSERT INTO workspaces (id, name) VALUES (%s, 'w')", (workspace,))
        owner.execute(
            "INSERT INTO memberships (workspace_id, user_id, role) VALUES (%s, %s, 'editor')",
            (HERE, ADA),
        )

    def ws(user: UUID | str, workspace: UUID, rank: int) -> UUID | None:
        with psycopg.connect(cluster.url(database, "atelier_app")) as app:
            app.execute(
                "SELECT set_config('app.user_id', %s, true),"
                " set_config('app.workspace_id', %s, true)",
                (str(user), str(workspace)),
            )
            row = app.execute("SELECT app.ws(%s::smallint)", (rank,)).fetchone()
            assert row is not None
            answer: UUID | None = row[0]
            return answer

    assert ws(ADA, HERE, 2) == HERE
    assert ws(ADA, HERE, 3) is None
    assert ws(ADA, THERE, 1) is None
    assert ws("", HERE, 1) is None
