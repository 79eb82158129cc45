CREATE TABLE app_user (
  id                VARCHAR(36)  NOT NULL,
  subject           VARCHAR(190) NOT NULL,
  display_name      VARCHAR(200) NOT NULL,
  status            VARCHAR(16)  DEFAULT 'ACTIVE' NOT NULL,
  tokens_valid_from TIMESTAMP(6),
  row_version       BIGINT       DEFAULT 0 NOT NULL,
  created_at        TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6) NOT NULL,
  updated_at        TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6) NOT NULL,
  CONSTRAINT pk_app_user PRIMARY KEY (id),
  CONSTRAINT uq_app_user_subject UNIQUE (subject),
  CONSTRAINT ck_app_user_status CHECK (status IN ('ACTIVE', 'SUSPENDED', 'DELETED'))
);
