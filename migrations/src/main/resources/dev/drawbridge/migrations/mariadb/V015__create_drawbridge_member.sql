-- Who is in a channel with presence, or has a place of a limit: one row for each connection. Hashes as of keys;
-- entered tells who came first of those whose since is the same.
CREATE TABLE drawbridge_member (
  cluster      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  group_hash   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject_hash VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  node         VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  connection   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  group_name   MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  subject      MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  display_name MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  since        BIGINT NOT NULL,
  entered      BIGINT NOT NULL,
  CONSTRAINT pk_drawbridge_member PRIMARY KEY (cluster, group_hash, subject_hash, node, connection)
) ENGINE = InnoDB;
