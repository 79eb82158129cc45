-- Messages that wait to be published, written in the transactions of applications, triggers and other
-- programs. TIMESTAMP is a point in time whatever the zone of a session is.
CREATE TABLE drawbridge_outbox (
  id         BIGINT       NOT NULL AUTO_INCREMENT,
  channel    VARCHAR(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  type       VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  data       LONGTEXT     CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  created_at TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6) NOT NULL,
  CONSTRAINT pk_drawbridge_outbox PRIMARY KEY (id)
) ENGINE = InnoDB;
