package dev.drawbridge.testing;

/**
 * How a page is looked at. Immutable.
 *
 * @param dark whether the person prefers dark pages
 * @param width of the window in points of the screen
 * @param height the same
 * @param zoom 1 for none; with 2 half as much fits into the window
 */
public record Look(boolean dark, int width, int height, int zoom) {
  private static final int DESKTOP_WIDTH = 1280;
  private static final int DESKTOP_HEIGHT = 900;

  /** A window on a desk. */
  public static Look desktop(boolean dark) {
    return new Look(dark, DESKTOP_WIDTH, DESKTOP_HEIGHT, 1);
  }

  /** A phone held upright. */
  public static Look phone(boolean dark) {
    return new Look(dark, 390, 844, 1);
  }

  /** The window on a desk, everything twice as large. */
  public static Look zoomed(boolean dark) {
    return new Look(dark, DESKTOP_WIDTH, DESKTOP_HEIGHT, 2);
  }

  /** For names of files. */
  @Override
  public String toString() {
    return width + "-" + (dark ? "dark" : "light") + (zoom == 1 ? "" : "-zoom" + zoom);
  }
}
