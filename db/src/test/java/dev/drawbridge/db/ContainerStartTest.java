package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Hashtable;
import java.util.concurrent.atomic.AtomicInteger;
import javax.naming.Context;
import javax.naming.InitialContext;
import javax.naming.spi.InitialContextFactory;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The start against a container's pool whose server is away. */
class ContainerStartTest {
  private static DataSource bound;

  /** The naming of a container, with one name. */
  public static final class OneName implements InitialContextFactory {
    @Override
    public Context getInitialContext(Hashtable<?, ?> environment) {
      return (Context)
          java.lang.reflect.Proxy.newProxyInstance(
              OneName.class.getClassLoader(),
              new Class<?>[] {Context.class},
              (proxy, method, arguments) -> method.getName().equals("lookup") ? bound : null);
    }
  }

  @BeforeEach
  void bind() {
    System.setProperty(InitialContext.INITIAL_CONTEXT_FACTORY, OneName.class.getName());
  }

  @AfterEach
  void unbind() {
    System.clearProperty(InitialContext.INITIAL_CONTEXT_FACTORY);
  }

  private static Throwable startWith(AtomicInteger attempts, String state, Duration wait) {
    ScriptedDataSource scripted = new ScriptedDataSource("jdbc:h2:mem:away");
    scripted.on(
        "getConnection",
        real -> {
          real.close();
          attempts.incrementAndGet();
          throw new SQLException("away", state);
        });
    bound = scripted.dataSource();
    DatabaseConfig config = DatabaseConfig.builder().jndi("java:app").startWait(wait).build();
    return catchThrowable(() -> Database.open(config).close());
  }

  @ParameterizedTest
  @CsvSource({"08001, 12", "28000, 2"})
  void theStartPausesBetweenItsAttempts(String state, int most) {
    AtomicInteger attempts = new AtomicInteger();

    Throwable thrown = startWith(attempts, state, Duration.ofSeconds(2));

    assertThat(thrown)
        .isInstanceOf(DbUnavailableException.class)
        .hasMessageContaining("must answer within PT2S");
    assertThat(attempts.get()).isBetween(2, most);
  }

  @Test
  void anInterruptedStartEndsAtOnce() {
    AtomicInteger attempts = new AtomicInteger();
    Thread.currentThread().interrupt();

    Throwable thrown = startWith(attempts, "08001", Duration.ofMinutes(5));

    assertThat(thrown).isInstanceOf(DbUnavailableException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(attempts).hasValue(1);
  }
}
