package dev.drawbridge.dropin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A container in a class loader of its own, so that each has exactly its jars and none of
 * Drawbridge: those come from the web application.
 */
enum Container {
  JETTY_EE8(JettyHost.class, "jetty-ee8"),
  JETTY_EE10(JettyHost.class, "servlet-6.0"),
  JETTY_EE11(JettyHost.class, null),
  TOMCAT_9(TomcatHost.class, "tomcat-9"),
  TOMCAT_10(TomcatHost.class, "tomcat-10.1"),
  TOMCAT_11(TomcatHost.class, "tomcat-11"),
  /** All of its distribution, so with JSP, too. */
  TOMCAT_11_WHOLE(TomcatHost.class, whole("tomcat11.whole.version", "lib")),
  UNDERTOW(UndertowHost.class, null);

  private final Class<?> host;
  private final String folder;

  Container(Class<?> host, String folder) {
    this.host = host;
    this.folder = folder;
  }

  /** A started server with one web application at the root. */
  record Running(int port, AutoCloseable stop, URLClassLoader classes) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      try {
        stop.close();
      } catch (Exception e) {
        throw new IOException("the server does not stop", e);
      } finally {
        classes.close();
      }
    }
  }

  @SuppressWarnings("unchecked")
  Running start(WebApp webApp) throws Exception {
    URLClassLoader classes =
        new URLClassLoader(name(), urls(), ClassLoader.getPlatformClassLoader());
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(classes);
    try {
      Function<Path, Map.Entry<Integer, AutoCloseable>> server =
          (Function<Path, Map.Entry<Integer, AutoCloseable>>)
              classes.loadClass(host.getName()).getConstructor().newInstance();
      Map.Entry<Integer, AutoCloseable> started = server.apply(webApp.directory);
      return new Running(started.getKey(), started.getValue(), classes);
    } catch (Exception e) {
      classes.close();
      throw e;
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static String whole(String version, String folder) {
    return "../whole/apache-tomcat-" + System.getProperty(version) + "/" + folder;
  }

  private URL[] urls() throws IOException {
    List<Path> jars = new ArrayList<>();
    if (folder != null) {
      try (Stream<Path> files = Files.list(Path.of("target", "containers", folder))) {
        files.forEach(jars::add);
      }
    }
    if (this == TOMCAT_11_WHOLE) {
      jars.add(
          Path.of("target", "containers", whole("tomcat11.whole.version", "bin"))
              .resolve("tomcat-juli.jar"));
    }
    String[] entries = System.getProperty("java.class.path").split(java.io.File.pathSeparator, -1);
    for (String entry : entries) {
      if (isOnes(entry.replace('\\', '/'))) {
        jars.add(Path.of(entry));
      }
    }
    jars.add(hostClass());
    return jars.stream().map(Container::url).toArray(URL[]::new);
  }

  /** Only the host: the other test classes must come from the web application. */
  private Path hostClass() throws IOException {
    String file = host.getName().replace('.', '/');
    Path folder = Files.createTempDirectory(Path.of("target"), "host");
    Path packageFolder = Files.createDirectories(folder.resolve(file).getParent());
    Path source = Path.of("target", "test-classes").resolve(file).getParent();
    try (Stream<Path> classes = Files.list(source)) {
      for (Path one :
          classes
              .filter(c -> c.getFileName().toString().startsWith(host.getSimpleName()))
              .toList()) {
        Files.copy(one, packageFolder.resolve(one.getFileName()));
      }
    }
    return folder;
  }

  private boolean isOnes(String path) {
    return switch (this) {
      case JETTY_EE8 -> jetty(path, "/ee8/") || javax(path);
      case JETTY_EE10 ->
          (jetty(path, "/ee10/") || apis(path)) && !path.contains("/jakarta.servlet-api/");
      case JETTY_EE11 -> jetty(path, "/ee11/") || apis(path);
      case UNDERTOW -> undertow(path);
      case TOMCAT_9, TOMCAT_10, TOMCAT_11, TOMCAT_11_WHOLE -> false;
    };
  }

  /** Jetty's own jars, and those of one version of the APIs. */
  private static boolean jetty(String path, String ee) {
    boolean own =
        path.contains("/org/eclipse/jetty/")
            && !javax(path)
            && (path.contains(ee) || !path.matches(".*/org/eclipse/jetty/ee\\d+/.*"));
    return own || path.contains("/org/ow2/asm/") || path.contains("/org/slf4j/");
  }

  /** Jetty packs the APIs of EE 8 itself. */
  private static boolean javax(String path) {
    return path.contains("/toolchain/jetty-servlet-api/")
        || path.contains("/toolchain/jetty-javax-websocket-api/");
  }

  private static boolean undertow(String path) {
    return Stream.of("/io/undertow/", "/org/jboss/", "/org/wildfly/", "/io/smallrye/")
            .anyMatch(path::contains)
        || apis(path);
  }

  private static boolean apis(String path) {
    return path.contains("/jakarta/") || path.contains("/org/slf4j/");
  }

  private static URL url(Path jar) {
    try {
      return jar.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new UncheckedIOException(e);
    }
  }
}
