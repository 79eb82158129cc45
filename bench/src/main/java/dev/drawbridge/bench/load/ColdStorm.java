package dev.drawbridge.bench.load;

import dev.drawbridge.bench.load.server.Arguments;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * What users meet when a server has been restarted: a server is started, everybody comes as soon as
 * it answers, all are cut, and everybody comes again. Each round has new servers, all targets in
 * turn. Prints a table in Markdown; the arguments stand in README.md.
 */
public final class ColdStorm {
  private static final long PATIENCE_NANOS = 180_000_000_000L;
  private static final long FIRST_NANOS = 10_000_000_000L;
  private static final long REST_NANOS = 3_000_000_000L;
  private static final int PROBE_MILLIS = 60_000;

  /** In the options of a target: with an archive of classes that a run before has made. */
  private static final String CDS = "+cds";

  /** The same with what JDK 25 keeps beside them. */
  private static final String AOT = "+aot";

  private final Arguments arguments;
  private final int count;
  private final int atOnce;

  /** The same for all servers: signed before any of them starts. */
  private final List<byte[]> handshakes = new ArrayList<>();

  /** What to put for {@value #CDS} and {@value #AOT}, by the target that was trained. */
  private final Map<String, String> archives = new HashMap<>();

  private ColdStorm(Arguments arguments) throws GeneralSecurityException {
    this.arguments = arguments;
    this.count = arguments.number("size", 5000);
    this.atOnce = arguments.number("at-once", 1000);
    Tokens tokens = Tokens.hmac(Tokens.SECRET);
    for (int i = 0; i < count; i++) {
      handshakes.add(Tokens.handshake(tokens.of("user-" + i), "authorization"));
    }
  }

  /** Runs {@code --rounds} of {@code --targets}, which are separated by semicolons. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args);
    if (Boolean.parseBoolean(arguments.text("jars", "false"))) {
      // An archive of classes wants jars.
      System.setProperty("java.class.path", jars(System.getProperty("java.class.path")));
    }
    new ColdStorm(arguments).run();
  }

  private void run() throws Exception {
    List<String> specs = List.of(arguments.text("targets", "bare;hs256").split(";", -1));
    // The driver is not what is to be cold.
    try (Target driven = target("bare")) {
      storm(driven, Math.min(count, 1000));
    }
    Map<String, List<Row>> rows = new LinkedHashMap<>();
    for (int round = 0; round < arguments.number("rounds", 3); round++) {
      for (int i = 0; i < specs.size(); i++) {
        // Forth and back, so that what drifts meets all alike.
        String spec = specs.get(round % 2 == 0 ? i : specs.size() - 1 - i);
        Row row = measure(spec);
        System.err.println(spec + ": " + row);
        rows.computeIfAbsent(spec, unused -> new ArrayList<>()).add(row);
      }
    }
    System.out.printf(
        "%n%d come at once, %d handshakes under way at most; median (least to most)%n%n| target |"
            + " ready after s | | all in after s | in after 10 s | refused | p50 | p99 | most ms |"
            + " CPU µs per handshake |%n|---|---|---|---|---|---|---|---|---|---|---|%n",
        count, atOnce);
    rows.forEach(ColdStorm::print);
  }

  private record Row(double ready, double readyCpu, Storm cold, Storm warm) {}

  private record Storm(
      double seconds,
      int inFirst,
      int lost,
      double p50,
      double p99,
      double most,
      double cpuMicros) {}

  /** A target by its name, and behind it options of its JVM alone. */
  private Target target(String spec) throws Exception {
    String[] parts = spec.strip().split(" ", 2);
    Map<String, String> values = new HashMap<>(arguments.values());
    if (parts.length > 1) {
      String own = archived(spec, parts[0], parts[1]);
      values.merge("jvm", own, (all, more) -> all + " " + more);
    }
    return Targets.start(parts[0], count, new Arguments(Map.copyOf(values)));
  }

  /** The options with the archive that one run of the target has made, where they ask for one. */
  private String archived(String spec, String name, String options) throws Exception {
    String word = options.contains(CDS) ? CDS : AOT;
    if (!options.contains(word)) {
      return options;
    }
    String archive = archives.get(spec);
    if (archive == null) {
      archive = Targets.scratch().resolve("classes.archive").toString();
      String training = word.equals(CDS) ? "-XX:ArchiveClassesAtExit=" : "-XX:AOTCacheOutput=";
      try (Target trained = target(name + " " + options.replace(word, training + archive))) {
        awaitAnswer(trained.port());
        storm(trained, count);
      }
      archives.put(spec, archive);
    }
    return options.replace(
        word, (word.equals(CDS) ? "-XX:SharedArchiveFile=" : "-XX:AOTCache=") + archive);
  }

  private Row measure(String spec) throws Exception {
    String options = spec.contains(" ") ? spec.substring(spec.indexOf(' ') + 1) : "";
    archived(spec, spec.split(" ", 2)[0], options);
    long began = System.nanoTime();
    try (Target target = target(spec)) {
      awaitAnswer(target.port());
      double ready = (System.nanoTime() - began) / 1e9;
      double readyCpu = target.cpuNanos() / 1e9;
      Storm cold = storm(target, count);
      Storm warm = storm(target, count);
      return new Row(ready, readyCpu, cold, warm);
    }
  }

