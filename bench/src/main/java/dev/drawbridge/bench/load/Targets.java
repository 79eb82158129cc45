package dev.drawbridge.bench.load;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;

/** Starts the servers that are compared. */
final class Targets {
  private static final String OURS = "dev.drawbridge.bench.BenchServer";
  private static final String OURS_IN_TOMCAT = "dev.drawbridge.bench.TomcatBenchServer";

  /** Drawbridge as it was: another working tree, built with its own {@code bench/run.sh}. */
  static final String BEFORE = "Drawbridge before";

  private Targets() {}

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

  private static String classPath(Path tree) throws IOException {
    Path target = tree.resolve("bench/target");
    return target.resolve("classes")
        + File.pathSeparator
        + Files.readString(target.resolve("classpath")).strip();
  }

  static Target start(String name, int users, Arguments arguments)
      throws IOException, GeneralSecurityException {
    // The same for all; no other switch, as most are started.
    String classPath =
        name.equals("before")
            ? classPath(Path.of(arguments.required("before")))
            : System.getProperty("java.class.path");
    List<String> jvm =
        new ArrayList<>(List.of("-Xmx" + arguments.text("heap", "1g"), "-cp", classPath));
    String more = arguments.text("jvm", null);
    if (more != null) {
      jvm.addAll(List.of(more.split(" ")));
    }
    Tokens hmac = Tokens.hmac(Tokens.SECRET);
    String crowd = String.valueOf(users);
    switch (name) {
      case "bare" -> {
        return Target.start("bare Jetty", hmac, false, false, jvm, BareJetty.class.getName());
      }
      case "greeting" -> {
        return Target.start(
            "bare Jetty that greets",
            hmac,
            false,
            true,
            jvm,
            BareJetty.class.getName(),
            "--greeting",
            "true");
      }
      case "hand" -> {
        return Target.start(
            "hand-written jose4j + JDBC",
            hmac,
            true,
            false,
            jvm,
            HandWritten.class.getName(),
            "--secret",
            Tokens.SECRET,
            "--users",
            crowd);
      }
      case "tomcat-hand" -> {
        return Target.start(
            "hand-written in Tomcat",
            hmac,
            true,
            false,
            jvm,
            HandWrittenInTomcat.class.getName(),
            "--secret",
            Tokens.SECRET,
            "--users",
            crowd);
      }
      case "tomcat" -> {
        return Target.start(
            "Drawbridge in Tomcat",
            hmac,
            true,
            true,
            jvm,
            OURS_IN_TOMCAT,
            "--secret",
            Tokens.SECRET,
            "--users",
            crowd);
      }
      case "war" -> {
        List<String> ordinary =
            new ArrayList<>(
                List.of("-Dbench.ordinary=true", "-Xmx" + arguments.text("heap", "1g")));
        if (more != null) {
          ordinary.addAll(List.of(more.split(" ")));
        }
        return Target.start(
            "Drawbridge, WAR in jetty-home, ordinary handler",
            hmac,
            true,
            true,
            JettyHome.command(
                ordinary, classPath, List.of("--secret", Tokens.SECRET, "--users", crowd)));
      }
      case "bun" -> {
        return Target.start(
            "Bun's own server",
            hmac,
            true,
            false,
            List.of(
                arguments.text("bun", "bench/target/channels/node_modules/.bin/bun"),
                "bench/channels/bun-echo.mjs",
                "--secret",
                Tokens.SECRET,
                "--users",
                crowd));
      }
      case "ordinary" -> {
        jvm.add(0, "-Dbench.ordinary=true");
        return Target.start(
            "Drawbridge, ordinary handler",
            hmac,
            true,
            true,
            jvm,
            OURS,
            "--secret",
            Tokens.SECRET,
            "--users",
            crowd);
      }
      case "before", "hs256" -> {
        return Target.start(
            name.equals("before") ? BEFORE : "Drawbridge, HS256",
            hmac,
            true,
            true,
            jvm,
            OURS,
            "--secret",
            Tokens.SECRET,
            "--users",
            crowd);
      }
      case "rs256" -> {
        Path key = Compare.scratch().resolve("public.pem");
        return Target.start(
            "Drawbridge, RS256",
            Tokens.rsa(key),
            true,
            true,
            jvm,
            OURS,
            "--public-key",
            key.toString(),
            "--users",
            crowd);
      }
      default -> throw new IllegalArgumentException("no such target: " + name);
    }
  }
}
