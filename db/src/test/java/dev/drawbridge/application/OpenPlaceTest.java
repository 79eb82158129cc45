package dev.drawbridge.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.db.TestDatabases;
import dev.drawbridge.testservers.TestServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The place that opened a session, which costs more to look up than all else of it. */
class OpenPlaceTest {
  private static final int FIRST = 1_000;

  private static Database database(int poolSize) {
    return Database.open(
        TestDatabases.config(TestServer.H2.newDatabase()).poolSize(poolSize).build());
  }

  private static String opened(Database database) {
    try (DbSession session = database.openSession()) {
      return session.toString();
    }
  }

  @Test
  void itIsKnownOfTheFirstThousandAndLaterOfOneInSixteen() {
    try (Database database = database(10)) {
      for (int i = 0; i < FIRST - 1; i++) {
        assertThat(opened(database)).contains("opened at dev.drawbridge.application.OpenPlaceTest");
      }

      int known = 0;
      for (int i = 0; i < 3_200; i++) {
        String session = opened(database);
        known += session.contains("opened at") ? 1 : 0;
        assertThat(session)
            .contains("OpenPlaceTest.java:")
            .contains("'" + Thread.currentThread().getName() + "'");
      }

      assertThat(known).isBetween(100, 320);
    }
  }

  @Test
  void itIsKnownOfEverySessionWhileHalfOfThePoolIsInUse() {
    try (Database database = database(6)) {
      for (int i = 0; i < FIRST; i++) {
        database.openSession().close();
      }
      List<DbSession> kept = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        kept.add(database.openSession());
      }

      assertThat(kept.subList(3, 6))
          .allSatisfy(session -> assertThat(session.toString()).contains("opened at"));
      kept.forEach(DbSession::close);
    }
  }
}
