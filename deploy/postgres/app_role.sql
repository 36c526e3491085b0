-- Makes the ordinary role that the fleet works as, and gives it the database with every ledger in it. A superuser runs this;
-- harmless twice. Row-level security does not hold a superuser, so Sluice does not start as one.
-- The password is in the setting sluice.app_password.
DO $$
DECLARE
  password text := current_setting('sluice.app_password');
  ledger record;
  relation record;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice_app') THEN
    CREATE ROLE sluice_app;
  END IF;
  EXECUTE format('ALTER ROLE sluice_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD %L', password);
  EXECUTE format('ALTER DATABASE %I OWNER TO sluice_app', current_database());
  FOR ledger IN
    SELECT oid, nspname AS name FROM pg_namespace
    WHERE EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_namespace.oid AND relname = 'schema_migrations')
  LOOP
    EXECUTE format('ALTER SCHEMA %I OWNER TO sluice_app', ledger.name);
    FOR relation IN SELECT relname AS name FROM pg_class WHERE relnamespace = ledger.oid AND relkind IN ('r', 'p') LOOP
      EXECUTE format('ALTER TABLE %I.%I OWNER TO sluice_app', ledger.name, relation.name);
    END LOOP;
  END LOOP;
END
$$;
