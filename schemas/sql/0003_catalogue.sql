CREATE TABLE catalogue.products (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  category text NOT NULL,
  price bigint NOT NULL CHECK (price >= 0),
  currency text NOT NULL,
  available boolean NOT NULL DEFAULT true,
  deleted boolean NOT NULL DEFAULT false,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX products_any ON catalogue.products (id) WHERE NOT deleted;
CREATE INDEX products_available ON catalogue.products (available, id NULLS FIRST) WHERE NOT deleted;
CREATE INDEX products_category ON catalogue.products (category, id NULLS FIRST) WHERE NOT deleted;
CREATE INDEX products_category_available ON catalogue.products (category, available, id NULLS FIRST)
  WHERE NOT deleted;
ALTER TABLE catalogue.products ALTER COLUMN category SET STATISTICS 0, ALTER COLUMN available SET STATISTICS 0;

CREATE TABLE catalogue.offers (
  id uuid PRIMARY KEY,
  product_id uuid NOT NULL,
  seller text NOT NULL,
  price bigint NOT NULL,
  currency text NOT NULL,
  items_in_stock integer NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX offers_product ON catalogue.offers (product_id, id NULLS FIRST);

SELECT ops.create_key_table('catalogue', 'status integer, location text, body bytea');
