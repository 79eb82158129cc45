package dev.drawbridge.migrations;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class H2MigrationsTest {
  @Test
  void autoMigratesOnH2AndTheSecondRunAppliesNothing() {
    Migrations migrations = Migrations.builder().url("jdbc:h2:mem:auto;DB_CLOSE_DELAY=-1").build();

    MigrationResult first = migrations.run();
    MigrationResult second = migrations.run();

    assertThat(first.applied()).isEqualTo(2);
    assertThat(second.applied()).isZero();
    assertThat(second.version()).isEqualTo("002");
  }
}
