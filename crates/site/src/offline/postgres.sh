#!/bin/sh
# Starts PostgreSQL as the image of that name does: an empty volume becomes a server first.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  umask 077
  # whatever ends it in between, the folder is a whole server or none
  rm -rf "$PGDATA.new"
  printf '%s' "$POSTGRES_PASSWORD" > /tmp/password
  # it is a list of words
  # shellcheck disable=SC2086
  initdb --pgdata "$PGDATA.new" --username "$POSTGRES_USER" --pwfile /tmp/password --locale en_US.UTF-8 ${POSTGRES_INITDB_ARGS:-}
  rm /tmp/password
  if [ "${POSTGRES_DB:-$POSTGRES_USER}" != postgres ]; then
    echo "CREATE DATABASE \"${POSTGRES_DB:-$POSTGRES_USER}\"" | postgres --single -D "$PGDATA.new" postgres
  fi
  echo 'host all all all scram-sha-256' >> "$PGDATA.new/pg_hba.conf"
  mv "$PGDATA.new" "$PGDATA"
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp "$@"
