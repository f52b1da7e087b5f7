-- What was ordered. Written once, at the API; never updated. created_at is the time that the id begins with, so
-- that lists find times by the primary key. JSON that no query looks into is of type json:
-- it goes on as it was written, and a placed order's answer is made again from its row, byte for byte.
CREATE TABLE orders.orders (
  id uuid PRIMARY KEY,
  shard integer NOT NULL,
  user_id uuid NOT NULL,
  items json NOT NULL,
  total bigint NOT NULL,
  currency text NOT NULL,
  delivery_address json NOT NULL,
  special_instructions text,
  draft boolean NOT NULL DEFAULT false,
  correlation_id text NOT NULL,
  traceparent text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX orders_user ON orders.orders (user_id, id NULLS FIRST);  -- See KeysetQuery for NULLS FIRST.

-- Columns that no query chooses rows by need no statistics, here and in the tables below. Tables that grow
-- are analyzed again and again, and sorting samples of JSON and text is most of what that costs.
ALTER TABLE orders.orders
  ALTER COLUMN shard SET STATISTICS 0,
  ALTER COLUMN items SET STATISTICS 0,
  ALTER COLUMN total SET STATISTICS 0,
  ALTER COLUMN currency SET STATISTICS 0,
  ALTER COLUMN delivery_address SET STATISTICS 0,
  ALTER COLUMN special_instructions SET STATISTICS 0,
  ALTER COLUMN correlation_id SET STATISTICS 0,
  ALTER COLUMN traceparent SET STATISTICS 0;

CREATE TYPE orders.new_order AS (
  id uuid,
  user_id uuid,
  items json,
  total bigint,
  currency text,
  delivery_address json,
  special_instructions text,
  draft boolean,
  correlation_id text,
  traceparent text,
  created_at timestamptz,
  shard integer,
  scope text,
  key text,
  request_hash bytea,
  key_shard integer
);

-- Of a placed order only its id is kept.
SELECT ops.create_key_table('orders', 'status integer, location text, body bytea, order_id uuid');

-- The statuses at which an order may stay: it has ended, or waits for its customer, the carrier or a person.
-- At any other its saga is live and waits for nobody, and the number of those is limited.
CREATE TYPE orders.resting_status AS ENUM
  ('DRAFT', 'PAYMENT_FAILED', 'DELIVERY_SCHEDULED', 'DELIVERED', 'CANCELLED', 'NEEDS_ATTENTION');

-- What happens to it. One narrow row an order, updated by the owner of its partition only.
-- steps: "payment:done,delivery:sent", see saga/engine/step_states.hpp; one that is not named has not started.
-- step: the one it is at, "refund" included; null before the first is sent. No index holds a column that
-- changes while an order is being worked on except the two booleans, so that all updates but those that end
-- it, deliver it or call a person stay HOT. resting_status (the status, while the order may stay at it) and
-- user_id are there for lists.
CREATE TABLE orders.sagas (
  order_id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  shard integer NOT NULL,
  version bigint NOT NULL DEFAULT 0,
  live boolean NOT NULL,
  attention boolean NOT NULL DEFAULT false,
  status text NOT NULL,
  phase text NOT NULL,
  round integer NOT NULL DEFAULT 0,
  step text,
  steps text NOT NULL DEFAULT '',
  attempt integer NOT NULL DEFAULT 0,
  event_sequence bigint NOT NULL DEFAULT 0,
  wake_at timestamptz,
  waiting_for text NOT NULL DEFAULT 'start',
  reason text,
  failure_code text,
  failure_detail text,
  payment_id uuid,
  delivery_id uuid,
  open_request uuid,
  refund jsonb,
  step_started_at timestamptz,
  updated_at timestamptz NOT NULL,
  resting_status orders.resting_status,
  CHECK (live OR resting_status IS NOT NULL)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX sagas_live ON orders.sagas (shard, attention) WHERE live;
CREATE INDEX sagas_attention ON orders.sagas (order_id) WHERE attention;
CREATE INDEX sagas_status ON orders.sagas (resting_status, order_id NULLS FIRST)
  WHERE resting_status IS NOT NULL;
CREATE INDEX sagas_user_status ON orders.sagas (user_id, resting_status, order_id NULLS FIRST)
  WHERE resting_status IS NOT NULL;
-- Of user_id nothing may be known either: with one user alone, the planner would take sagas_status for theirs.
ALTER TABLE orders.sagas
  ALTER COLUMN user_id SET STATISTICS 0,
  ALTER COLUMN version SET STATISTICS 0,
  ALTER COLUMN round SET STATISTICS 0,
  ALTER COLUMN steps SET STATISTICS 0,
  ALTER COLUMN attempt SET STATISTICS 0,
  ALTER COLUMN event_sequence SET STATISTICS 0,
  ALTER COLUMN failure_detail SET STATISTICS 0,
  ALTER COLUMN payment_id SET STATISTICS 0,
  ALTER COLUMN delivery_id SET STATISTICS 0,
  ALTER COLUMN open_request SET STATISTICS 0,
  ALTER COLUMN refund SET STATISTICS 0,
  ALTER COLUMN step_started_at SET STATISTICS 0;

CREATE TYPE orders.saga_change AS (
  order_id uuid,
  expected_version bigint,
  version bigint,
  live boolean,
  attention boolean,
  status text,
  resting boolean,
  phase text,
  round integer,
  step text,
  steps text,
  attempt integer,
  event_sequence bigint,
  wake_at timestamptz,
  waiting_for text,
  reason text,
  failure_code text,
  failure_detail text,
  payment_id uuid,
  delivery_id uuid,
  open_request uuid,
  refund jsonb,
  step_started_at timestamptz
);

-- What happened. Insert-only; (partition, batch_no, ordinal) is the order of publication.
CREATE TABLE orders.events (
  order_id uuid NOT NULL,
  shard integer NOT NULL,
  sequence bigint NOT NULL,
  partition integer NOT NULL,
  batch_no bigint NOT NULL,
  ordinal integer NOT NULL,
  type text NOT NULL,
  status text NOT NULL,
  time timestamptz NOT NULL,
  actor text NOT NULL,
  correlation_id text NOT NULL,
  traceparent text NOT NULL,
  data json NOT NULL,
  PRIMARY KEY (order_id, sequence)
);
CREATE INDEX events_publication ON orders.events (partition, batch_no, ordinal);
ALTER TABLE orders.events
  ALTER COLUMN shard SET STATISTICS 0,
  ALTER COLUMN type SET STATISTICS 0,
  ALTER COLUMN status SET STATISTICS 0,
  ALTER COLUMN actor SET STATISTICS 0,
  ALTER COLUMN correlation_id SET STATISTICS 0,
  ALTER COLUMN traceparent SET STATISTICS 0,
  ALTER COLUMN data SET STATISTICS 0;

CREATE TYPE orders.event_row AS (
  order_id uuid,
  shard integer,
  sequence bigint,
  partition integer,
  batch_no bigint,
  ordinal integer,
  type text,
  status text,
  time timestamptz,
  actor text,
  correlation_id text,
  traceparent text,
  data json
);

-- Orders whose events Kafka refuses from this sequence on: they stay in orders.events, and are published when
-- it takes them. Those of other orders go on.
CREATE TABLE orders.held_events (
  order_id uuid PRIMARY KEY,
  shard integer NOT NULL,
  sequence bigint NOT NULL,
  reason text NOT NULL,
  held_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX held_events_shard ON orders.held_events (shard);

-- What people ask of an existing order; also the job that GET /jobs/{id} shows. Durable before its 202.
-- command_id, command_outcome: of a request to skip a step, what the participant's book held for good about
-- the step's command.
CREATE TABLE orders.requests (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL,
  shard integer NOT NULL,
  kind text NOT NULL,
  state text NOT NULL DEFAULT 'accepted',
  handled boolean NOT NULL DEFAULT false,
  amount bigint,
  payment_id uuid,
  target_status text,
  command_id uuid,
  command_outcome text,
  reason text,
  actor text NOT NULL,
  correlation_id text NOT NULL,
  traceparent text NOT NULL,
  outcome_code text,
  outcome_detail text,
  result jsonb,
  accepted_at timestamptz NOT NULL DEFAULT now(),
  running_at timestamptz,
  ended_at timestamptz
);
CREATE INDEX requests_unhandled ON orders.requests (shard) WHERE NOT handled;
CREATE INDEX requests_order ON orders.requests (order_id);
CREATE UNIQUE INDEX requests_one_cancel ON orders.requests (order_id) WHERE kind = 'cancel';

CREATE TABLE orders.partitions (
  partition integer PRIMARY KEY,
  epoch bigint NOT NULL DEFAULT 0,
  owner text NOT NULL DEFAULT '',
  next_offset bigint NOT NULL DEFAULT 0,
  batch_no bigint NOT NULL DEFAULT 0,
  published_mark bigint NOT NULL DEFAULT 0,
  backend_pid integer NOT NULL DEFAULT 0,
  oldest_ready_at timestamptz,
  heartbeat timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10);

-- Messages of its topic that the owner can never process, with the reason. One that is open waits for a person;
-- one that was resolved is removed in time. resolution: replayed or discarded, by whom, and why. The lists read
-- no bodies, and the indexes give them every page in order.
CREATE TABLE orders.dead_letters (
  id uuid PRIMARY KEY,
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
  resolution text,
  resolved_by text,
  resolution_reason text
);
CREATE INDEX dead_letters_topic ON orders.dead_letters (topic, id);
CREATE INDEX dead_letters_open ON orders.dead_letters (id) WHERE resolved_at IS NULL;
CREATE INDEX dead_letters_open_topic ON orders.dead_letters (topic, id) WHERE resolved_at IS NULL;
CREATE INDEX dead_letters_resolved ON orders.dead_letters (resolved_at) WHERE resolved_at IS NOT NULL;
