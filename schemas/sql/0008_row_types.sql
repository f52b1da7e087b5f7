-- The rows that the hot statements write, each kind as one array parameter: `unnest($1::orders.event_row[])`.
-- One array of rows takes the server half the time of one array a column. The types are the statements' own,
-- so that a column added to a table does not change what a running program sends.
CREATE TYPE ops.partition_advance AS (
  partition integer,
  epoch bigint,
  expected_offset bigint,
  next_offset bigint,
  batch_no bigint,
  published_mark bigint,
  oldest_ready_at timestamptz
);

CREATE TYPE orders.new_order AS (
  id uuid,
  user_id uuid,
  items jsonb,
  total bigint,
  currency text,
  delivery_address jsonb,
  special_instructions text,
  draft boolean,
  correlation_id text,
  traceparent text,
  shard integer,
  scope text,
  key text
);

CREATE TYPE orders.saga_change AS (
  order_id uuid,
  expected_version bigint,
  version bigint,
  live boolean,
  attention boolean,
  status text,
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

CREATE TYPE orders.event_row AS (
  order_id uuid,
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
  data jsonb
);

CREATE TYPE payments.account_change AS (
  id uuid,
  balance bigint,
  ledger_sequence bigint,
  expected_sequence bigint
);

CREATE TYPE payments.payment_row AS (
  id uuid,
  order_id uuid,
  account_id uuid,
  amount bigint,
  currency text,
  status text,
  code text,
  detail text,
  undone_amount bigint,
  refunded_amount bigint,
  undone_at timestamptz,
  correlation_id text
);

CREATE TYPE payments.ledger_row AS (
  account_id uuid,
  sequence bigint,
  kind text,
  reference uuid,
  amount bigint,
  balance_after bigint
);

CREATE TYPE delivery.delivery_row AS (
  id uuid,
  order_id uuid,
  shard integer,
  status text,
  code text,
  detail text,
  carrier text,
  tracking_number text,
  delivery_address jsonb,
  undone_at timestamptz,
  undo_refused boolean,
  live boolean,
  carrier_due_at timestamptz,
  delivered_at timestamptz,
  report_attempts integer,
  report_acknowledged_at timestamptz,
  correlation_id text,
  traceparent text,
  updated_at timestamptz
);

CREATE TYPE delivery.delivery_change AS (
  id uuid,
  status text,
  undone_at timestamptz,
  undo_refused boolean,
  live boolean,
  delivered_at timestamptz,
  report_attempts integer,
  report_acknowledged_at timestamptz,
  updated_at timestamptz
);
