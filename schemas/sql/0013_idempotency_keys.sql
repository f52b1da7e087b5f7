-- Idempotency keys, one table in each context beside what they guard: a row is written in the transaction of the
-- effect. Keys lie in one of four partitions, by their day (docs/decisions/0008): today's and yesterday's count,
-- tomorrow's fills in the last minutes of a day, the one of the day before is emptied.
DROP TABLE ops.idempotency_keys;

-- The partition of the day that it is `after` from now, days in UTC.
CREATE FUNCTION ops.key_slot(after interval) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT extract(day FROM now() + after - timestamptz '1970-01-01 00:00:00+00')::integer % 4
$$;

DO $$
DECLARE
  context text;
  slot integer;
  leaf text;
BEGIN
  FOREACH context IN ARRAY ARRAY['identity', 'catalogue', 'orders', 'payments'] LOOP
    EXECUTE format(
      'CREATE TABLE %I.idempotency_keys ('
      '  slot integer NOT NULL,'
      '  scope text NOT NULL,'
      '  key text NOT NULL,'
      '  shard integer NOT NULL,'
      '  request_hash bytea NOT NULL,'
      '  status integer,'
      '  location text,'
      '  body bytea,'
      '  created_at timestamptz NOT NULL DEFAULT now(),'
      '  PRIMARY KEY (scope, key, slot)'
      ') PARTITION BY LIST (slot)', context);
    FOR slot IN 0..3 LOOP
      leaf := format('idempotency_keys_%s', slot);
      EXECUTE format('CREATE TABLE %I.%I PARTITION OF %I.idempotency_keys FOR VALUES IN (%s)',
                     context, leaf, context, slot);
      IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'orderflow_' || context) THEN
        EXECUTE format('GRANT TRUNCATE ON %I.%I TO %I', context, leaf, 'orderflow_' || context);
      END IF;
    END LOOP;
  END LOOP;
END $$;

-- A placed order's answer is made again from its row, byte for byte: JSON is kept as it was written.
ALTER TABLE orders.idempotency_keys ADD COLUMN order_id uuid;
ALTER TABLE orders.orders ALTER COLUMN items TYPE json;
ALTER TYPE orders.new_order ALTER ATTRIBUTE items TYPE json;
ALTER TYPE orders.new_order ADD ATTRIBUTE request_hash bytea, ADD ATTRIBUTE key_shard integer;

-- Empties the partition of the day before yesterday, whatever it holds. Which one that is is worked out and
-- used within one call, so that a caller that sleeps in between cannot empty another. False when somebody
-- reads it for longer than others may be kept waiting: to be tried again.
CREATE FUNCTION ops.forget_keys(context text) RETURNS boolean LANGUAGE plpgsql SET lock_timeout = '100ms' AS $$
DECLARE
  leaf text := format('%I.%I', context, format('idempotency_keys_%s', ops.key_slot(interval '-2 days')));
  found boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM %s)', leaf) INTO found;
  IF found THEN
    EXECUTE format('TRUNCATE %s', leaf);
  END IF;
  RETURN true;
EXCEPTION
  WHEN lock_not_available THEN
    RETURN false;
END $$;
