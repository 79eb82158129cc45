package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * A web application that sees the classes of Jetty that an earlier build has named, and not the
 * selectors: as with an operator's module of that build.
 */
class HiddenSelectorsTest {
  private static final Set<String> HIDDEN =
      Set.of(
          "org.eclipse.jetty.io.ManagedSelector",
          "org.eclipse.jetty.io.ManagedSelector$SelectorUpdate",
          "org.eclipse.jetty.io.SelectorManager",
          "org.eclipse.jetty.server.ServerConnector");

  /** Has classes of this room of its own, linked to what it shows. */
  private static final class Hiding extends ClassLoader {
    private static final String ROOM = Rounds.class.getPackageName() + ".";

    Hiding() {
      super(Rounds.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (HIDDEN.contains(name)) {
        throw new ClassNotFoundException(name);
      }
      if (!name.startsWith(ROOM)) {
        return super.loadClass(name, resolve);
      }
      Class<?> loaded = findLoadedClass(name);
      return loaded == null ? own(name) : loaded;
    }

    private Class<?> own(String name) throws ClassNotFoundException {
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  private static Object rounds(Class<?> type) throws ReflectiveOperationException {
    Method inSight = type.getDeclaredMethod("ifInSight");
    inSight.setAccessible(true);
    return inSight.invoke(null);
  }

  @Test
  void directWayIsLinkedAndReadsEachWhenItIsFound() throws Exception {
    ClassLoader hiding = new Hiding();

    for (Class<?> part :
        Set.of(DirectUpgrade.class, DirectHandshaker.class, DirectConnection.class)) {
      Class<?> hidden = hiding.loadClass(part.getName());
      assertThatCode(() -> Linkage.check(hidden)).as(part.getName()).doesNotThrowAnyException();
    }
    assertThat(rounds(hiding.loadClass(Rounds.class.getName()))).isNull();
    assertThat(rounds(Rounds.class)).isNotNull();
  }
}
