-- Who is in a channel with presence, or has a place of a limit: one row for each connection. Hashes as of keys;
-- entered tells who came first of those whose since is the same.
CREATE TABLE drawbridge_member (
  cluster      VARCHAR(32) NOT NULL,
  group_hash   VARCHAR(64) NOT NULL,
  subject_hash VARCHAR(64) NOT NULL,
  node         VARCHAR(32) NOT NULL,
  connection   VARCHAR(64) NOT NULL,
  group_name   TEXT NOT NULL,
  subject      TEXT NOT NULL,
  display_name TEXT NOT NULL,
  since        BIGINT NOT NULL,
  entered      BIGINT NOT NULL,
  CONSTRAINT pk_drawbridge_member PRIMARY KEY (cluster, group_hash, subject_hash, node, connection)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
