-- Commands, and with them payments and deliveries, now have ids that begin with their order's time
-- (docs/decisions/0006). What is under way was given ids of the former kind: sent again under another
-- id, a command would have a second effect. So everything under way has to end first.
DO $$
DECLARE waiting bigint;
BEGIN
  SELECT count(*) INTO waiting FROM orders.sagas
  WHERE live AND steps <> '' OR status = 'DELIVERY_SCHEDULED' OR refund ? 'pending';
  IF waiting > 0 THEN
    RAISE EXCEPTION '% orders are under way', waiting
      USING HINT = 'start the former version, let them be delivered or cancelled, then migrate again';
  END IF;
END $$;
