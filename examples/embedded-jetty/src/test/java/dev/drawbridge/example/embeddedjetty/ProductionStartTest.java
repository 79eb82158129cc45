package dev.drawbridge.example.embeddedjetty;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** What the README says of a start without the two variables. */
class ProductionStartTest {
  @Test
  void withoutTheVariablesAllThatProductionLacksIsListedAtOnce() {
    assertThatThrownBy(() -> EchoServer.start(0))
        .hasMessageContaining("3 problems")
        .hasMessageContaining("one of DRAWBRIDGE_JWT_SECRET")
        .hasMessageContaining("DRAWBRIDGE_JWT_ISSUER is required")
        .hasMessageContaining("DRAWBRIDGE_JWT_AUDIENCE is required")
        .hasMessageNotContaining("ORIGINS");
  }
}
