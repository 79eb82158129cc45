package dev.drawbridge.site;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.filters.settings.Setting;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Each block of code of the documents is compiled or parsed here, or run by the test that is named.
 */
class SnippetsTest {
  /** Languages that other tests take from the documents, all of them or where they stand. */
  private static final Map<String, String> ELSEWHERE =
      Map.ofEntries(
          Map.entry("ts", "client/test/consumers.test.ts"),
          Map.entry("tsx", "client/test/consumers.test.ts"),
          Map.entry("js", "client/test/consumers.test.ts"),
          Map.entry("vue", "client/test/consumers.test.ts"),
          Map.entry("svelte", "client/test/consumers.test.ts"),
          Map.entry("client/RECIPES.md html", "client/test/consumers.test.ts"),
          Map.entry(
              "docs/doctor.md yaml", "doctor/src/test/java/dev/drawbridge/doctor/OptionsTest.java"),
          Map.entry(
              "docs/debugging.md nginx",
              "webapp-sample/src/test/java/dev/drawbridge/sample/Guide.java"),
          Map.entry(
              "docs/debugging.md haproxy",
              "webapp-sample/src/test/java/dev/drawbridge/sample/Guide.java"),
          Map.entry(
              "docs/scaling.md nginx",
              "cluster-redis/src/test/java/dev/drawbridge/cluster/redis/ScalingProxiesTest.java"),
          Map.entry(
              "docs/scaling.md haproxy",
              "cluster-redis/src/test/java/dev/drawbridge/cluster/redis/ScalingProxiesTest.java"),
          Map.entry(
              "docs/scaling.md yaml",
              "cluster-redis/src/test/java/dev/drawbridge/cluster/redis/ScalingGuideTest.java"),
          Map.entry(
              "docs/operations.md ini",
              "dropin/src/test/java/dev/drawbridge/dropin/DeployFilesTest.java"),
          Map.entry(
              "docs/outbox.md sql",
              "cluster-sql/src/test/java/dev/drawbridge/outbox/OutboxGuideTest.java"),
          // What they import the site does not have.
          Map.entry(
              "docs/spring.md java",
              "spring-boot-starter/src/test/java/dev/drawbridge/spring/SpringGuideTest.java"),
          Map.entry(
              "docs/spring.md yaml",
              "spring-boot-starter/src/test/java/dev/drawbridge/spring/SpringGuideTest.java"),
          Map.entry(
              "examples/existing-webapp/README.md diff",
              "examples/existing-webapp/src/test/java/com/example/shop/ShopIT.java"),
          Map.entry(
              "examples/legacy-push/README.md diff",
              "examples/legacy-push/src/test/java/com/example/workshop/WorkshopIT.java"),
          Map.entry(
              "examples/legacy-push/README.md sql",
              "examples/legacy-push/src/test/java/com/example/workshop/WorkshopIT.java"));

  /** Blocks that nothing can try here, with the reason. */
  private static final Map<String, String> UNTRIED =
      Map.of("docs/debugging.md apache", "no Apache httpd on the machines that run the tests");

  private static final Pattern TYPE =
      Pattern.compile(
          "^(?:public |final |abstract |sealed |static )*(?:class|record|interface|enum) ");

  private static final Pattern METHOD =
      Pattern.compile(
          "^(?:@\\w+(?:\\([^)]*\\))?\\s+)*(?:public |protected |private |static )*[A-Za-z][\\w.<>?,"
              + " ]* \\w+\\([^;]*?\\)(?: throws [\\w, ]+)? \\{");

  private static final Set<String> TRIED =
      Set.of("java", "xml", "properties", "json", "sh", "html", "yaml");

  @TempDir Path folder;

  @Test
  void eachBlockIsTriedHereOrByTheTestThatIsNamed() {
    Map<String, String> nobody = new TreeMap<>();
    for (Snippet snippet : Snippet.all()) {
      String here = snippet.document() + " " + snippet.language();
      boolean text = snippet.language().equals("text") || snippet.document().startsWith("bench/");
      if (!text
          && !TRIED.contains(snippet.language())
          && !UNTRIED.containsKey(here)
          && !ELSEWHERE.containsKey(snippet.language())
          && !ELSEWHERE.containsKey(here)) {
        nobody.put(snippet.place(), snippet.language());
      }
    }

    assertThat(Snippet.all()).hasSizeGreaterThan(120);
    assertThat(nobody).as("blocks without a test").isEmpty();
    assertThat(ELSEWHERE.values())
        .allSatisfy(test -> assertThat(Snippet.ROOT.resolve(test)).exists());
    assertThat(UNTRIED).hasSizeLessThan(2);
  }

  private static List<Snippet> of(String... languages) {
    return Snippet.all().stream()
        .filter(snippet -> List.of(languages).contains(snippet.language()))
        .filter(snippet -> !UNTRIED.containsKey(snippet.document() + " " + snippet.language()))
        .filter(snippet -> !ELSEWHERE.containsKey(snippet.document() + " " + snippet.language()))
        .toList();
  }

