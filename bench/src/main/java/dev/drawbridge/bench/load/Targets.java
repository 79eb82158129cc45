package dev.drawbridge.bench.load;

import dev.drawbridge.bench.load.server.Arguments;
import dev.drawbridge.bench.load.server.BareJetty;
import dev.drawbridge.bench.load.server.HandWritten;
import dev.drawbridge.bench.load.server.HandWrittenInTomcat;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Starts the servers that are compared, all with the same users, heap and switches of the JVM. */
public final class Targets {
  private static final String OURS = "dev.drawbridge.bench.BenchServer";
  private static final String OURS_IN_TOMCAT = "dev.drawbridge.bench.TomcatBenchServer";

  /** Drawbridge as it was: another working tree, built with its own {@code bench/run.sh}. */
  static final String BEFORE = "Drawbridge before";

  static final String BARE = "bare Jetty";
  static final String BUN = "Bun's own server";

  private final Arguments arguments;
  private final String users;
  private final Tokens hmac;

  private Targets(int users, Arguments arguments) throws GeneralSecurityException {
    this.arguments = arguments;
    this.users = String.valueOf(users);
    this.hmac = Tokens.hmac(Tokens.SECRET);
  }

  static List<Target> start(List<String> names, int users, Arguments arguments)
      throws IOException, GeneralSecurityException {
    List<Target> targets = new ArrayList<>();
    try {
      for (String name : names) {
        targets.add(start(name, users, arguments));
      }
      return targets;
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      targets.forEach(Target::close);
      throw e;
    }
  }

  /**
   * Starts one.
   *
   * @param name as README.md lists them
   * @param users how many there are
   */
  public static Target start(String name, int users, Arguments arguments)
      throws IOException, GeneralSecurityException {
    return new Targets(users, arguments).start(name);
  }

  private Target start(String name) throws IOException, GeneralSecurityException {
    return switch (name) {
      case "bare" -> bare(BARE, false);
      case "greeting" -> bare("bare Jetty that greets", true);
      case "hand" -> byHand("hand-written jose4j + JDBC", HandWritten.class);
      case "tomcat-hand" -> byHand("hand-written in Tomcat", HandWrittenInTomcat.class);
      case "tomcat" -> ours("Drawbridge in Tomcat", jvm(), OURS_IN_TOMCAT);
      case "hs256" -> ours("Drawbridge, HS256", jvm(), OURS);
      case "ordinary" -> ours("Drawbridge, ordinary handler", jvm("-Dbench.ordinary=true"), OURS);
      case "before" -> {
        List<String> jvm = options("-cp", classPath(Path.of(arguments.required("before"))));
        yield ours(BEFORE, jvm, OURS);
      }
      case "rs256" -> rs256();
      case "war" -> war();
      case "quarkus" -> quarkus();
      case "bun" -> bun();
      default -> throw new IllegalArgumentException("no such target: " + name);
    };
  }

  private static String classPath(Path tree) throws IOException {
    Path target = tree.resolve("bench/target");
    return target.resolve("classes")
        + File.pathSeparator
        + Files.readString(target.resolve("classpath")).strip();
  }

  /** Of a server on the class path of this program. */
  private List<String> jvm(String... more) {
    List<String> options = options("-cp", System.getProperty("java.class.path"));
    options.addAll(List.of(more));
    return options;
  }

  /** The same for all; no other switch, as most are started. */
  private List<String> options(String... last) {
    List<String> options = new ArrayList<>(List.of("-Xmx" + arguments.text("heap", "1g")));
    String more = arguments.text("jvm", null);
    if (more != null) {
      options.addAll(List.of(more.split(" ")));
    }
    options.addAll(List.of(last));
    return options;
  }

  private Target bare(String name, boolean greets) throws IOException {
    String main = BareJetty.class.getName();
    String greeting = String.valueOf(greets);
    return Target.start(name, hmac, false, greets, jvm(), main, "--greeting", greeting);
  }

  private Target byHand(String name, Class<?> main) throws IOException {
    String type = main.getName();
    return Target.start(
        name, hmac, true, false, jvm(), type, "--secret", Tokens.SECRET, "--users", users);
  }

  private Target ours(String name, List<String> jvm, String main) throws IOException {
    return Target.start(
        name, hmac, true, true, jvm, main, "--secret", Tokens.SECRET, "--users", users);
  }

  private Target rs256() throws IOException, GeneralSecurityException {
    Path key = scratch().resolve("public.pem");
    Tokens tokens = Tokens.rsa(key);
    String pem = key.toString();
    return Target.start(
        "Drawbridge, RS256",
        tokens,
        true,
        true,
        jvm(),
        OURS,
        "--public-key",
        pem,
        "--users",
        users);
  }

  private Target war() throws IOException {
    List<String> command =
        JettyHome.command(
            options("-Dbench.ordinary=true"),
            System.getProperty("java.class.path"),
            List.of("--secret", Tokens.SECRET, "--users", users));
    return Target.start(
        "Drawbridge, WAR in jetty-home, ordinary handler", hmac, true, true, command);
  }

  /** The project beside this one, as {@code bench/run.sh} builds it. */
  private Target quarkus() throws IOException {
    byte[] secret = Tokens.SECRET.getBytes(StandardCharsets.UTF_8);
    String key = Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    List<String> command = new ArrayList<>(List.of(Target.java()));
    command.addAll(
        options(
            "-Dbench.users=" + users,
            "-Dsmallrye.jwt.verify.secretkey={\"kty\":\"oct\",\"k\":\"" + key + "\"}",
            "-jar",
            arguments.text("quarkus", "bench/target/quarkus/quarkus-app/quarkus-run.jar")));
    return Target.start("Quarkus WebSockets Next", hmac, true, false, command);
  }

  private Target bun() throws IOException {
    return Target.start(
        BUN,
        hmac,
        true,
        false,
        List.of(
            arguments.text("bun", "bench/target/channels/node_modules/.bin/bun"),
            "bench/channels/bun-echo.mjs",
            "--secret",
            Tokens.SECRET,
            "--users",
            users));
  }

  /** Where the driver writes what its targets read, such as a public key. */
  static Path scratch() throws IOException {
    return Files.createTempDirectory("drawbridge-bench");
  }
}
