-- The head of each deployment's log of channels. Who appends locks its row, raises top and commits: so numbers have no holes and
-- are in the order of the commits. top is the newest number, trimmed the last that was deleted; identity is the server's.
CREATE TABLE drawbridge_log_head (
  cluster  VARCHAR(32) NOT NULL,
  epoch    VARCHAR(8) NOT NULL,
  top      BIGINT NOT NULL,
  trimmed  BIGINT NOT NULL,
  identity VARCHAR(200) NOT NULL,
  CONSTRAINT pk_drawbridge_log_head PRIMARY KEY (cluster)
);
