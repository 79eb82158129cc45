-- Which idempotency keys are known, until when, and where the first entry with each stands. A hash, so that no collation takes two
-- keys for one and the index has one width.
CREATE TABLE drawbridge_log_key (
  cluster    VARCHAR(32) NOT NULL,
  key_hash   VARCHAR(64) NOT NULL,
  epoch      VARCHAR(8) NOT NULL,
  seq        BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  CONSTRAINT pk_drawbridge_log_key PRIMARY KEY (cluster, key_hash)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
