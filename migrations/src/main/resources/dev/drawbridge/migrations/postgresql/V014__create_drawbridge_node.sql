-- Servers of each deployment: until when a lease holds, and the last number (n) that a server has appended with in an epoch, by which
-- an append that is repeated after a broken connection is known.
-- fillfactor 10: as for the head, each append changes a row of a handful.
CREATE TABLE drawbridge_node (
  cluster     VARCHAR(32) NOT NULL,
  node        VARCHAR(32) NOT NULL,
  lease_until BIGINT NOT NULL,
  epoch       VARCHAR(8) NOT NULL,
  n           BIGINT NOT NULL,
  reaped      INTEGER NOT NULL,
  CONSTRAINT pk_drawbridge_node PRIMARY KEY (cluster, node)
) WITH (fillfactor = 10);
