package dev.drawbridge.db.internal.open;

import java.lang.StackWalker.StackFrame;
import java.util.Iterator;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the place in the application's code that called the session layer. */
public final class Places {
  private static final String OWN_PACKAGE = "dev.drawbridge.db.";

  /** The caller is a few frames away: there is no need to walk more of them. */
  private static final StackWalker WALKER = StackWalker.getInstance(Set.of(), 4);

  private Places() {}

  /** A frame or "unknown"; its text costs more than the walk, and is seldom read. */
  public static Object caller() {
    return WALKER.walk(Places::first);
  }

  private static Object first(Stream<StackFrame> frames) {
    for (Iterator<StackFrame> all = frames.iterator(); all.hasNext(); ) {
      StackFrame frame = all.next();
      if (!isOwn(frame.getClassName())) {
        return frame;
      }
    }
    return "unknown";
  }

  /**
   * Where a thread is now in the application's code: what called us last, or what it does when it
   * is not with us; null when nowhere.
   */
  public static @Nullable StackTraceElement of(Thread thread) {
    StackTraceElement elsewhere = null;
    boolean withUs = false;
    for (StackTraceElement frame : thread.getStackTrace()) {
      String name = frame.getClassName();
      if (name.startsWith(OWN_PACKAGE)) {
        withUs = true;
      } else if (!name.startsWith("java.") && !name.startsWith("jdk.")) {
        if (withUs) {
          return frame;
        }
        elsewhere = elsewhere == null ? frame : elsewhere;
      }
    }
    return withUs ? null : elsewhere;
  }

  private static boolean isOwn(String className) {
    return className.startsWith(OWN_PACKAGE + "Database")
        || className.startsWith(Places.class.getName());
  }
}