  @Test
  void javaCompiles() throws IOException {
    List<JavaFileObject> sources = new ArrayList<>();
    Map<String, Snippet> snippets = new TreeMap<>();
    for (Snippet snippet : of("java")) {
      // What stands in a source of the example is compiled with it.
      boolean compiledThere =
          snippet.document().startsWith("examples/")
              && sourcesOf(snippet.document()).contains(squeezed(snippet.text()));
      if (!compiledThere) {
        String name = "Snippet" + snippets.size();
        snippets.put(name, snippet);
        sources.add(source(name, snippet));
      }
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    List<String> options =
        List.of(
            "-proc:none",
            "-nowarn",
            "-Xlint:none",
            "-implicit:none",
            "-d",
            folder.toString(),
            "-classpath",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));

    boolean compiled = compiler.getTask(null, null, found, options, null, sources).call();

    List<String> errors =
        found.getDiagnostics().stream()
            .filter(diagnostic -> diagnostic.getKind() == Diagnostic.Kind.ERROR)
            .map(error -> place(error, snippets) + ": " + error.getMessage(Locale.ENGLISH))
            .toList();
    assertThat(errors).isEmpty();
    assertThat(compiled).isTrue();
    assertThat(snippets).hasSizeGreaterThan(15);
  }

  private static String place(
      Diagnostic<? extends JavaFileObject> error, Map<String, Snippet> snippets) {
    String file = error.getSource() == null ? "" : error.getSource().getName();
    Snippet snippet = snippets.get(file.replaceAll(".*/(?:.*_)?(Snippet\\d+).*", "$1"));
    return snippet == null ? file : snippet.place() + " (" + error.getLineNumber() + ")";
  }

