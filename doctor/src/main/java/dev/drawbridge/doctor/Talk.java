package dev.drawbridge.doctor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.drawbridge.doctor.wire.Deadline;
import dev.drawbridge.doctor.wire.Fault;
import dev.drawbridge.doctor.wire.Frames;
import dev.drawbridge.doctor.wire.Text;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The steps on the open WebSocket. Used once, by one thread. */
final class Talk {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final byte[] PING = "drawbridge-doctor".getBytes(StandardCharsets.US_ASCII);
  private static final int GOING_AWAY_TO_COME_BACK = 1012;
  private static final int CUT = 1006;
  private static final int NO_CODE = 1005;

  /** Of a ping's data that are said back, in characters. */
  private static final int MOST_DATA = 4_096;

  private static final Duration CLOSE_WAIT = Duration.ofSeconds(2);

  private final Options options;
  private final Patient patient;

  /** The server's pings that were seen, by message and by control frame. */
  private int pings;

  /** Null while nothing has ended the watch early. */
  private @Nullable Fault early;

  private boolean draining;
  private boolean closed;

  Talk(Options options, Patient patient) {
    this.options = options;
    this.patient = patient;
  }

  /** A close, or the end without one; it is told by the step that meets it. */
  private static final class Ended extends Exception {
    private static final long serialVersionUID = 1L;

    private final int code;
    private final String reason;

    Ended(int code, String reason) {
      super(reason, null, false, false);
      this.code = code;
      this.reason = reason;
    }
  }

  /**
   * The next frame; pings are answered.
   *
   * @return null at the deadline
   */
  private Frames.@Nullable Frame next(Deadline deadline) throws Ended, Fault {
    patient.line().until(deadline);
    try {
      Frames.Frame frame = patient.frames().read();
      patient.heardAt = System.nanoTime();
      if (frame.opcode() == Frames.CLOSE) {
        closed = true;
        patient.frames().close(1000);
        throw new Ended(frame.closeCode(), Text.clean(frame.closeReason()));
      }
      if (frame.opcode() == Frames.PING) {
        pings++;
        patient.frames().control(Frames.PONG, frame.payload());
      }
      JsonNode message = json(frame);
      if (patient.drawbridge && message.path("type").asText().equals("ping")) {
        pings++;
        String data = message.path("data").toString();
        boolean back = !data.isEmpty() && data.length() <= MOST_DATA;
        patient.frames().text("{\"type\":\"pong\"" + (back ? ",\"data\":" + data : "") + "}");
      }
      draining |= patient.drawbridge && message.path("type").asText().equals("drain");
      return frame;
    } catch (SocketTimeoutException e) {
      return null;
    } catch (IOException e) {
      throw new Ended(closed ? 1000 : CUT, "");
    }
  }

