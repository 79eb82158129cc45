-- The entries. Written once, never changed, deleted from the oldest on: the primary key is the only index, for readers ask for
-- "above this number, in order" and the trim for "up to this number". body is the frame as it is sent, without its number.
CREATE TABLE drawbridge_log (
  cluster    VARCHAR(32) NOT NULL,
  epoch      VARCHAR(8) NOT NULL,
  seq        BIGINT NOT NULL,
  node       VARCHAR(32) NOT NULL,
  n          BIGINT NOT NULL,
  written_at BIGINT NOT NULL,
  version    INTEGER NOT NULL,
  kind       VARCHAR(16) NOT NULL,
  channel    VARCHAR(256) NOT NULL,
  type       VARCHAR(128) NOT NULL,
  entry_key  VARCHAR(640),
  repeat_of  BIGINT NOT NULL,
  body       CLOB NOT NULL,
  CONSTRAINT pk_drawbridge_log PRIMARY KEY (cluster, epoch, seq)
);
