#!/bin/sh
# Run by the image of PostgreSQL when it makes its database. For one that is older:
# docker compose exec postgres sh /docker-entrypoint-initdb.d/app_role.sh
set -eu
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
  --set=password="$SLUICE_APP_PASSWORD" --output=/dev/null <<'SQL'
SELECT set_config('sluice.app_password', :'password', false);
\i /etc/sluice/app_role.sql
SQL
