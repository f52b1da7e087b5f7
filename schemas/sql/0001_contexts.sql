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
      EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I',
                     context, 'orderflow_' || context);
      EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA ops GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I',
                     'orderflow_' || context);
      EXECUTE format('ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO %I', 'orderflow_' || context);
    END IF;
  END LOOP;
END $$;

-- The installation's own facts. `partition_count` is a power of two: partition = shard mod partition_count.
CREATE TABLE ops.settings (
  name text PRIMARY KEY,
  value text NOT NULL
);

-- Raised by the ownership check of a transaction: the partition has another owner, or its offset or a
-- saga's version is not what this owner believes. Raising in the server lets a whole transaction travel
-- in one round trip.
CREATE FUNCTION ops.raise_fenced(what text) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'fenced: %', what USING ERRCODE = 'OF001';
END $$;

-- Messages that can never be processed, with the reason, kept until a person replays or discards them.
CREATE TABLE ops.dead_letters (
  id uuid PRIMARY KEY,
  source text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  message_offset bigint NOT NULL,
  key bytea,
  headers jsonb NOT NULL,
  body bytea NOT NULL,
  reason text NOT NULL,
  attempts integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  resolved_at timestamptz,
  resolution text
);
CREATE INDEX dead_letters_open ON ops.dead_letters (source) WHERE resolved_at IS NULL;

-- Idempotency keys of the API. The row is inserted in the same transaction as the effect it guards.
-- `answer` is null for orders: that answer is built again from the order itself.
CREATE TABLE ops.idempotency_keys (
  scope text NOT NULL,
  key text NOT NULL,
  body_hash bytea NOT NULL,
  resource_id uuid NOT NULL,
  answer jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_age ON ops.idempotency_keys (created_at);
