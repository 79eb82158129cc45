-- Who is in a channel with presence, or has a place of a limit: one row for each connection. Hashes of the groups, as of keys.
CREATE TABLE drawbridge_member (
  cluster      VARCHAR(32) NOT NULL,
  group_hash   VARCHAR(64) NOT NULL,
  node         VARCHAR(32) NOT NULL,
  connection   VARCHAR(64) NOT NULL,
  group_name   TEXT NOT NULL,
  subject      TEXT NOT NULL,
  display_name TEXT NOT NULL,
  since        BIGINT NOT NULL,
  CONSTRAINT pk_drawbridge_member PRIMARY KEY (cluster, group_hash, node, connection)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
