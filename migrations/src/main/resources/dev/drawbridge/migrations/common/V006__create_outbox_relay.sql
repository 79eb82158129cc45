-- One row: which server relays the outbox, and until when nobody else does, in epoch milliseconds by
-- the clock of the database.
CREATE TABLE drawbridge_outbox_relay (
  id          SMALLINT    NOT NULL,
  holder      VARCHAR(64) NOT NULL,
  lease_until BIGINT      NOT NULL,
  CONSTRAINT pk_drawbridge_outbox_relay PRIMARY KEY (id)
);
