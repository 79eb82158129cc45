package dev.drawbridge.endpoint.cluster;

import java.util.List;

/**
 * What an engine runs on, for the diagnostics page. Immutable.
 *
 * @param engine {@code memory}, {@code redis}, {@code sql}
 * @param version of the server behind it, empty when there is none or it was not reached yet
 * @param persistence in words, for example {@code none} or {@code rdb}
 * @param eviction what is thrown away when memory is short, empty when nothing is
 * @param wake how a node learns of new entries: {@code itself}, {@code listen}, {@code block},
 *     {@code poll}; {@code deaf} where it should listen, hears nothing, and polls
 * @param warnings what somebody should look at, one sentence each
 */
public record EngineInfo(
    String engine,
    String version,
    String persistence,
    String eviction,
    String wake,
    List<String> warnings) {

  /** Copies the warnings. */
  public EngineInfo {
    warnings = List.copyOf(warnings);
  }
}