  /** All sources of an example, with single blanks. */
  private static String sourcesOf(String readme) throws IOException {
    try (Stream<Path> files = Files.walk(Snippet.ROOT.resolve(readme).getParent())) {
      StringBuilder all = new StringBuilder();
      for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
        all.append(squeezed(Files.readString(file))).append('\n');
      }
      return all.toString();
    }
  }

  private static String squeezed(String text) {
    return text.replaceAll("\\s+", "");
  }

  /**
   * A block as a file: as it is, or as members or statements of a class within the surroundings.
   */
  private static JavaFileObject source(String name, Snippet snippet) {
    String text = snippet.text();
    String code;
    String file = name;
    if (text.startsWith("package ")) {
      // Its public type gives the file its name.
      Matcher type =
          Pattern.compile(
                  "public (?:final )?class (\\w+)|^(?:final )?class (\\w+)", Pattern.MULTILINE)
              .matcher(text);
      assertThat(type.find()).as(snippet.place()).isTrue();
      file = name + "/" + (type.group(1) == null ? type.group(2) : type.group(1));
      code = text;
    } else {
      String body;
      if (TYPE.matcher(text).find() || METHOD.matcher(text).find()) {
        body = text;
      } else if (Pattern.compile("^return ", Pattern.MULTILINE)
          .matcher(text.replaceAll("(?m)^ {2}return", "return"))
          .find()) {
        body = "Object run() throws Exception {\n" + text + "}\n";
      } else {
        body = "void run() throws Exception {\n" + text + "}\n";
      }
      code = imports() + "abstract class " + name + " extends Surroundings {\n" + body + "}\n";
    }
    return new SimpleJavaFileObject(
        URI.create("string:///" + file + ".java"), JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return code;
      }
    };
  }

  private static String imports() {
    String imports =
        Stream.of(
                "java.util",
                "java.io",
                "java.time",
                "java.net.http",
                "java.util.concurrent",
                "java.util.function",
                "jakarta.servlet",
                "jakarta.servlet.http",
                "jakarta.validation.constraints",
                "dev.drawbridge.db",
                "dev.drawbridge.db.user",
                "dev.drawbridge.filters",
                "dev.drawbridge.filters.cors",
                "dev.drawbridge.filters.jwt",
                "dev.drawbridge.endpoint",
                "dev.drawbridge.endpoint.cluster",
                "dev.drawbridge.endpoint.testkit",
                "dev.drawbridge.migrations",
                "dev.drawbridge.outbox",
                "dev.drawbridge.testing",
                "org.springframework.boot.web.servlet",
                "org.springframework.context.annotation",
                "org.springframework.core",
                "org.springframework.jdbc.datasource",
                "org.springframework.transaction.annotation",
                "io.jsonwebtoken",
                "org.junit.jupiter.api",
                "com.fasterxml.jackson.databind")
            .map(each -> "import " + each + ".*;\n")
            .collect(Collectors.joining());
    return "package dev.drawbridge.site;\n"
        + imports
        + "import static org.assertj.core.api.Assertions.assertThat;\n"
        + "import dev.drawbridge.endpoint.Connection;\n"
        + "import java.sql.SQLException;\n"
        + "import jakarta.servlet.DispatcherType;\n";
  }

  @Test
  void xmlIsWellFormedAndItsClassesAndArtifactsExist() throws Exception {
    String bom = Snippet.read("bom/pom.xml");
    for (Snippet snippet : of("xml")) {
      Document document = parse(snippet);
      for (String element : List.of("filter-class", "servlet-class", "listener-class")) {
        for (String name : values(document, element)) {
          if (name.startsWith("dev.drawbridge.")) {
            assertThat(Class.forName(name)).as(snippet.place()).isNotNull();
          }
        }
      }
      for (String artifact : values(document, "artifactId")) {
        if (artifact.startsWith("drawbridge-")) {
          assertThat(bom).as(snippet.place()).contains("<artifactId>" + artifact + "</artifactId>");
        }
      }
      for (String param : values(document, "param-name")) {
        boolean ours =
            Arrays.stream(Setting.values())
                .anyMatch(
                    setting ->
                        List.of(setting.property(), setting.variable(), setting.initParam())
                            .contains(param));
        assertThat(ours).as("%s: %s", snippet.place(), param).isTrue();
      }
    }
  }

  /** With a root around it, where it is a fragment. */
  private static Document parse(Snippet snippet) throws ParserConfigurationException, IOException {
    DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    builder.setErrorHandler(null);
    String text = snippet.text();
    boolean whole =
        text.startsWith("<?xml") || text.startsWith("<project") || text.startsWith("<web-app");
    try {
      return builder.parse(
          new InputSource(new StringReader(whole ? text : "<root>" + text + "</root>")));
    } catch (SAXException e) {
      throw new AssertionError(snippet.place() + ": " + e.getMessage(), e);
    }
  }

  private static Set<String> values(Document document, String element) {
    Set<String> values = new TreeSet<>();
    NodeList nodes = document.getElementsByTagName(element);
    for (int i = 0; i < nodes.getLength(); i++) {
      values.add(nodes.item(i).getTextContent().strip());
    }
    return values;
  }

  @Test
  void settingsOfPropertiesAndShellExist() {
    Set<String> names = new HashSet<>();
    for (Setting setting : Setting.values()) {
      names.addAll(List.of(setting.property(), setting.variable()));
    }
    Pattern used =
        Pattern.compile(
            "(?<![\\w-])(DRAWBRIDGE_[A-Z_]+|WEBSOCKET_[A-Z_]+|DEV_WEBSOCKET_[A-Z_]+|drawbridge\\.[a-z.]+[a-z])(?==)");
    Map<String, String> unknown = new TreeMap<>();
    int settings = 0;
    for (Snippet snippet : of("properties", "sh")) {
      Matcher name = used.matcher(snippet.text());
      while (name.find()) {
        settings++;
        // In application.properties the four without a prefix have one.
        if (!names.contains(name.group(1)) && Setting.named(name.group(1)) == null) {
          unknown.put(snippet.place(), name.group(1));
        }
      }
    }

    assertThat(settings).isGreaterThan(30);
    assertThat(unknown).isEmpty();
  }

  @Test
  void jsonParses() {
    for (Snippet snippet : of("json")) {
      try {
        // A conversation: a frame a line, from the client or from the server.
        boolean frames = snippet.text().startsWith("C ");
        for (String json : frames ? snippet.text().lines().toList() : List.of(snippet.text())) {
          assertThat(new JsonMapper().readTree(frames ? json.substring(2) : json))
              .as(snippet.place())
              .isNotNull();
        }
      } catch (JsonProcessingException e) {
        throw new AssertionError(snippet.place() + ": " + e.getMessage(), e);
      }
    }
  }

  @Test
  void yamlParses() {
    for (Snippet snippet : of("yaml")) {
      try {
        Object read = new Yaml().load(snippet.text());
        assertThat(read).as(snippet.place()).isNotNull();
      } catch (YAMLException e) {
        throw new AssertionError(snippet.place() + ": " + e.getMessage(), e);
      }
    }
  }

  @Test
  void shellParsesAndItsMavenModulesExist() throws Exception {
    StringBuilder all = new StringBuilder();
    for (Snippet snippet : of("sh")) {
      Path script = Files.writeString(folder.resolve("script.sh"), snippet.text());
      Process bash =
          new ProcessBuilder("bash", "-n", script.toString()).redirectErrorStream(true).start();
      String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(bash.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(bash.exitValue()).as("%s: %s", snippet.place(), said).isZero();
      all.append(snippet.text()).append('\n');
    }
    String pom = Snippet.read("pom.xml");
    Matcher modules = Pattern.compile(" -pl ([\\w,/-]+)").matcher(all);
    Set<String> named = new TreeSet<>();
    while (modules.find()) {
      named.addAll(List.of(modules.group(1).split(",", -1)));
    }

    assertThat(named).contains("client", "webapp-sample");
    assertThat(named)
        .allSatisfy(module -> assertThat(pom).contains("<module>" + module + "</module>"));
  }
}
