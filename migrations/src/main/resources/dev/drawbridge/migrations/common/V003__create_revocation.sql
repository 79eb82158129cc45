-- Tokens that must not be accepted any more. The key is a SHA-256 in hexadecimal, so that no
-- collation takes two names for one; times are epoch seconds, so that no time zone moves them.
CREATE TABLE revocation (
  revocation_key VARCHAR(64) NOT NULL,
  revoked_before BIGINT,
  expires_at     BIGINT      NOT NULL,
  CONSTRAINT pk_revocation PRIMARY KEY (revocation_key)
);
