package dev.drawbridge.testservers;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;

/** A PostgreSQL of its own that can go away and come back with its data, on the same port. */
public final class RestartablePostgres implements AutoCloseable {
  private final int port = freePort();
  private final File data = Servers.directory("postgres-" + port);

  /** Null while it is stopped. */
  private EmbeddedPostgres server;

  /** Starts it; returns when it answers. */
  public void start() {
    try {
      server =
          EmbeddedPostgres.builder()
              .setOverrideWorkingDirectory(Servers.directory("postgres"))
              .setDataDirectory(data)
              .setCleanDataDirectory(false)
              .setPort(port)
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stops it at once; open connections break. */
  public void stop() {
    try {
      if (server != null) {
        server.close();
      }
      server = null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where it listens, whether it runs or not. */
  public int port() {
    return port;
  }

  /** Its only database. */
  public String url() {
    return "jdbc:postgresql://localhost:" + port + "/postgres";
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    stop();
  }
}
