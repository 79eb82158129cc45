package dev.drawbridge.doctor;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Names what came in the place of an upgrade. */
final class Refusals {

  private Refusals() {}

  /** The code and words of an answer that opens no WebSocket. */
  static Fault of(Answer answer, boolean drawbridge) {
    @Nullable String code = answer.problem();
    String words = answer.words();
    if (code != null) {
      return code.equals("upgrade_required")
          ? new Fault(
              "upgrade_not_forwarded", "the server got a request without the upgrade: " + words)
          : new Fault(code, told(answer));
    }
    int status = answer.status();
    if (answer.version().equals("HTTP/1.0")) {
      return new Fault("http_1_0", "answered HTTP/1.0 " + words);
    }
    if (!answer.redirect().isEmpty()) {
      return new Fault("redirected", "answered " + status + " to " + answer.redirect());
    }
    if (status == 502 || status == 503 || status == 504) {
      return new Fault("server_unreachable", "answered " + words);
    }
    if (status == 401 || status == 403 || status == 407) {
      return new Fault("refused_by_other", "answered " + words);
    }
    // The document was the server's, and this is not: someone between them knows no upgrades.
    if (drawbridge || status == 426 || speaksOfUpgrade(answer)) {
      return new Fault("upgrade_not_forwarded", "answered " + words);
    }
    if (status / 100 == 2 || status == 404 || status == 405) {
      return new Fault("path_wrong", "answered " + words);
    }
    return new Fault("upgrade_refused", "answered " + words);
  }

  /** The same for an extended CONNECT: what would refuse an upgrade, too, keeps its name. */
  static Fault overHttp2(Answer answer, boolean drawbridge) {
    Fault fault = of(answer, drawbridge);
    return fault.code().startsWith("upgrade_") ? new Fault("http2_refused", fault.detail()) : fault;
  }

  private static boolean speaksOfUpgrade(Answer answer) {
    return answer.status() == 400 && answer.text().toLowerCase(Locale.ROOT).contains("upgrade");
  }

  /** What a refusal of Drawbridge's tells people: the hint of dev mode, else the title. */
  static String told(Answer answer) {
    String hint = answer.json().path("hint").asText("");
    String title = answer.json().path("title").asText("");
    String request = answer.json().path("requestId").asText("");
    return Text.clean(hint.isEmpty() ? title : hint)
        + (request.isEmpty() ? "" : ", request " + Text.clean(request));
  }
}
