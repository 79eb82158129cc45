-- nopad_bin: with a default collation 'alice' would also be found as 'Alice' and as 'alice '.
-- DATETIME: a TIMESTAMP here is converted by the time zone of each session.
CREATE TABLE app_user (
  id                VARCHAR(36)  NOT NULL,
  subject           VARCHAR(190) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin NOT NULL,
  display_name      VARCHAR(200) CHARACTER SET utf8mb4 NOT NULL,
  status            VARCHAR(16)  DEFAULT 'ACTIVE' NOT NULL,
  tokens_valid_from DATETIME(6),
  row_version       BIGINT       DEFAULT 0 NOT NULL,
  created_at        DATETIME(6)  DEFAULT CURRENT_TIMESTAMP(6) NOT NULL,
  updated_at        DATETIME(6)  DEFAULT CURRENT_TIMESTAMP(6) NOT NULL,
  CONSTRAINT pk_app_user PRIMARY KEY (id),
  CONSTRAINT uq_app_user_subject UNIQUE (subject),
  CONSTRAINT ck_app_user_status CHECK (status IN ('ACTIVE', 'SUSPENDED', 'DELETED'))
) ENGINE = InnoDB;
