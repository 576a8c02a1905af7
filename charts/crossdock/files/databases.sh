# A schema per service with two roles: an owner who migrates and one that works. Neither may bypass row-level security.
# Run again, it changes nothing but the passwords.
set -eu
PGPASSWORD=$(cat "$PASSWORDS/postgres")
# What is there already is no news.
PGOPTIONS='-c client_min_messages=warning'
export PGPASSWORD PGOPTIONS
run() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$@"; }

run <<'SQL'
create extension if not exists btree_gist;
create extension if not exists pg_trgm;
revoke all on schema public from public;
grant usage on schema public to public;
SQL
for service in $SERVICES; do
    run --set service="$service" --set database="$PGDATABASE" \
        --set owner="${service}_owner" --set owner_password="$(cat "$PASSWORDS/postgres-$service-owner")" \
        --set app="${service}_app" --set app_password="$(cat "$PASSWORDS/postgres-$service-app")" <<'SQL'
select format('create role %I', name) from unnest(array[:'owner', :'app']) as name
where not exists (select from pg_roles where rolname = name) \gexec
alter role :"owner" login nosuperuser nobypassrls nocreatedb nocreaterole password :'owner_password';
alter role :"app" login nosuperuser nobypassrls nocreatedb nocreaterole password :'app_password';
create schema if not exists :"service" authorization :"owner";
revoke all on schema :"service" from public;
grant usage on schema :"service" to :"app";
grant connect on database :"database" to :"owner", :"app";
alter role :"owner" in database :"database" set search_path = :"service", public;
alter role :"app" in database :"database" set search_path = :"service", public;
SQL
done
