"""Runs the migrations as the owner role, each in its own transaction; of several at once, one after another."""

import os

from alembic import context
from roles import ensure_roles
from sqlalchemy import create_engine, pool, text

url = context.config.attributes.get("url") or os.environ["ATELIER_MIGRATION_DATABASE_URL"]
engine = create_engine(
    url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=pool.NullPool
)

with engine.connect() as connection:
    # held by the session, until the connection closes: replicas that start together all migrate first
    connection.execute(text("SELECT pg_advisory_lock(hashtextextended('atelier.migrate', 0))"))
    connection.commit()
    ensure_roles(connection)
    connection.execute(text("SET ROLE atelier_owner"))
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.commit()
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
