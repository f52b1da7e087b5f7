-- What was ordered. Written once, at the API; never updated.
CREATE TABLE orders.orders (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  items jsonb NOT NULL,
  total bigint NOT NULL,
  currency text NOT NULL,
  delivery_address jsonb NOT NULL,
  special_instructions text,
  draft boolean NOT NULL DEFAULT false,
  correlation_id text NOT NULL,
  traceparent text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX orders_user ON orders.orders (user_id, id);

-- What happens to it. One narrow row an order, updated by the owner of its partition only.
-- steps: "payment:done,delivery:sent", see saga/engine/step_states.hpp; one that is not named has not started.
-- step: the one it is at, "refund" included; null before the first is sent. No index holds a column that
-- changes before the end except the two booleans, so that all but the finishing update stay HOT.
CREATE TABLE orders.sagas (
  order_id uuid PRIMARY KEY,
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
  updated_at timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX sagas_live ON orders.sagas (shard) WHERE live;
CREATE INDEX sagas_attention ON orders.sagas (order_id) WHERE attention;

-- What happened. Insert-only; (partition, batch_no, ordinal) is the order of publication.
CREATE TABLE orders.events (
  order_id uuid NOT NULL,
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
  data jsonb NOT NULL,
  PRIMARY KEY (order_id, sequence)
);
CREATE INDEX events_publication ON orders.events (partition, batch_no, ordinal);

-- What people ask of an existing order; also the job that GET /jobs/{id} shows. Durable before its 202.
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
