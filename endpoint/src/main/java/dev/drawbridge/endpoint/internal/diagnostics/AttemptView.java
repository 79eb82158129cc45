package dev.drawbridge.endpoint.internal.diagnostics;

import dev.drawbridge.endpoint.internal.diagnostics.Sightings.Tried;
import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.attempt.AttemptFacts;
import dev.drawbridge.filters.attempt.TokenFacts;
import dev.drawbridge.filters.refusal.RefusalCode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An attempt as answers show it. Stateless. PROTOCOL.md sections 1 and 10. */
public final class AttemptView {
  private AttemptView() {}

  /** Who tried, as far as headers tell. */
  static String client(AttemptFacts facts) {
    return facts.remoteAddress() + "|" + facts.origin() + "|" + facts.userAgent();
  }

  /** What everybody may know who knows the id. */
  public static Map<String, Object> brief(Attempt attempt) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("id", attempt.id());
    map.put("stage", attempt.stage().word());
    map.put("code", attempt.code());
    map.put("at", attempt.atMillis());
    return map;
  }

  /** All of it, for developers. */
  static Map<String, Object> full(Attempt attempt, String endpointPath) {
    Map<String, Object> map = brief(attempt);
    map.put("requestId", attempt.requestId());
    map.put("startedAt", attempt.startedAtMillis());
    map.put("verdict", verdict(attempt));
    map.put("stages", stages(attempt));
    RefusalCode code =
        attempt.stage() == Attempt.Stage.CLOSED ? null : Verdict.codeOf(attempt.code());
    map.put("title", code == null ? null : code.title());
    AttemptFacts facts = attempt.facts();
    map.put("hint", facts == null ? null : facts.hint());
    map.put("fix", code == null ? null : code.fix());
    map.put("paste", code == null ? null : Snippets.of(code, tried(attempt), endpointPath));
    map.put("transport", attempt.transport());
    if (facts != null) {
      map.put("method", facts.method());
      map.put("path", facts.path());
      map.put("protocol", facts.protocol());
      map.put("host", facts.host());
      map.put("origin", facts.origin());
      map.put("originRule", facts.originRule());
      map.put("originReason", facts.originReason());
      map.put("page", facts.page());
      map.put("remote", facts.remoteAddress());
      map.put("userAgent", facts.userAgent());
      map.put("client", facts.client());
      map.put("subprotocols", facts.subprotocols());
      map.put("forwarding", facts.forwarding());
      map.put("filters", facts.filters());
      map.put("servlet", facts.servlet());
      map.put("subject", facts.subject());
      map.put("token", token(facts));
      map.put("connection", facts.connection());
    }
    return map;
  }

  /** One word: is it under way, refused, open or over? */
  private static String verdict(Attempt attempt) {
    if (attempt.stage() == Attempt.Stage.CLOSED) {
      return "closed";
    }
    if (!attempt.code().equals(Attempt.OK)) {
      return "refused";
    }
    if (attempt.isOver()) {
      return "closed";
    }
    return attempt.stage() == Attempt.Stage.WELCOME ? "open" : "pending";
  }

  private static List<Map<String, Object>> stages(Attempt attempt) {
    List<Map<String, Object>> reached = new ArrayList<>();
    for (Attempt.Stage stage : Attempt.Stage.values()) {
      int micros = attempt.microsTo(stage);
      if (micros >= 0) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("stage", stage.word());
        row.put("micros", micros);
        reached.add(row);
      }
    }
    return reached;
  }

  private static @Nullable Map<String, Object> token(AttemptFacts facts) {
    TokenFacts token = facts.token();
    if (token == null) {
      return null;
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("verified", facts.isTokenVerified());
    map.put("alg", token.alg());
    map.put("kid", token.kid());
    map.put("typ", token.typ());
    map.put("iss", token.iss());
    map.put("aud", token.aud());
    map.put("sub", token.sub());
    map.put("exp", token.exp());
    map.put("iat", token.iat());
    map.put("nbf", token.nbf());
    map.put("leftMs", token.leftMs());
    map.put("skewMs", token.skewMs());
    return map;
  }

  /** What the detectors look at. */
  static Tried tried(Attempt attempt) {
    AttemptFacts facts = attempt.facts();
    TokenFacts token = facts == null ? null : facts.token();
    boolean verified = facts != null && facts.isTokenVerified();
    return new Tried(
        attempt.id(),
        facts == null ? "" : client(facts),
        attempt.startedAtMillis(),
        attempt.atMillis(),
        attempt.stage().word(),
        attempt.code(),
        facts == null ? "" : facts.path(),
        facts == null ? null : facts.origin(),
        facts == null ? null : facts.originReason(),
        facts == null ? null : facts.host(),
        facts == null ? null : facts.hint(),
        token == null ? null : token.alg(),
        token == null ? null : token.iss(),
        token == null || token.aud().isEmpty() ? null : token.aud().get(0),
        facts != null && verified ? facts.tokenSubject() : token == null ? null : token.sub(),
        token == null || !verified ? null : token.skewMs(),
        facts == null || facts.servlet() == null ? List.of() : facts.filters(),
        facts != null && facts.servlet() != null);
  }
}
