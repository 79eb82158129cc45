package dev.drawbridge.bench.load.cluster;

import dev.drawbridge.bench.load.Target;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;

/**
 * A PostgreSQL that writes each commit to the disk, as one of an application does, on the servers'
 * processor. Used by one thread.
 */
final class PostgresServer implements Carrier {
  private final EmbeddedPostgres server;

  PostgresServer() throws IOException {
    server =
        EmbeddedPostgres.builder()
            .setServerConfig("fsync", "on")
            .setServerConfig("full_page_writes", "on")
            .setServerConfig("synchronous_commit", "on")
            .start();
    pin();
    Migrations.builder().url(url()).mode(Mode.MIGRATE).build().run();
  }

  /** What it starts from now on is where it is. */
  private void pin() throws IOException {
    if (Target.pin().isEmpty()) {
      return;
    }
    for (long pid : processes()) {
      new ProcessBuilder("taskset", "-acp", Target.pin().get(2), "" + pid)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .onExit()
          .join();
    }
  }

  private long[] processes() {
    return ProcessHandle.current()
        .descendants()
        .filter(process -> process.info().command().orElse("").endsWith("/postgres"))
        .mapToLong(ProcessHandle::pid)
        .toArray();
  }

  @Override
  public String url() {
    return server.getJdbcUrl("postgres", "postgres");
  }

  /** Of those of its processes that are there now. */
  @Override
  public long cpuNanos() {
    long all = 0;
    for (long pid : processes()) {
      all += Target.cpuNanos(pid);
    }
    return all;
  }

  @Override
  public void kill() {
    throw new UnsupportedOperationException("tests of cluster-sql do so");
  }

  @Override
  public void startAgain() {
    throw new UnsupportedOperationException("tests of cluster-sql do so");
  }

  @Override
  public long calls() {
    return -1;
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      System.err.println("PostgreSQL has not ended: " + e);
    }
  }
}
