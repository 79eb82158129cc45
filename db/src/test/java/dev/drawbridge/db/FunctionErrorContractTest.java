package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import java.sql.SQLException;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** A function of the database chooses state and text of its errors; neither shows a bound value. */
@ParameterizedClass
@MethodSource("everywhere")
class FunctionErrorContractTest extends PooledFixture {
  private static final String SECRET = "s3cret-Value";

  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private Logger root;
  private Level before;

  /** Called by H2. */
  public static String fail(String state, String value) throws SQLException {
    throw new SQLException("no " + value + " here", state, 1);
  }

  @BeforeEach
  void listen() {
    root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    before = root.getLevel();
    root.setLevel(Level.DEBUG);
    logged.start();
    root.addAppender(logged);
    switch (server) {
      case H2 -> execute("CREATE ALIAS fail FOR \"" + getClass().getName() + ".fail\"");
      case POSTGRESQL ->
          execute(
              "CREATE FUNCTION fail(state TEXT, value TEXT) RETURNS TEXT AS $$ BEGIN"
                  + " RAISE EXCEPTION 'no % here', value USING ERRCODE = state,"
                  + " CONSTRAINT = value, COLUMN = value, TABLE = value; END $$"
                  + " LANGUAGE plpgsql");
      default ->
          execute(
              "CREATE FUNCTION fail(state VARCHAR(5), value VARCHAR(100)) RETURNS VARCHAR(100)"
                  + " DETERMINISTIC BEGIN DECLARE t VARCHAR(200);"
                  + " SET t = CONCAT('Duplicate entry 1 for key ', value);"
                  + " CASE state"
                  + STATES.stream()
                      .map(
                          state ->
                              " WHEN '"
                                  + state
                                  + "' THEN SIGNAL SQLSTATE '"
                                  + state
                                  + "' SET MESSAGE_TEXT = t, MYSQL_ERRNO = 1146;")
                      .reduce("", String::concat)
                  + " END CASE; RETURN t; END");
    }
  }

  private static final List<String> STATES =
      List.of(
          "08006", "0A000", "23505", "23502", "25006", "26000", "28000", "40001", "42000", "42601",
          "42P01", "42501", "57014", "57P01", "3D000", "HY000", "07006");

  @AfterEach
  void stopListening() {
    root.detachAppender(logged);
    root.setLevel(before);
  }

  @Test
  void whatAFunctionRaisesShowsNoBoundValue() {
    SoftAssertions all = new SoftAssertions();
    for (String state : STATES) {
      Throwable thrown;
      try (DbSession session = database.openSession()) {
        thrown =
            catchThrowable(
                () ->
                    session
                        .query("SELECT fail('" + state + "', ?) AS x", SECRET)
                        .one(row -> row.string("x")));
      }

      all.assertThat(thrown).as(state).isInstanceOf(DbException.class);
      all.assertThat(TestDatabases.stackTrace(thrown)).as(state).doesNotContainIgnoringCase(SECRET);
      if (thrown instanceof DbConstraintException constraint) {
        all.assertThat(constraint.constraint() + "" + constraint.table() + constraint.column())
            .as(state)
            .doesNotContainIgnoringCase(SECRET);
      }
    }
    all.assertAll();
    assertThat(soFar())
        // the server and the driver print logs of their own, this one at debug only
        .filteredOn(
            event -> !event.getLoggerName().matches(".*EmbeddedPostgres|org[.]mariadb[.].*"))
        .allSatisfy(
            event ->
                assertThat(
                        event.getFormattedMessage()
                            + (event.getThrowableProxy() == null
                                ? ""
                                : ThrowableProxyUtil.asString(event.getThrowableProxy())))
                    .doesNotContainIgnoringCase(SECRET));
  }

  /** A copy: threads of the pool and of the servers go on logging. */
  private List<ILoggingEvent> soFar() {
    synchronized (logged) {
      return List.copyOf(logged.list);
    }
  }
}
