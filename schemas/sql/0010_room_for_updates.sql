-- A delivery is updated twice within seconds (delivered, acknowledged). With room for both on its page the
-- first needs no new entry in any index.
ALTER TABLE delivery.deliveries SET (fillfactor = 35);
