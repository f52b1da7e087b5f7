-- JSON that goes on as it was written: an address as the front end wrote it, an event's data as it was published.
-- No query looks into either.
ALTER TABLE orders.orders ALTER COLUMN delivery_address TYPE json;
ALTER TABLE orders.events ALTER COLUMN data TYPE json;
ALTER TABLE delivery.deliveries ALTER COLUMN delivery_address TYPE json;
ALTER TYPE orders.new_order ALTER ATTRIBUTE delivery_address TYPE json;
ALTER TYPE orders.event_row ALTER ATTRIBUTE data TYPE json;
ALTER TYPE delivery.delivery_row ALTER ATTRIBUTE delivery_address TYPE json;
