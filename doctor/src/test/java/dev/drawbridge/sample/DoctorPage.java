package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.doctor.DoctorRun;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/** Takes the place of a page: doctors try in the ways of the failure matrix. */
final class DoctorPage implements MatrixPage {
  private final List<DoctorRun.By> by;
  private final String home;
  private final List<DoctorRun> held = new ArrayList<>();
  private String origin;
  private List<DoctorRun> runs = List.of();

  /** What the last examinations have found, in the order of the programs. */
  List<DoctorRun.Outcome> outcomes = List.of();

  /** A scene that holds a connection is for one program at a time. */
  static final class OneByOne extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /**
   * @param by the programs, which try at the same time
   * @param home origin of the page that it plays
   */
  DoctorPage(List<DoctorRun.By> by, String home) {
    this.by = by;
    this.home = home;
    this.origin = home;
  }

  @Override
  public void open(URI page) {
    origin = page.getScheme() + "://" + page.getAuthority();
  }

  @Override
  public void home() {
    origin = home;
  }

  @Override
  public void begin(String url, String token) {
    start(url == null ? home + "/ws" : url, token, origin, List.of());
  }

  @Override
  public void beginWithoutToken(String url) {
    throw new UnsupportedOperationException("a page's own function fails");
  }

  @Override
  public void beginSandboxed(String url, String token) {
    start(url, token, "null", List.of());
  }

  @Override
  public void connect(String url, String token) {
    if (by.size() > 1) {
      throw new OneByOne();
    }
    start(url, token, origin, List.of("--watch", "20s"));
    runs.forEach(run -> run.awaitStep("echo"));
  }

  private void start(String url, String token, String from, List<String> more) {
    List<String> arguments = new ArrayList<>(List.of("--timeout", "8s", "--origin", from));
    arguments.addAll(more);
    arguments.add(url);
    runs = by.stream().map(each -> DoctorRun.start(each, token, arguments)).toList();
    held.addAll(runs);
  }

  /** What pages do by script is left out, but for keeping one connection beside another. */
  @Override
  public JsonNode run(String script) {
    return MissingNode.getInstance();
  }

  @Override
  public JsonNode error() {
    outcomes = runs.stream().map(DoctorRun::await).toList();
    JsonNode report = outcomes.get(0).report();
    String attempt = "";
    for (JsonNode step : report.path("steps")) {
      attempt = step.at("/facts/attempt").asText(attempt);
    }
    ObjectNode error = Json.read("{}").deepCopy();
    return error.put("code", report.path("code").asText()).put("attempt", attempt);
  }

  @Override
  public void rest() {
    held.forEach(DoctorRun::close);
    held.clear();
  }
}
