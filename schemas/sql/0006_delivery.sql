-- One row a schedule command: the barrier of both its phases, as in payments.
-- The carrier delivers at carrier_due_at; the report is sent again until it is acknowledged. A delivery is
-- updated twice within seconds (delivered, acknowledged): with room for both on its page the first needs no
-- new entry in any index.
CREATE TABLE delivery.deliveries (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL,
  shard integer NOT NULL,
  status text NOT NULL CHECK (status IN ('SCHEDULED', 'REFUSED', 'VOIDED', 'CANCELLED', 'DELIVERED')),
  code text,
  detail text,
  carrier text,
  tracking_number text,
  delivery_address json NOT NULL,
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
) WITH (fillfactor = 35);
CREATE INDEX deliveries_order ON delivery.deliveries (order_id);
CREATE INDEX deliveries_live ON delivery.deliveries (shard) WHERE live;
ALTER TABLE delivery.deliveries
  ALTER COLUMN code SET STATISTICS 0,
  ALTER COLUMN detail SET STATISTICS 0,
  ALTER COLUMN carrier SET STATISTICS 0,
  ALTER COLUMN tracking_number SET STATISTICS 0,
  ALTER COLUMN delivery_address SET STATISTICS 0,
  ALTER COLUMN undone_at SET STATISTICS 0,
  ALTER COLUMN report_attempts SET STATISTICS 0,
  ALTER COLUMN report_acknowledged_at SET STATISTICS 0,
  ALTER COLUMN correlation_id SET STATISTICS 0,
  ALTER COLUMN traceparent SET STATISTICS 0;

CREATE TYPE delivery.delivery_row AS (
  id uuid,
  order_id uuid,
  shard integer,
  status text,
  code text,
  detail text,
  carrier text,
  tracking_number text,
  delivery_address json,
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

-- Operators replay and discard its dead letters.
SELECT ops.create_key_table('delivery', 'status integer, location text, body bytea');

CREATE TABLE delivery.partitions (LIKE orders.partitions INCLUDING ALL) WITH (fillfactor = 10);

CREATE TABLE delivery.dead_letters (LIKE orders.dead_letters INCLUDING ALL);
