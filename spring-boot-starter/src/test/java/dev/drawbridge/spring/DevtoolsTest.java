package dev.drawbridge.spring;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.spring.RunningApplication.Part;
import dev.drawbridge.testing.Ports;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application that spring-boot-devtools starts anew, in its JVM, whenever a class changes, as it
 * is while somebody works on it. In a process of its own: the restarter is one for each JVM.
 */
class DevtoolsTest {
  /** Answers with its number and with what the JVM still holds of the ones before it. */
  private static final String SOURCE =
      """
      package com.example.restarted;

      import dev.drawbridge.db.user.User;
      import dev.drawbridge.db.user.UserSource;
      import dev.drawbridge.endpoint.Connections;
      import dev.drawbridge.endpoint.Endpoint;
      import java.lang.management.ManagementFactory;
      import java.util.*;
      import java.util.function.Consumer;
      import javax.management.ObjectName;
      import org.springframework.boot.SpringApplication;
      import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
      import org.springframework.context.annotation.Bean;

      @EnableAutoConfiguration
      public class RestartedApplication {
        public static void main(String[] arguments) {
          SpringApplication.run(RestartedApplication.class, arguments);
        }

        @Bean
        UserSource users() {
          return subject -> Optional.of(User.of(subject, subject, Set.of("USER")));
        }

        public record Look(int version, int connections, List<String> threads, int loaders,
            int servlets, List<String> beans, String loader) {}

        @Bean
        Consumer<Endpoint.Builder> look(Connections connections) {
          return endpoint ->
              endpoint.on(
                  "look",
                  Void.class,
                  (none, connection) ->
                      new Look(
                          VERSION,
                          connections.size(),
                          Thread.getAllStackTraces().keySet().stream()
                              .map(Thread::getName)
                              .filter(name -> name.startsWith("drawbridge-"))
                              .map(name -> name.replaceAll("-\\\\d+$", ""))
                              .sorted()
                              .toList(),
                          count("org.springframework.boot.devtools.restart.classloader.RestartClassLoader"),
                          count("dev.drawbridge.spring.internal.EndpointServlet"),
                          ManagementFactory.getPlatformMBeanServer()
                              .queryNames(new ObjectName("dev.drawbridge*:*"), null)
                              .stream().map(ObjectName::toString).sorted().toList(),
                          getClass().getClassLoader().getClass().getSimpleName()));
        }

        /** How many objects of exactly this class there are, after a collection. */
        private static int count(String type) throws Exception {
          String histogram =
              (String)
                  ManagementFactory.getPlatformMBeanServer()
                      .invoke(
                          new ObjectName("com.sun.management:type=DiagnosticCommand"),
                          "gcClassHistogram",
                          new Object[] {new String[0]},
                          new String[] {String[].class.getName()});
          for (String line : histogram.split("\\n")) {
            String[] cells = line.strip().split(" +");
            if (cells.length > 3 && cells[3].equals(type)) {
              return Integer.parseInt(cells[1]);
            }
          }
          return 0;
        }
      }
      """;

  @TempDir private Path folder;
  private Process process;
  private int port;

  private void compile(int version) throws IOException {
    Path source =
        Files.writeString(
            Files.createDirectories(folder.resolve("src")).resolve("RestartedApplication.java"),
            SOURCE.replace("VERSION", Integer.toString(version)));
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-parameters",
                "-cp",
                classPath(),
                "-d",
                Files.createDirectories(folder.resolve("classes")).toString(),
                source.toString());
    assertThat(status).isZero();
  }

  /** Of an application with Tomcat and nothing else; Drawbridge counts as jars, as it would be. */
  private String classPath() throws IOException {
    Path settings = Files.createDirectories(folder.resolve("settings").resolve("META-INF"));
    Files.writeString(
        settings.resolve("spring-devtools.properties"),
        "restart.exclude.others=.*/(target/(test-)?classes|settings)/\n");
    List<String> absent = new ArrayList<>();
    for (Part part : Part.values()) {
      if (part != Part.TOMCAT) {
        absent.addAll(part.jars());
      }
    }
    absent.addAll(List.of("/cluster-redis/target/", "target/test-classes"));
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Arrays.stream(path.split(File.pathSeparator, -1))
            .filter(entry -> absent.stream().noneMatch(entry::contains))
            .map(entry -> Path.of(entry).toAbsolutePath().toString())
            .collect(Collectors.joining(File.pathSeparator))
        + File.pathSeparator
        + System.getProperty("devtools.jar")
        + File.pathSeparator
        + settings.getParent();
  }

  private void start() throws IOException {
    port = Ports.free();
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                // What is kept only as long as there is room counts as gone.
                "-XX:SoftRefLRUPolicyMSPerMB=0",
                "-cp",
                folder.resolve("classes") + File.pathSeparator + classPath(),
                "com.example.restarted.RestartedApplication",
                "--server.port=" + port,
                "--spring.main.banner-mode=off",
                "--spring.devtools.livereload.enabled=false",
                "--spring.devtools.restart.poll-interval=160ms",
                "--spring.devtools.restart.quiet-period=150ms"));
    command.addAll(RunningApplication.DEV);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile());
    process = builder.start();
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (process != null) {
      process.destroy();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }

  private JsonNode lookAt(int version) {
    AtomicReference<JsonNode> seen = new AtomicReference<>();
    eventually(
        "version " + version + " answers",
        () -> {
          if (!process.isAlive()) {
            throw new IllegalStateException(log());
          }
          try (RecordingClient client = connect("looker")) {
            seen.set(client.request("look", null).data());
            client.leave();
          } catch (RuntimeException | AssertionError notYet) {
            return false;
          }
          return seen.get().path("version").asInt() == version;
        });
    return seen.get();
  }

  private RecordingClient connect(String subject) {
    return RecordingClient.connect(
        URI.create("ws://localhost:" + port + "/ws"), RunningApplication.TOKENS.of(subject));
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void aRestartClosesConnectionsServesTheNewCodeAndLeavesNothingBehind() throws Exception {
    // On Boot 4 it takes as long and shows the same: with -Ddevtools.all=true.
    assumeTrue(
        System.getProperty("boot.version", "3").startsWith("3")
            || Boolean.getBoolean("devtools.all"));
    compile(1);
    start();
    JsonNode first = lookAt(1);

    JsonNode last = first;
    for (int version = 2; version <= 3; version++) {
      try (RecordingClient alice = connect("alice")) {
        compile(version);
        alice.expect("drain");
        alice.expectClose(1012);
      }
      last = lookAt(version);
    }

    assertThat(first.path("loader").asText()).isEqualTo("RestartClassLoader");
    assertThat(last.path("connections").asInt()).isEqualTo(1);
    assertThat(last.path("threads")).isEqualTo(first.path("threads"));
    assertThat(last.path("beans")).isEqualTo(first.path("beans"));
    assertThat(last.path("servlets").asInt()).as(log()).isEqualTo(1);
    // The present one, and the first: Spring's own shutdown hook is a thread of that one.
    assertThat(last.path("loaders").asInt()).as(log()).isLessThanOrEqualTo(2);
    assertThat(log())
        .doesNotContain("ERROR")
        .doesNotContainPattern("WARN(?!.*handshake refused: draining)");
  }
}
