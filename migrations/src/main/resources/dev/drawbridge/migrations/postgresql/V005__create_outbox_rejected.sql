-- Rows of the outbox that cannot be published, with the reason; the newest 1000 are kept.
CREATE TABLE drawbridge_outbox_rejected (
  id          BIGINT        NOT NULL,
  channel     VARCHAR(256)  NOT NULL,
  type        VARCHAR(128)  NOT NULL,
  data        TEXT,
  created_at  TIMESTAMPTZ   NOT NULL,
  rejected_at TIMESTAMPTZ   DEFAULT clock_timestamp() NOT NULL,
  reason      VARCHAR(1000) NOT NULL,
  CONSTRAINT pk_drawbridge_outbox_rejected PRIMARY KEY (id)
);
