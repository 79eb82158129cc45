-- Nobody, and free at once.
INSERT INTO drawbridge_outbox_relay (id, holder, lease_until) VALUES (1, 'nobody', 0);