  /**
   * A port may be open before anybody serves it.
   *
   * @throws IOException if it does not answer a request
   */
  private static void awaitAnswer(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(PROBE_MILLIS);
      socket
          .getOutputStream()
          .write(
              "GET /ws/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      if (socket.getInputStream().read() < 0) {
        throw new IOException("no answer");
      }
    }
  }

  private Storm storm(Target target, int size) throws IOException {
    Storm storm;
    try (Comers comers = new Comers(target, handshakes)) {
      storm = comers.come(size, atOnce);
    }
    // Those that are cut are gone before the next come.
    rest();
    return storm;
  }

  private static void rest() {
    long end = System.nanoTime() + REST_NANOS;
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }

  /** One storm. */
  private static final class Comers implements AutoCloseable {
    private final Target target;
    private final List<byte[]> handshakes;
    private final Loop loop;
    private final long[] took;
    private long began;
    private int begun;
    private int in;
    private int inFirst;
    private int lost;

    private Comers(Target target, List<byte[]> handshakes) throws IOException {
      this.target = target;
      this.handshakes = handshakes;
      this.loop = new Loop(target.port());
      this.took = new long[handshakes.size()];
    }

    private final class Comer extends Peer {
      private final long comes = System.nanoTime();
      private boolean isIn;

      Comer(byte[] request) {
        super(request);
      }

      @Override
      protected void opened() {
        if (!target.welcomes()) {
          enter();
        }
      }

      @Override
      protected void text(ByteBuffer payload) {
        enter();
      }

      private void enter() {
        if (!isIn) {
          isIn = true;
          long now = System.nanoTime();
          took[in++] = now - comes;
          if (now - began <= FIRST_NANOS) {
            inFirst++;
          }
        }
      }

      @Override
      protected void closed(int status) {
        if (!isIn) {
          lost++;
        }
      }
    }

    Storm come(int size, int atOnce) throws IOException {
      long cpu = target.cpuNanos();
      began = System.nanoTime();
      boolean all =
          loop.run(
              PATIENCE_NANOS,
              () -> {
                while (begun < size && begun - in - lost < atOnce) {
                  loop.open(new Comer(handshakes.get(begun++)));
                }
                return in + lost == size;
              });
      double seconds = (System.nanoTime() - began) / 1e9;
      double cpuMicros = (target.cpuNanos() - cpu) / 1e3 / size;
      if (!all || in == 0) {
        throw new IOException(target.name() + ": " + in + " of " + size + " are in");
      }
      int refused = lost;
      long[] sorted = Arrays.copyOf(took, in);
      Arrays.sort(sorted);
      return new Storm(
          seconds,
          inFirst,
          refused,
          Figures.percentile(sorted, 50) / 1e6,
          Figures.percentile(sorted, 99) / 1e6,
          sorted[in - 1] / 1e6,
          cpuMicros);
    }

    @Override
    public void close() {
      loop.close();
    }
  }

  private static void print(String spec, List<Row> rows) {
    System.out.printf(
        "| %s | %s | %s | cold | %s |%n",
        spec,
        shown("%.2f", rows.stream().mapToDouble(Row::ready).toArray()),
        shown("%.2f", rows.stream().mapToDouble(Row::readyCpu).toArray()),
        columns(rows.stream().map(Row::cold).toList()));
    System.out.printf("| | | | warm | %s |%n", columns(rows.stream().map(Row::warm).toList()));
  }

  private static String columns(List<Storm> storms) {
    return String.join(
        " | ",
        shown("%.2f", storms.stream().mapToDouble(Storm::seconds).toArray()),
        shown("%.0f", storms.stream().mapToDouble(Storm::inFirst).toArray()),
        shown("%.0f", storms.stream().mapToDouble(Storm::lost).toArray()),
        shown("%.0f", storms.stream().mapToDouble(Storm::p50).toArray()),
        shown("%.0f", storms.stream().mapToDouble(Storm::p99).toArray()),
        shown("%.0f", storms.stream().mapToDouble(Storm::most).toArray()),
        shown("%.0f", storms.stream().mapToDouble(Storm::cpuMicros).toArray()));
  }

  private static String shown(String format, double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    String median = String.format(format, Figures.median(values));
    return sorted.length == 1
        ? median
        : median
            + " ("
            + String.format(format, sorted[0])
            + "–"
            + String.format(format, sorted[sorted.length - 1])
            + ")";
  }

  /** The same class path with jars in the place of folders. */
  private static String jars(String classPath) throws IOException {
    Path scratch = Targets.scratch();
    List<String> entries = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      Path path = Path.of(entry);
      if (Files.isDirectory(path)) {
        Path jar = scratch.resolve("classes-" + entries.size() + ".jar");
        pack(path, jar);
        entries.add(jar.toString());
      } else if (Files.exists(path)) {
        entries.add(entry);
      }
    }
    return String.join(File.pathSeparator, entries);
  }

  private static void pack(Path classes, Path target) throws IOException {
    try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(target));
        JarOutputStream jar = new JarOutputStream(file);
        Stream<Path> files = Files.walk(classes)) {
      // Folders, too: migrations are looked for by theirs.
      for (Path each : files.filter(path -> !path.equals(classes)).sorted().toList()) {
        String name = classes.relativize(each).toString().replace(File.separatorChar, '/');
        jar.putNextEntry(new JarEntry(Files.isDirectory(each) ? name + "/" : name));
        if (Files.isRegularFile(each)) {
          Files.copy(each, jar);
        }
        jar.closeEntry();
      }
    }
  }
}
