-- For the clean-up of keys that have expired, a few at a time.
CREATE INDEX ix_drawbridge_log_key_expires ON drawbridge_log_key (cluster, expires_at);