  private static JsonNode json(Frames.Frame frame) {
    if (frame.opcode() != Frames.TEXT) {
      return MissingNode.getInstance();
    }
    try {
      return JSON.readTree(frame.text());
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  /** Names how the connection has ended. */
  private Fault fault(Ended ended) {
    long now = System.nanoTime();
    String after = " after " + Text.time((now - patient.openedAt) / 1_000_000);
    if (ended.code == CUT) {
      long silent = (now - patient.heardAt) / 1_000_000;
      return new Fault(
              "connection_lost",
              "cut"
                  + after
                  + ", the last frame came "
                  + Text.time(silent)
                  + " before; the heartbeat is "
                  + (patient.intervalMillis == 0 ? "not known" : Text.time(patient.intervalMillis)))
          .and(Advice.cutter((now - patient.openedAt) / 1_000_000, silent));
    }
    boolean known = Advice.kind(ended.reason) != null;
    String code = known ? ended.reason : "closed_early";
    String reason = ended.reason.isEmpty() ? "" : " (" + ended.reason + ")";
    String with = ended.code == NO_CODE ? "without a code" : "with " + ended.code + reason;
    return new Fault(code, "closed " + with + after);
  }

  // --- the first frames ----------------------------------------------------------------------

  Finding welcome() throws Fault {
    if (!patient.drawbridge) {
      return Finding.skipped("only Drawbridge sends one");
    }
    try {
      Frames.Frame frame = next(patient.deadline);
      while (frame != null && frame.opcode() >= Frames.CLOSE) {
        frame = next(patient.deadline);
      }
      if (frame == null) {
        throw new Fault("welcome_timeout", "nothing came");
      }
      JsonNode message = json(frame);
      if (!message.path("type").asText().equals("welcome")) {
        throw new Fault(
            "welcome_missing",
            frame.opcode() == Frames.BINARY ? "a binary message came" : "another message came");
      }
      JsonNode data = message.path("data");
      patient.intervalMillis = data.path("heartbeat").path("intervalMs").asLong();
      patient.graceMillis = data.path("heartbeat").path("graceMs").asLong();
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("connectionId", Text.clean(data.path("connectionId").asText()));
      facts.put("intervalMs", patient.intervalMillis);
      facts.put("graceMs", patient.graceMillis);
      return Finding.ok(
          "connection "
              + facts.get("connectionId")
              + ", heartbeat "
              + Text.time(patient.intervalMillis)
              + " + "
              + Text.time(patient.graceMillis),
          facts);
    } catch (Ended ended) {
      throw fault(ended);
    }
  }

  Finding echo() throws Fault {
    try {
      Deadline deadline = patient.deadline;
      long control = System.nanoTime();
      patient.frames().control(Frames.PING, PING);
      if (patient.drawbridge) {
        patient.frames().text("{\"type\":\"ping\",\"id\":\"doctor\",\"data\":{\"t\":1}}");
      }
      long controlMillis = -1;
      long messageMillis = -1;
      while (controlMillis < 0 || (patient.drawbridge && messageMillis < 0)) {
        Frames.Frame frame = next(deadline);
        if (frame == null) {
          break;
        }
        if (frame.opcode() == Frames.PONG && Arrays.equals(frame.payload(), PING)) {
          controlMillis = (System.nanoTime() - control) / 1_000_000;
        }
        JsonNode message = json(frame);
        if (message.path("type").asText().equals("pong")
            && message.path("id").asText().equals("doctor")) {
          messageMillis = (System.nanoTime() - control) / 1_000_000;
        }
      }
      Map<String, Object> facts = new LinkedHashMap<>();
      facts.put("controlMs", controlMillis < 0 ? null : controlMillis);
      facts.put("messageMs", messageMillis < 0 ? null : messageMillis);
      if (patient.drawbridge ? messageMillis < 0 : controlMillis < 0) {
        throw new Fault(
            "pong_timeout", "no answer within " + Text.time(options.timeout().toMillis()));
      }
      String detail = "there and back in " + Text.time(Math.max(controlMillis, messageMillis));
      return controlMillis < 0
          ? Finding.warning("pong_missing", detail, facts)
          : Finding.ok(detail, facts);
    } catch (Ended ended) {
      throw fault(ended);
    } catch (IOException e) {
      throw fault(new Ended(CUT, ""));
    }
  }

  // --- as long as it lasts -------------------------------------------------------------------

  /** Holds the connection for the whole watch, and says of it what concerns the heartbeat. */
  Finding heartbeat() throws Fault {
    if (options.watch().isZero()) {
      return Finding.skipped("seen with --watch");
    }
    long start = System.nanoTime();
    Deadline end = Deadline.in(options.watch());
    long silence = (patient.intervalMillis + patient.graceMillis) * 1_000_000;
    try {
      while (!end.passed()) {
        Deadline silent = new Deadline(patient.heardAt + silence);
        next(silence == 0 ? end : end.or(silent));
        if (silence > 0 && System.nanoTime() - patient.heardAt >= silence) {
          throw new Fault(
              "heartbeat_lost",
              "nothing came for " + Text.time(patient.intervalMillis + patient.graceMillis));
        }
      }
    } catch (Ended ended) {
      draining |= ended.code == GOING_AWAY_TO_COME_BACK;
      early = fault(ended);
    } catch (Fault fault) {
      if (fault.code().equals("heartbeat_lost")) {
        throw fault;
      }
      early = fault;
    }
    patient.heldMillis = (System.nanoTime() - start) / 1_000_000;
    Map<String, Object> facts = Map.of("pings", pings);
    return pings == 0
        ? new Finding(
            Result.Status.SKIPPED,
            null,
            "no ping fell into the watch"
                + (patient.intervalMillis > options.watch().toMillis()
                    ? ": they come each " + Text.time(patient.intervalMillis)
                    : ""),
            facts)
        : Finding.ok("pings of the server: " + pings, facts);
  }

  Finding watch() throws Fault {
    if (options.watch().isZero()) {
      return Finding.skipped("no --watch was given");
    }
    if (early != null && !draining) {
      throw early;
    }
    Map<String, Object> facts = Map.of("heldMs", patient.heldMillis);
    return Finding.ok("open for " + Text.time(patient.heldMillis), facts);
  }

  Finding drain() throws Fault {
    if (!patient.drawbridge) {
      return Finding.skipped("only Drawbridge announces one");
    }
    if (draining) {
      throw new Fault("draining", early == null ? "it was announced" : early.detail());
    }
    return Finding.ok("the server is not going down", Map.of());
  }

  Finding close() throws Fault {
    if (closed || early != null) {
      return Finding.skipped("it is closed");
    }
    Deadline deadline = patient.deadline.or(Deadline.in(CLOSE_WAIT));
    try {
      patient.line().until(deadline);
      patient.frames().close(1000);
      while (next(deadline) != null) {
        // What was under way when it closed.
      }
      return Finding.warning("close_unanswered", "no close came back", Map.of());
    } catch (Ended ended) {
      return closed
          ? Finding.ok("answered with " + ended.code, Map.of("code", ended.code))
          : Finding.warning("close_unanswered", "cut in place of an answer", Map.of());
    } catch (IOException e) {
      return Finding.warning("close_unanswered", "cut in place of an answer", Map.of());
    }
  }
}
