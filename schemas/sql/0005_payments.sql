-- Rows here have the shard of the account, by which commands are spread.

-- A user's money. balance = opening + sum of its ledger rows; never below zero.
CREATE TABLE payments.accounts (
  id uuid PRIMARY KEY,
  shard integer NOT NULL,
  currency text NOT NULL,
  opening bigint NOT NULL CHECK (opening >= 0),
  balance bigint NOT NULL CHECK (balance >= 0),
  ledger_sequence bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 20);

CREATE TYPE payments.account_change AS (
  id uuid,
  balance bigint,
  ledger_sequence bigint,
  expected_sequence bigint
);

-- Raised when an account is no longer at the sequence a batch read it at: money was adjusted at the
-- API in between. The batch reads again and repeats.
CREATE FUNCTION payments.raise_account_moved() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an account moved between read and write' USING ERRCODE = 'serialization_failure';
END $$;

-- One row a capture command: the barrier of both its phases. The do-phase is final when the row is
-- there (captured, refused or voided), the undo-phase when undone_at is set.
CREATE TABLE payments.payments (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL,
  account_id uuid NOT NULL,
  shard integer NOT NULL,
  amount bigint NOT NULL,
  currency text NOT NULL,
  status text NOT NULL CHECK (status IN ('CAPTURED', 'REFUSED', 'VOIDED', 'REFUNDED', 'PARTLY_REFUNDED')),
  code text,
  detail text,
  undone_amount bigint NOT NULL DEFAULT 0,
  refunded_amount bigint NOT NULL DEFAULT 0,
  undone_at timestamptz,
  correlation_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK (undone_amount + refunded_amount <= amount)
) WITH (fillfactor = 80);
CREATE INDEX payments_order ON payments.payments (order_id);
CREATE INDEX payments_account ON payments.payments (account_id, id NULLS FIRST);
ALTER TABLE payments.payments
  ALTER COLUMN shard SET STATISTICS 0,
  ALTER COLUMN amount SET STATISTICS 0,
  ALTER COLUMN currency SET STATISTICS 0,
  ALTER COLUMN code SET STATISTICS 0,
  ALTER COLUMN detail SET STATISTICS 0,
  ALTER COLUMN undone_amount SET STATISTICS 0,
  ALTER COLUMN refunded_amount SET STATISTICS 0,
  ALTER COLUMN correlation_id SET STATISTICS 0;

CREATE TYPE payments.payment_row AS (
  id uuid,
  order_id uuid,
  account_id uuid,
  shard integer,
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

-- One row a later refund command (asked for by a person after the saga): its barrier.
CREATE TABLE payments.refunds (
  id uuid PRIMARY KEY,
  payment_id uuid NOT NULL,
  order_id uuid NOT NULL,
  account_id uuid NOT NULL,
  shard integer NOT NULL,
  amount bigint NOT NULL,
  status text NOT NULL CHECK (status IN ('DONE', 'REFUSED')),
  code text,
  detail text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refunds_payment ON payments.refunds (payment_id);

-- Double entry: each row moves `amount` between an account and the house (positive: to the account).
-- The house's balance is the negated sum, so no row is hot. (account, sequence) is gap-free and
-- balance_after chains the rows, so any stretch can be checked on its own.
CREATE TABLE payments.ledger (
  account_id uuid NOT NULL,
  shard integer NOT NULL,
  sequence bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('capture', 'undo', 'refund', 'adjustment')),
  reference uuid NOT NULL,
  amount bigint NOT NULL CHECK (amount <> 0),
  balance_after bigint NOT NULL CHECK (balance_after >= 0),
  reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, sequence)
);
CREATE INDEX ledger_reference ON payments.ledger (reference);
ALTER TABLE payments.ledger
  ALTER COLUMN shard SET STATISTICS 0,
  ALTER COLUMN kind SET STATISTICS 0,
  ALTER COLUMN amount SET STATISTICS 0,
  ALTER COLUMN balance_after SET STATISTICS 0,
  ALTER COLUMN reason SET STATISTICS 0;

CREATE TYPE payments.ledger_row AS (
  account_id uuid,
  shard integer,
  sequence bigint,
  kind text,
  reference uuid,
  amount bigint,
  balance_after bigint
);

SELECT ops.create_key_table('payments', 'status integer, location text, body bytea');

CREATE TABLE payments.partitions (LIKE orders.partitions INCLUDING ALL) WITH (fillfactor = 10);

CREATE TABLE payments.dead_letters (LIKE orders.dead_letters INCLUDING ALL);
