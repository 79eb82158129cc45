package dev.drawbridge.db;

/** Finds the place in the application's code that called the session layer. */
final class Places {
  private static final String OWN_PACKAGE = Places.class.getPackageName() + ".";
  private static final StackWalker WALKER = StackWalker.getInstance();

  private Places() {}

  static String caller() {
    return WALKER.walk(
        frames ->
            frames
                .filter(frame -> !isOwn(frame.getClassName()))
                .findFirst()
                .map(frame -> frame.toStackTraceElement().toString())
                .orElse("unknown"));
  }

  private static boolean isOwn(String className) {
    return className.startsWith(OWN_PACKAGE + "Database")
        || className.startsWith(OWN_PACKAGE + "Places");
  }
}
