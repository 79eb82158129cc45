package dev.drawbridge.doctor;

import dev.drawbridge.doctor.wire.Answer;
import dev.drawbridge.doctor.wire.Fault;
import dev.drawbridge.doctor.wire.Text;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Names what came in the place of an upgrade, or of an answer of the routes beside it. */
final class Refusals {
  /** A token from which on containers and proxies, which take heads of 8 KiB, refuse requests. */
  private static final int LARGE_TOKEN = 7_000;

  private Refusals() {}

  /** The code and words of an answer that opens no WebSocket. */
  static Fault of(Answer answer, boolean drawbridge, Options options) {
    Fault problem = problem(answer, options);
    if (problem != null) {
      return problem;
    }
    String words = "answered " + answer.words();
    int status = answer.status();
    String code;
    if (answer.version().equals("HTTP/1.0")) {
      return new Fault("http_1_0", "answered HTTP/1.0 " + answer.words());
    } else if (!answer.redirect().isEmpty()) {
      return new Fault("redirected", "answered " + status + " to " + answer.redirect());
    } else if (tooLarge(answer, options)) {
      return tokenTooLarge(words, options);
    } else if (status == 429) {
      String wait = answer.header("retry-after");
      return new Fault(
          "throttled_by_other", words + (wait == null ? "" : ", Retry-After " + Text.clean(wait)));
    } else if (unreachable(status)) {
      code = "server_unreachable";
    } else if (status == 403 && says(answer, "server", "envoy")) {
      // Envoy's way to refuse an upgrade that its upgrade_configs do not name.
      code = "upgrade_not_forwarded";
    } else if (status == 401 || status == 403 || status == 407 || status == 451 || status == 511) {
      code = "refused_by_other";
    } else if (status == 400 && speaksOf(answer, "ssl certificate")) {
      code = "tls_client_certificate";
    } else if (status == 500) {
      code = "upgrade_refused";
    } else if (drawbridge || status == 426 || (status == 400 && speaksOf(answer, "upgrade"))) {
      // The document was the server's, and this is not: someone between them knows no upgrades.
      code = "upgrade_not_forwarded";
    } else {
      boolean place = status / 100 == 2 || status == 404 || status == 405 || status == 410;
      code = place ? "path_wrong" : "upgrade_refused";
    }
    return new Fault(code, words);
  }

  /**
   * A refusal of Drawbridge's.
   *
   * @return null for any other answer
   */
  static @Nullable Fault problem(Answer answer, Options options) {
    String code = answer.problem();
    if (code == null) {
      return null;
    }
    if (code.equals("upgrade_required")) {
      return new Fault(
          "upgrade_not_forwarded",
          "the server got a request without the upgrade: " + answer.words());
    }
    if (code.equals("token_missing") && options.token() != null) {
      return new Fault("token_lost", "it was sent, and the server says that none came");
    }
    if (code.equals("origin_required") && options.origin() != null) {
      return new Fault("origin_lost", "it was sent, and the server says that none came");
    }
    return new Fault(code, told(answer));
  }

  /** By a proxy whose server is away; those from 520 on are Cloudflare's. */
  static boolean unreachable(int status) {
    return status == 502
        || status == 503
        || status == 504
        || (status >= 520 && status <= 526)
        || status == 530;
  }

  /** Whether a request was refused for the size of its head, which only a token makes large. */
  static boolean tooLarge(Answer answer, Options options) {
    int status = answer.status();
    String token = options.token();
    return token != null
        && (status == 431
            || status == 414
            || (status == 400 && (token.length() > LARGE_TOKEN || speaksOf(answer, "too large"))));
  }

  static Fault tokenTooLarge(String words, Options options) {
    int length = options.token() == null ? 0 : options.token().length();
    return new Fault("token_too_large", words + " to a token of " + length + " characters");
  }

  /** The same for who closes in place of an answer. */
  static Fault cut(Fault fault, Options options) {
    String token = options.token();
    return fault.code().equals("http_cut") && token != null && token.length() > LARGE_TOKEN
        ? tokenTooLarge(fault.detail(), options)
        : fault;
  }

  /** The same for an extended CONNECT: what would refuse an upgrade, too, keeps its name. */
  static Fault overHttp2(Answer answer, boolean drawbridge, Options options) {
    Fault fault = of(answer, drawbridge, options);
    return fault.code().startsWith("upgrade_") ? new Fault("http2_refused", fault.detail()) : fault;
  }

  private static boolean speaksOf(Answer answer, String words) {
    return answer.text().toLowerCase(Locale.ROOT).contains(words);
  }

  private static boolean says(Answer answer, String header, String words) {
    String value = answer.header(header);
    return value != null && value.toLowerCase(Locale.ROOT).contains(words);
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
