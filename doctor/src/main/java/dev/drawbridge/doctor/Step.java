package dev.drawbridge.doctor;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The steps of an examination, in their order, and the kind of fault that each finds by itself. */
enum Step {
  DNS("dns"),
  TCP("tcp"),
  TLS("tls"),
  DISCOVERY("discovery"),
  PREFLIGHT("origin"),
  TOKEN("token"),
  USER("user"),
  HTTP2("http2"),
  UPGRADE("upgrade"),
  WELCOME("protocol"),
  ECHO("protocol"),
  HEARTBEAT("heartbeat"),
  WATCH("watch"),
  DRAIN("drain"),
  CLOSE("protocol");

  private final String kind;

  Step(String kind) {
    this.kind = kind;
  }

  /** Of a fault whose code has no kind of its own. */
  String kind() {
    return kind;
  }

  /** Those that come behind another one, in their order. */
  static List<Step> after(Step other) {
    List<Step> all = Arrays.asList(values());
    return all.subList(all.indexOf(other) + 1, all.size());
  }

  /** As it stands in the report. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
