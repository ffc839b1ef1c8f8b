#!/bin/sh
# Runs once, when the database is made: the two login roles, with passwords. Migrations make the rest.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set=app="$ATELIER_APP_PASSWORD" --set=worker="$ATELIER_WORKER_PASSWORD" <<'SQL'
CREATE ROLE atelier_app LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT PASSWORD :'app';
CREATE ROLE atelier_worker LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT PASSWORD :'worker';
SQL
