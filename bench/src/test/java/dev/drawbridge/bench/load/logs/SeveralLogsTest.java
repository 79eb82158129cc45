package dev.drawbridge.bench.load.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.bench.load.logs.SeveralLogs.Placement;
import dev.drawbridge.bench.load.logs.SeveralLogs.Result;
import dev.drawbridge.bench.load.logs.SeveralLogs.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulation in a small form: it says the same each time, and what its papers say of it. */
class SeveralLogsTest {
  private static final Size SMALL = new Size(7, 8, 16, 400, 200, 500, 4, 2);

  @ParameterizedTest
  @EnumSource(Placement.class)
  void theSameSeedGivesTheSameFigures(Placement placement) throws Exception {
    assertThat(SeveralLogs.run(placement, SMALL)).isEqualTo(SeveralLogs.run(placement, SMALL));
  }

  @Test
  void oneLogIsReadAsAWholeByEveryServerAndLostForEverybody() throws Exception {
    Result one = SeveralLogs.run(Placement.ONE_LOG, SMALL);

    assertThat(one.logsRead()).isEqualTo(1);
    assertThat(one.entries()).isEqualTo(SMALL.rate()).isEqualTo(one.mostEntries());
    assertThat(one.positions()).isEqualTo(1);
    assertThat(one.lostClients()).isEqualTo(1);
    assertThat(one.lostSubscriptions()).isEqualTo(1);
  }

  @Test
  void severalLogsShareTheAppendsAndTheLossButNotTheReading() throws Exception {
    Result one = SeveralLogs.run(Placement.ONE_LOG, SMALL);
    Result several = SeveralLogs.run(Placement.CHANNEL, SMALL);

    assertThat(several.entries()).isGreaterThan(0.9 * one.entries());
    assertThat(several.busiestLog()).isLessThan(0.5);
    assertThat(several.lostClients()).isLessThan(one.lostClients());
    assertThat(several.lostSubscriptions()).isBetween(0.12, 0.13);
    assertThat(several.resumeBytes()).isGreaterThan(one.resumeBytes());
  }

  @Test
  void whoComesToTheServersOfItsLogHasThemReadThatLogAlone() throws Exception {
    Result anywhere = SeveralLogs.run(Placement.TENANT, SMALL);
    Result routed = SeveralLogs.run(Placement.ROUTED, SMALL);

    assertThat(routed.logsRead()).isEqualTo(1);
    assertThat(routed.entries()).isLessThan(anywhere.entries() / 4);
    assertThat(routed.useful()).isGreaterThan(anywhere.useful());
    assertThat(routed.positions()).isEqualTo(1);
  }
}
