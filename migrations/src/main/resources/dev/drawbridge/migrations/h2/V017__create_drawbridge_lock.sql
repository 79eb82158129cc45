-- Rows that are locked while places of a limit are counted: one of 64 for each group, so that most do not wait for each other. The
-- engine adds the rows.
CREATE TABLE drawbridge_lock (
  cluster VARCHAR(32) NOT NULL,
  slot    INTEGER NOT NULL,
  CONSTRAINT pk_drawbridge_lock PRIMARY KEY (cluster, slot)
);
