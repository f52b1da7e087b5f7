CREATE TABLE identity.users (
  id uuid PRIMARY KEY,
  username text NOT NULL UNIQUE,
  display_name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

SELECT ops.create_key_table('identity', 'status integer, location text, body bytea');
