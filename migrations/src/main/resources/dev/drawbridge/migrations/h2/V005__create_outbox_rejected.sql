-- Rows of the outbox that cannot be published, with the reason; the newest 1000 are kept.
CREATE TABLE drawbridge_outbox_rejected (
  id          BIGINT       NOT NULL,
  channel     VARCHAR(256) NOT NULL,
  type        VARCHAR(128) NOT NULL,
  data        CHARACTER LARGE OBJECT,
  created_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  rejected_at TIMESTAMP(6) WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP(6) NOT NULL,
  reason      VARCHAR(1000) NOT NULL,
  CONSTRAINT pk_drawbridge_outbox_rejected PRIMARY KEY (id)
);
