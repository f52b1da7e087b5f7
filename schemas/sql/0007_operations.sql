-- Messages that can never be processed, with the reason, kept until a person replays or discards them.
-- resolution: what they did; resolved_by, resolution_reason: who, and why.
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
  resolution text,
  resolved_by text,
  resolution_reason text
);
CREATE INDEX dead_letters_open ON ops.dead_letters (source) WHERE resolved_at IS NULL;

-- What operators did: who, when, what, why. Rows are only ever added.
CREATE TABLE ops.audit_log (
  id uuid PRIMARY KEY,
  time timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text NOT NULL,
  action text NOT NULL,
  subject uuid NOT NULL,
  reason text NOT NULL DEFAULT '',
  correlation_id text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_log_subject ON ops.audit_log (subject, id);

CREATE FUNCTION ops.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'raise_exception';
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_change();
