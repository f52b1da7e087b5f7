-- One row a schedule command: the barrier of both its phases, as in payments.
-- The carrier delivers at carrier_due_at; the report is sent again until it is acknowledged.
CREATE TABLE delivery.deliveries (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL,
  shard integer NOT NULL,
  status text NOT NULL CHECK (status IN ('SCHEDULED', 'REFUSED', 'VOIDED', 'CANCELLED', 'DELIVERED')),
  code text,
  detail text,
  carrier text,
  tracking_number text,
  delivery_address jsonb NOT NULL,
  undone_at timestamptz,
  undo_refused boolean NOT NULL DEFAULT false,
  live boolean NOT NULL DEFAULT false,
  carrier_due_at timestamptz,
  delivered_at timestamptz,
  report_attempts integer NOT NULL DEFAULT 0,
  report_acknowledged_at timestamptz,
  correlation_id text NOT NULL,
  traceparent text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 60);
CREATE INDEX deliveries_order ON delivery.deliveries (order_id);
CREATE INDEX deliveries_live ON delivery.deliveries (shard) WHERE live;

CREATE TABLE delivery.partitions (LIKE orders.partitions INCLUDING ALL) WITH (fillfactor = 10);
