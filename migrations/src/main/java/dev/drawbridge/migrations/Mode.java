package dev.drawbridge.migrations;

/** What to do about the schema at start. */
public enum Mode {
  /**
   * {@link #MIGRATE} on H2, {@link #VALIDATE} elsewhere: nobody owns a server's schema silently.
   */
  AUTO,
  /** Refuse to start unless every migration was applied, unchanged. */
  VALIDATE,
  /** Apply what is missing. */
  MIGRATE,
  /** Do nothing at all. */
  OFF
}
