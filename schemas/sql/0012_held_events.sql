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
