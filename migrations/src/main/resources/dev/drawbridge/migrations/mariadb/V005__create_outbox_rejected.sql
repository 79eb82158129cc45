-- Rows of the outbox that cannot be published, with the reason; the newest 1000 are kept. Both times
-- have a default: where the server fills in TIMESTAMP by itself, it would change the first one.
CREATE TABLE drawbridge_outbox_rejected (
  id          BIGINT        NOT NULL,
  channel     VARCHAR(256)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  type        VARCHAR(128)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  data        LONGTEXT      CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  created_at  TIMESTAMP(6)  DEFAULT CURRENT_TIMESTAMP(6) NOT NULL,
  rejected_at TIMESTAMP(6)  DEFAULT CURRENT_TIMESTAMP(6) NOT NULL,
  reason      VARCHAR(1000) CHARACTER SET utf8mb4 NOT NULL,
  CONSTRAINT pk_drawbridge_outbox_rejected PRIMARY KEY (id)
) ENGINE = InnoDB;
