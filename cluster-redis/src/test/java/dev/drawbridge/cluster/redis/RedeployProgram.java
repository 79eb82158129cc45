package dev.drawbridge.cluster.redis;

import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.io.File;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Deploys an application with its own copies of the bundle and of Jedis again and again, and tells
 * what stays. Run in a JVM of its own; see RedeployTest.
 */
final class RedeployProgram {

  private static final Pattern CONTAINER =
      Pattern.compile(
          "(qtp|Scheduler-|HttpClient-|ForkJoinPool|C[12] Compiler|Attach Listener|process"
              + " reaper).*");

  /** What stands in {@code WEB-INF/lib}; the rest is the container's. */
  private static final List<String> OF_THE_APPLICATION =
      List.of(
          "dev.drawbridge.",
          "redis.clients.",
          "org.apache.commons.pool2.",
          "com.google.gson.",
          "org.json.",
          "com.fasterxml.",
          "com.github.benmanes.",
          "com.zaxxer.",
          "org.jose4j.");

  /** As a container's loader of a web application. */
  private static final class Application extends URLClassLoader {
    private Application() {
      super(
          Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
              .map(Application::url)
              .toArray(URL[]::new),
          RedeployProgram.class.getClassLoader());
    }

    private static URL url(String path) {
      try {
        return Path.of(path).toUri().toURL();
      } catch (MalformedURLException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (OF_THE_APPLICATION.stream().noneMatch(name::startsWith)) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> known = findLoadedClass(name);
        return known == null ? findClass(name) : known;
      }
    }
  }

  /** What happens to Redis while the application runs. */
  private interface Trouble {
    void at(RedisProcess redis) throws Exception;
  }

  private static WeakReference<ClassLoader> deploy(RedisProcess redis, Trouble trouble)
      throws Exception {
    Application application = new Application();
    Class<?> type = Class.forName(TestNode.class.getName(), true, application);
    if (type.getClassLoader() != application) {
      throw new IllegalStateException("the application does not have classes of its own");
    }
    Object node =
        call(
            application,
            Class.forName(RedisNodes.class.getName(), true, application)
                .getDeclaredMethod("start", String.class, String[].class),
            null,
            "redis://127.0.0.1:" + redis.port(),
            new String[] {"DRAWBRIDGE_CONNECTIONS_PER_USER_SCOPE", "cluster"});
    Object port = call(application, type.getDeclaredMethod("port"), node);
    URI uri = URI.create("ws://127.0.0.1:" + port + "/ws");
    RecordingClient alice = RecordingClient.connect(uri, new TestTokens().of("alice"));
    alice.subscribe("room:1", "~");
    alice.send(
        "publish",
        "p1",
        "room:1",
        Map.of("type", "chat.message", "data", Map.of("n", 1), "key", "k" + System.nanoTime()));
    alice.expect("chat.message");
    alice.expect("ack");
    trouble.at(redis);
    call(application, type.getDeclaredMethod("close"), node);
    alice.forget();
    alice.abort();
    application.close();
    return new WeakReference<>(application);
  }

  /** What is called may make threads, which keep the class loader that they find. */
  private static Object call(
      ClassLoader application, Method method, Object target, Object... arguments) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(application);
    try {
      method.setAccessible(true);
      return method.invoke(target, arguments);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  public static void main(String[] arguments) {
    try (RedisProcess redis = RedisProcess.start()) {
      run(redis, Integer.parseInt(arguments[0]));
    } catch (Exception | Error e) {
      e.printStackTrace(System.out);
    } finally {
      // The server's threads would keep the JVM.
      System.exit(0);
    }
  }

  private static void run(RedisProcess redis, int rounds) throws Exception {
    // The first start of all brings the container's own threads.
    deploy(redis, nothing -> {});
    Set<String> before = threads();
    List<WeakReference<ClassLoader>> all = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      all.add(deploy(redis, nothing -> {}));
    }
    all.add(deploy(redis, server -> server.freeze(true)));
    redis.freeze(false);
    all.add(deploy(redis, RedisProcess::kill));
    redis.startAgain();
    // What a thread has of the last one goes with the next.
    deploy(redis, nothing -> {});
    tell(all, before);
  }

  private static void tell(List<WeakReference<ClassLoader>> all, Set<String> before) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    long collected;
    Set<String> left;
    do {
      System.gc();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
      collected = all.stream().filter(loader -> loader.get() == null).count();
      left = threads();
      left.removeAll(before);
    } while ((collected < all.size() || !left.isEmpty()) && System.nanoTime() < deadline);
    System.out.printf(
        "%d deployed, %d class loaders collected, threads left: %s%n", all.size(), collected, left);
  }

  /** All but those of Jetty's pool, of the clients here and of the JVM, which come and go. */
  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> !CONTAINER.matcher(name).matches())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
