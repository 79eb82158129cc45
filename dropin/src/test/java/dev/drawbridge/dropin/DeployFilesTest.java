package dev.drawbridge.dropin;

import static dev.drawbridge.dropin.Deployment.at;
import static dev.drawbridge.dropin.Deployment.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.testing.DocumentedNumbers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recipes of {@code deploy}, as far as they can be judged without running them. */
class DeployFilesTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final DocumentedNumbers TOLD = DocumentedNumbers.everywhere();
  private static final Settings PRODUCTION = Settings.of(Map.of());
  private static final int GRACE = (int) TOLD.duration("dropin.grace").toSeconds();
  private static final int DRAIN = (int) TOLD.duration("endpoint.drain").toSeconds();

  @TempDir Path folder;

  private static String page() throws IOException {
    return Files.readString(ROOT.resolve("docs").resolve("operations.md"));
  }

  private static Object pod() {
    return at(Deployment.objects().get("Deployment"), "spec", "template", "spec");
  }

  private static Object container() {
    return at(pod(), "containers", 0);
  }

  @Test
  void whatTheImageIsMadeOfIsThereAndPinned() throws IOException {
    Set<String> stages = new TreeSet<>();
    Set<String> versions = new TreeSet<>();
    for (Deployment.Instruction each : Deployment.dockerfile()) {
      String[] words = each.rest().split(" ", -1);
      if (each.word().equals("FROM")) {
        assertThat(stages.contains(words[0]) || words[0].matches("[a-z-]+:\\d[\\w.-]+"))
            .as(each.rest())
            .isTrue();
        Matcher java = Pattern.compile("(?:temurin[-:])(\\d+)").matcher(words[0]);
        if (java.find()) {
          versions.add(java.group(1));
        }
        if (words.length == 3) {
          stages.add(words[2]);
        }
      }
      if (each.word().equals("COPY") && words[0].startsWith("--from=")) {
        assertThat(stages).contains(words[0].substring("--from=".length()));
      } else if (each.word().equals("COPY")) {
        assertThat(ROOT.resolve(words[0])).exists();
      }
      Matcher script = Pattern.compile("(deploy/|\\./)([a-z.]+\\.sh)").matcher(each.rest());
      while (script.find()) {
        assertThat(Deployment.FILES.resolve(script.group(2))).isExecutable();
      }
    }

    // The archive of classes fits the JVM that has made it, and what is built runs there.
    assertThat(versions).hasSize(1);
    String pom = Files.readString(ROOT.resolve("pom.xml"));
    String recipe = Deployment.read("Dockerfile");
    Matcher modules = Pattern.compile("-pl ([\\w,-]+)").matcher(recipe);
    assertThat(modules.find()).isTrue();
    assertThat(modules.group(1).split(",", -1))
        .allSatisfy(module -> assertThat(pom).contains("<module>" + module + "</module>"));
    assertThat(page()).contains(modules.group());
    Matcher plugin = Pattern.compile("maven-dependency-plugin:([\\d.]+):").matcher(recipe);
    assertThat(plugin.find()).isTrue();
    assertThat(pom)
        .containsPattern(
            "<artifactId>maven-dependency-plugin</artifactId>\\s+<version>" + plugin.group(1));
    assertThat(pom.lines().filter(line -> line.contains("<jetty.version>"))).hasSize(1);
  }

  @Test
  void theImageRunsAsNobodySpecialAndHearsTheSignal() {
    String user = Deployment.only("USER").rest();
    List<String> start = Deployment.only("ENTRYPOINT").list();
    String health = Deployment.only("HEALTHCHECK").rest();
    int retries = Integer.parseInt(health.replaceAll(".*--retries=(\\d+).*", "$1"));

    assertThat(user).matches("[1-9]\\d{3,}:[1-9]\\d{3,}");
    assertThat(start).startsWith("java").contains("@jvm.options", "@start.args");
    assertThat(Deployment.only("STOPSIGNAL").rest()).isEqualTo("SIGTERM");
    assertThat(health).endsWith("CMD [\"./manage\", \"live\"]");
    assertThat(retries).isGreaterThan(2);
    assertThat(Deployment.only("EXPOSE").rest()).isEqualTo("8080");
    assertThat(Deployment.read("jvm.options"))
        .contains("-XX:MaxRAMPercentage=", "-XX:+ExitOnOutOfMemoryError")
        .doesNotContain("-Xmx");
    // Properties of Jetty stand in front of the class: behind it they are those of one EE.
    List<String> unit =
        new ArrayList<>(List.of(Deployment.unit("ExecStart").get(0).split(" ", -1)));
    assertThat(unit.remove("-Djetty.http.host=127.0.0.1")).isTrue();
    assertThat(unit.remove(0)).isEqualTo("/usr/bin/" + start.get(0));
    assertThat(unit).isEqualTo(start.subList(1, start.size()));
  }

  @Test
  void theSettingsAreSettingsAndProductionTakesThem() {
    Map<String, String> variables = Deployment.variables();
    Map<String, String> all = new TreeMap<>(Deployment.settings());
    all.putAll(variables);
    all.remove("DRAWBRIDGE_SETTINGS_FILE");
    Set<String> known =
        Arrays.stream(Setting.values()).map(Setting::variable).collect(Collectors.toSet());

    assertThat(known).containsAll(variables.keySet()).containsAll(Deployment.settings().keySet());
    assertThat(variables).containsEntry("ENVIRONMENT", "production");
    assertThat(Settings.of(all).problems()).isEmpty();
    assertThat(Settings.of(all).warnings()).isEmpty();
    assertThat(Deployment.unit("Environment"))
        .containsExactlyInAnyOrderElementsOf(
            variables.entrySet().stream().map(Map.Entry::toString).toList());
    assertThat(at(container(), "env")).isNull();
    assertThat(at(Deployment.objects().get("ConfigMap"), "data", "chat.properties"))
        .isEqualTo(Deployment.read("chat.properties"));
  }

  /** A model that is made of the API's own description. */
  private static void check(Object object) throws Exception {
    JsonElement json = new Gson().toJsonTree(object);
    try {
      Class.forName("io.kubernetes.client.openapi.models.V1" + at(object, "kind"))
          .getMethod("validateJsonElement", JsonElement.class)
          .invoke(null, json);
    } catch (java.lang.reflect.InvocationTargetException e) {
      throw (Exception) e.getCause();
    }
  }

  @Test
  @SuppressWarnings("unchecked") // Maps of names, as YAML gives them.
  void kubernetesKnowsEachMember() throws Exception {
    Map<String, Object> objects = Deployment.objects();
    for (Object object : objects.values()) {
      assertThatCode(() -> check(object)).doesNotThrowAnyException();
    }

    assertThat(objects)
        .containsOnlyKeys("ConfigMap", "Deployment", "Service", "PodDisruptionBudget", "Ingress");
    try (Stream<Path> files = Files.list(Deployment.FILES.resolve("kubernetes"))) {
      assertThat(files).hasSize(3);
    }
    Object wrong = objects.get("Deployment");
    ((Map<String, Object>) at(wrong, "spec", "template", "spec")).put("gracePeriod", 1);
    assertThatThrownBy(() -> check(wrong)).hasMessageContaining("gracePeriod");
  }

  @Test
  void thePodsGoOneByOneAndHaveTimeToDrain() {
    Map<String, Object> objects = Deployment.objects();
    Object deployment = objects.get("Deployment");
    Object labels = at(deployment, "spec", "template", "metadata", "labels");
    List<String> stop =
        Deployment.strings(at(container(), "lifecycle", "preStop", "exec", "command"));
    int pause = Integer.parseInt(stop.get(2).replaceAll(".*; sleep (\\d+)$", "$1"));
    int tries =
        Integer.parseInt(
            Deployment.read("manage").replaceAll("(?s).*\n  drain\\).*?tries=(\\d+).*", "$1"));
    int asked = number(container(), "readinessProbe", "periodSeconds");
    int failures = number(container(), "readinessProbe", "failureThreshold");

    assertThat(number(deployment, "spec", "replicas")).isGreaterThan(1);
    assertThat(at(deployment, "spec", "strategy", "rollingUpdate", "maxUnavailable")).isEqualTo(0);
    assertThat(stop.get(2)).startsWith("./manage drain;");
    assertThat(tries).isGreaterThan(DRAIN);
    // A second for the answers.
    assertThat(TOLD.duration("dropin.pre-stop")).isEqualTo(Duration.ofSeconds(tries + pause + 1L));
    assertThat(number(pod(), "terminationGracePeriodSeconds"))
        .isEqualTo(GRACE)
        .isGreaterThanOrEqualTo(tries + pause + DRAIN);
    assertThat(asked * failures).isLessThan(GRACE - DRAIN);
    for (Object selector :
        List.of(
            at(deployment, "spec", "selector", "matchLabels"),
            at(objects.get("Service"), "spec", "selector"),
            at(objects.get("PodDisruptionBudget"), "spec", "selector", "matchLabels"))) {
      assertThat(selector).isEqualTo(labels);
    }
    assertThat(number(objects.get("PodDisruptionBudget"), "spec", "maxUnavailable"))
        .isLessThan(number(deployment, "spec", "replicas"));
  }

  /**
   * What it can do when it is taken over; that the probes' paths are routes is tried where it runs.
   */
  @Test
  void thePodsMayDoNothingThatTheyNeedNot() {
    Object security = at(container(), "securityContext");

    assertThat(at(pod(), "securityContext", "runAsNonRoot")).isEqualTo(true);
    assertThat(
            number(pod(), "securityContext", "runAsUser")
                + ":"
                + number(pod(), "securityContext", "runAsGroup"))
        .isEqualTo(Deployment.only("USER").rest());
    assertThat(at(security, "readOnlyRootFilesystem")).isEqualTo(true);
    assertThat(at(security, "allowPrivilegeEscalation")).isEqualTo(false);
    assertThat(at(security, "capabilities", "drop")).isEqualTo(List.of("ALL"));
    assertThat(at(container(), "resources", "limits", "memory"))
        .isEqualTo(at(container(), "resources", "requests", "memory"));
    assertThat(at(container(), "livenessProbe")).asString().contains("tcpSocket");
    assertThat(at(container(), "startupProbe", "httpGet", "path")).isEqualTo("/ws/config");
    assertThat(at(container(), "readinessProbe", "httpGet", "path")).isEqualTo("/ws/health");
  }

  @Test
  void whatIsReadIsMounted() throws IOException {
    List<Path> mounted = new ArrayList<>();
    for (Object each : (List<?>) at(container(), "volumeMounts")) {
      mounted.add(Path.of((String) at(each, "mountPath")));
    }
    Matcher created = Pattern.compile("--from-(?:file|literal)=([\\w.]+)=").matcher(page());
    Set<String> keys = created.results().map(one -> one.group(1)).collect(Collectors.toSet());
    Map<String, String> all = new TreeMap<>(Deployment.settings());
    all.putAll(Deployment.variables());
    Set<String> secrets = new TreeSet<>();
    for (Map.Entry<String, String> each : all.entrySet()) {
      if (each.getKey().endsWith("_FILE")) {
        for (String name : each.getValue().split(",", -1)) {
          Path file = Path.of(name);
          assertThat(mounted).contains(file.getParent());
          if (file.getParent().endsWith("secrets")) {
            secrets.add(file.getFileName().toString());
          }
        }
      }
    }

    assertThat(secrets).isEqualTo(keys).hasSize(3);
    assertThat(Deployment.read("jvm.options")).contains("-Djava.io.tmpdir=/tmp");
    assertThat(mounted).contains(Path.of("/tmp"));
  }

  @Test
  void theUnitDrainsBeforeTheSignalAndWaitsLongerThanBothTake() {
    assertThat(Deployment.unit("ExecStop")).containsExactly("-/opt/chat/manage drain");
    assertThat(Deployment.unit("ExecReload")).containsExactly("/opt/chat/manage reload");
    assertThat(Deployment.unit("ExecStartPost")).containsExactly("/opt/chat/manage wait");
    assertThat(Deployment.unit("TimeoutStopSec")).containsExactly(Integer.toString(GRACE));
    assertThat(GRACE).isGreaterThan(2 * DRAIN);
    assertThat(Integer.parseInt(Deployment.unit("TimeoutStartSec").get(0)))
        .isGreaterThan((int) PRODUCTION.duration(Setting.DB_START_WAIT).toSeconds() + 60);
    assertThat(Deployment.unit("SuccessExitStatus")).containsExactly("143");
    assertThat(Deployment.unit("Restart")).containsExactly("on-failure");
    assertThat(Deployment.unit("MemoryDenyWriteExecute")).as("the JVM compiles").isEmpty();
    assertThat(Deployment.unit("ProtectSystem")).containsExactly("strict");
    assertThat(TOLD.duration("dropin.start-wait"))
        .isEqualTo(PRODUCTION.duration(Setting.DB_START_WAIT));
    assertThat(TOLD.names("dropin"))
        .containsExactly("dropin.grace", "dropin.pre-stop", "dropin.start-wait");
  }

  /** Systemd's own reading of the unit and of what the page puts beside it. */
  @Test
  void systemdKnowsEachWord() throws Exception {
    assumeThat(Files.isExecutable(Path.of("/usr/bin/systemd-analyze")))
        .as("systemd-analyze, without which nobody here can judge a unit")
        .isTrue();
    Path program = folder.resolve("manage");
    Files.copy(Deployment.FILES.resolve("manage"), program);
    String unit =
        Deployment.read("chat.service")
            .replace("/opt/chat/manage", program.toString())
            .replace(
                "/usr/bin/java",
                Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Path file = Files.writeString(folder.resolve("chat.service"), unit);
    Path more = Files.createDirectories(folder.resolve("chat.service.d"));
    Matcher ini = Pattern.compile("(?ms)^```ini[^\\n]*\\n(.*?)^```").matcher(page());
    assertThat(ini.find()).isTrue();
    Files.writeString(more.resolve("db.conf"), ini.group(1));

    assertThat(verified(file)).isEmpty();
    Files.writeString(file, unit.replace("ProtectSystem=", "ProtectSysten="));
    assertThat(verified(file)).contains("ProtectSysten");
  }

  private static String verified(Path unit) throws Exception {
    Process process =
        new ProcessBuilder("/usr/bin/systemd-analyze", "verify", "--man=no", unit.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    // Of other units of this machine, and of a machine without systemd, it speaks too.
    return said.lines()
        .filter(line -> line.contains("chat.service"))
        .collect(Collectors.joining("\n"));
  }
}
