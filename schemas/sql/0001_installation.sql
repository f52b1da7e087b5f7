-- One schema and one role per bounded context. A role that cannot be created (a hosted database whose
-- user may not) is left out with a notice; sessions then stay with the login user.
CREATE SCHEMA IF NOT EXISTS ops;
CREATE SCHEMA identity;
CREATE SCHEMA catalogue;
CREATE SCHEMA orders;
CREATE SCHEMA payments;
CREATE SCHEMA delivery;

DO $$
DECLARE context text;
BEGIN
  FOREACH context IN ARRAY ARRAY['identity', 'catalogue', 'orders', 'payments', 'delivery'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'orderflow_' || context) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', 'orderflow_' || context);
      END IF;
    EXCEPTION
      WHEN insufficient_privilege THEN
        RAISE NOTICE 'role orderflow_% was not created: the user may not', context;
      WHEN duplicate_object OR unique_violation THEN
        NULL;  -- Roles belong to the cluster: another database's migration made it at the same moment.
    END;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'orderflow_' || context) THEN
      BEGIN
        EXECUTE format('GRANT %I TO CURRENT_USER', 'orderflow_' || context);
      EXCEPTION WHEN OTHERS THEN
        RAISE NOTICE 'role orderflow_% was not granted: %', context, SQLERRM;
      END;
      EXECUTE format('GRANT USAGE ON SCHEMA %I, ops TO %I', context, 'orderflow_' || context);
      EXECUTE format('GRANT SELECT ON ops.migrations TO %I', 'orderflow_' || context);
      EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I',
                     context, 'orderflow_' || context);
      EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA ops GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I',
                     'orderflow_' || context);
      EXECUTE format('ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO %I', 'orderflow_' || context);
    END IF;
  END LOOP;
END $$;

-- Rows have the shard of the key by which their context is spread over partitions (core/values/shard.hpp):
-- orders, sagas, events, requests and deliveries their order's, payments and the ledger their account's.

-- The installation's own facts. `partition_count` is a power of two: partition = shard mod partition_count.
-- `installation_id` belongs to `installation_database`, the one in which it was made.
CREATE TABLE ops.settings (
  name text PRIMARY KEY,
  value text NOT NULL
);

-- Which database of which cluster this is; a standby that takes over is still the same. The definer, who
-- migrates, may ask when a role may not; where nobody may, the database's number has to do.
CREATE FUNCTION ops.database_identity() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  number text := (SELECT oid FROM pg_database WHERE datname = current_database());
BEGIN
  RETURN (SELECT system_identifier FROM pg_control_system()) || '/' || number;
EXCEPTION
  WHEN insufficient_privilege THEN
    RETURN number;
END $$;

-- Empty where `orderflow migrate` has not been, or in a copy: two databases must not share an id.
CREATE FUNCTION ops.installation_id() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT value FROM ops.settings WHERE name = 'installation_id'
                   AND ops.database_identity() = (SELECT value FROM ops.settings
                                                  WHERE name = 'installation_database')), '')
$$;

-- Raised by the ownership check of a transaction: the partition has another owner, or its offset or a
-- saga's version is not what this owner believes. Raising in the server lets a whole transaction travel
-- in one round trip.
CREATE FUNCTION ops.raise_fenced(what text) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'fenced: %', what USING ERRCODE = 'OF001';
END $$;

-- The rows that a hot statement writes are one array parameter: `unnest($1::ops.partition_advance[])`.
-- One array of rows takes the server half the time of one array a column. These types are the statements'
-- own, so that a column added to a table does not change what a running program sends. Each stands beside
-- the table that its statement writes; this one is of the owners' transactions, in whichever context.
CREATE TYPE ops.partition_advance AS (
  partition integer,
  epoch bigint,
  expected_offset bigint,
  next_offset bigint,
  batch_no bigint,
  published_mark bigint,
  oldest_ready_at timestamptz
);

-- Idempotency keys: one table in each context that is written to, beside what its keys guard; a row is
-- written in the transaction of the effect. Keys lie in one of four partitions, by their day
-- (docs/decisions/0008): today's and yesterday's count, tomorrow's fills in the last minutes of a day, the
-- one of the day before is emptied. What was answered is kept in `columns`.
CREATE FUNCTION ops.create_key_table(context text, columns text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE leaf text;
BEGIN
  EXECUTE format(
    'CREATE TABLE %I.idempotency_keys ('
    '  slot integer NOT NULL,'
    '  scope text NOT NULL,'
    '  key text NOT NULL,'
    '  shard integer NOT NULL,'
    '  request_hash bytea NOT NULL,'
    '  %s,'
    '  created_at timestamptz NOT NULL DEFAULT now(),'
    '  PRIMARY KEY (scope, key, slot)'
    ') PARTITION BY LIST (slot)', context, columns);
  FOR slot IN 0..3 LOOP
    leaf := format('idempotency_keys_%s', slot);
    EXECUTE format('CREATE TABLE %I.%I PARTITION OF %I.idempotency_keys FOR VALUES IN (%s)',
                   context, leaf, context, slot);
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'orderflow_' || context) THEN
      EXECUTE format('GRANT TRUNCATE ON %I.%I TO %I', context, leaf, 'orderflow_' || context);
    END IF;
  END LOOP;
END $$;

-- The partition of the day that it is `after` from now, days in UTC.
CREATE FUNCTION ops.key_slot(after interval) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT extract(day FROM now() + after - timestamptz '1970-01-01 00:00:00+00')::integer % 4
$$;

-- Empties the partition of the day before yesterday, whatever it holds, and tomorrow's, which holds something
-- only when nobody was there to empty it in time, or within the last minutes of a day, when it is left alone.
-- Which ones these are is worked out and used within one call, so that a caller that sleeps in between cannot
-- empty another. False when somebody reads one for longer than others may be kept waiting: to be tried again.
CREATE FUNCTION ops.forget_keys(context text) RETURNS boolean LANGUAGE plpgsql SET lock_timeout = '100ms' AS $$
DECLARE
  slots integer[] := ARRAY[ops.key_slot(interval '-2 days')];
  slot integer;
  leaf text;
  found boolean;
BEGIN
  IF ops.key_slot(interval '20 minutes') = ops.key_slot(interval '0') THEN
    slots := slots || ops.key_slot(interval '1 day');
  END IF;
  FOREACH slot IN ARRAY slots LOOP
    leaf := format('%I.%I', context, format('idempotency_keys_%s', slot));
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', leaf) INTO found;
    IF found THEN
      EXECUTE format('TRUNCATE %s', leaf);
    END IF;
  END LOOP;
  RETURN true;
EXCEPTION
  WHEN lock_not_available THEN
    RETURN false;
END $$;
