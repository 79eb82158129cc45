package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.internal.channels.presence.Servers;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.jspecify.annotations.Nullable;

/** What this process is called, for people who look at several servers. */
final class ThisServer {
  /** Asks no name server, which {@link InetAddress} does even for the machine itself. */
  private static final Path OF_LINUX = Path.of("/proc/sys/kernel/hostname");

  private ThisServer() {}

  static Servers.About about(Clock clock) {
    return new Servers.About(
        name(),
        ProcessHandle.current().pid(),
        ThisServer.class.getPackage().getImplementationVersion(),
        clock.millis(),
        null);
  }

  private static @Nullable String name() {
    try {
      return Files.isReadable(OF_LINUX)
          ? Files.readString(OF_LINUX).strip()
          : InetAddress.getLocalHost().getHostName();
    } catch (IOException e) {
      return null;
    }
  }
}
