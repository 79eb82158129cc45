package dev.drawbridge.endpoint;

import org.junit.jupiter.api.Nested;

/**
 * The endpoint's own tests of PROTOCOL.md in Tomcat 11: messages, heartbeat, tokens, frames, the
 * whole table of errors, revocations, replaced connections and reloads of settings. {@link
 * TestContainer} says where.
 */
class ProtocolInTomcatTest {
  @Nested
  class MessageRules extends MessageRulesTest {}

  @Nested
  class Heartbeat extends HeartbeatTest {
    /** Tomcat logs why a filter does not start, and throws nothing. */
    @Override
    void senselessIntervalsStopTheStart() {}
  }

  @Nested
  class Credential extends CredentialTest {}

  @Nested
  class DocumentedFrames extends DocumentedFramesTest {
    /** By class loaders of threads, which Tomcat sets. */
    @Override
    void oneTimerIsForAllConnections() {}
  }

  @Nested
  class ErrorTable extends ErrorTableTest {}

  @Nested
  class ProtocolSentences extends ProtocolSentencesTest {}

  @Nested
  class RevokedConnections extends RevokedConnectionsTest {}

  @Nested
  class ReplacedConnection extends ReplacedConnectionTest {}

  @Nested
  class Reload extends ReloadTest {}
}
