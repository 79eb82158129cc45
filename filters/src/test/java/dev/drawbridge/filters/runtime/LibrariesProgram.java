package dev.drawbridge.filters.runtime;

import dev.drawbridge.filters.cors.DevCorsFilter;
import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;

/** Starts the filter twice with whatever libraries it was given, and says how that went. */
final class LibrariesProgram {
  private LibrariesProgram() {}

  public static void main(String[] arguments) throws Exception {
    for (int i = 0; i < 2; i++) {
      Server server = new Server(0);
      ServletContextHandler context = new ServletContextHandler("/");
      context.addFilter(
          new FilterHolder(DevCorsFilter.class), "/*", EnumSet.of(DispatcherType.REQUEST));
      server.setHandler(context);
      try {
        server.start();
        System.out.println("started");
      } catch (Exception | LinkageError e) {
        System.out.println("refused: " + e);
      } finally {
        server.stop();
      }
    }
  }
}
