package dev.drawbridge.compatibility;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which changes of a class break who uses it. */
class BreaksTest {
  @TempDir private Path folder;

  private SortedSet<String> breaks(String before, String after) throws IOException {
    return Breaks.between(
        Compiled.types(folder.resolve("before"), 17, before),
        Compiled.types(folder.resolve("after"), 17, after),
        Compiled.PACKAGES);
  }

  static Stream<Arguments> breaking() {
    return Stream.of(
        change(
            "a method goes",
            "public class A { public void go() {} public void stay() {} }",
            "public class A { public void stay() {} }",
            "A.go(): method removed"),
        change(
            "an argument is narrowed",
            "public class A { public void go(CharSequence what) {} }",
            "public class A { public void go(String what) {} }",
            "A.go(java.lang.CharSequence): method removed"),
        change(
            "a result is widened",
            "public class A { public String go() { return null; } }",
            "public class A { public Object go() { return null; } }",
            "A.go(): method return type changed"),
        change(
            "a result is narrowed, which class files notice",
            "public class A { public Object go() { return null; } }",
            "public class A { public String go() { return null; } }",
            "A.go(): method return type changed"),
        change(
            "elements of a result change",
            "public class A { public List<String> go() { return null; } }",
            "public class A { public List<Integer> go() { return null; } }",
            "A.go(): method return type generics changed"),
        change(
            "an interface demands more",
            "public interface A { void go(); }",
            "public interface A { void go(); void stop(); }",
            "A.stop(): method added to interface"),
        change(
            "an abstract class demands more",
            "public abstract class A { public abstract void go(); }",
            "public abstract class A { public abstract void go(); protected abstract void stop();"
                + " }",
            "A.stop(): method abstract added to class"),
        change(
            "a class becomes final",
            "public class A {}",
            "public final class A {}",
            "A: class now not extendable"),
        change(
            "a method becomes final",
            "public class A { public void go() {} }",
            "public class A { public final void go() {} }",
            "A.go(): method now final"),
        change(
            "a method becomes static",
            "public class A { public void go() {} }",
            "public class A { public static void go() {} }",
            "A.go(): method now static"),
        change(
            "an interface is sealed",
            "public interface A { final class B implements A {} }",
            "public sealed interface A { final class B implements A {} }",
            "A: class now sealed"),
        change(
            "a checked exception comes",
            "public class A { public void go() {} }",
            "public class A { public void go() throws java.io.IOException {} }",
            "A.go(): method now throws checked exception"),
        change(
            "a checked exception goes, and a catch of it does not compile",
            "public class A { public void go() throws java.io.IOException {} }",
            "public class A { public void go() {} }",
            "A.go(): method no longer throws checked exception"),
        change(
            "a component of a record goes",
            "public record A(int one, int two) {}",
            "public record A(int one) {}",
            "A.two(): method removed"),
        change(
            "a component of a record comes, and its constructor is another",
            "public record A(int one) {}",
            "public record A(int one, int two) {}",
            "A.A(int): constructor removed"),
        change(
            "a constant of an enumeration goes",
            "public enum A { ONE, TWO }",
            "public enum A { ONE }",
            "A.TWO: field removed"),
        change(
            "constants of an enumeration change places",
            "public enum A { ONE, TWO, THREE }",
            "public enum A { ONE, THREE, TWO }",
            "A: order of constants changed: [ONE, TWO, THREE] to [ONE, THREE, TWO]"),
        change(
            "a constant has another value",
            "public class A { public static final int SIZE = 1; }",
            "public class A { public static final int SIZE = 2; }",
            "A.SIZE: value of constant changed: 1 to 2"),
        change(
            "a field becomes final",
            "public class A { public int size; }",
            "public class A { public final int size = 1; }",
            "A.size: field now final"),
        change(
            "a protected method is for its package alone",
            "public class A { protected void go() {} }",
            "public class A { void go() {} }",
            "A.go(): method less accessible"),
        change(
            "a class is for its package alone",
            "public class A { public void go() {} }",
            "class A { public void go() {} }",
            "A: class no longer public"),
        change(
            "a type is another kind of type",
            "public class A {}",
            "public interface A {}",
            "A: class type changed"),
        change(
            "a bound comes",
            "public class A<T> {}",
            "public class A<T extends Number> {}",
            "A: class generic template changed"),
        change(
            "a nested type goes",
            "public class A { public interface B {} }",
            "public class A {}",
            "A$B: class removed"),
        change(
            "a result may be null",
            "public final class A { public String go() { return null; } }",
            "public final class A { public @Nullable String go() { return null; } }",
            "A.go: result may be null now"),
        change(
            "an argument must not be null",
            "public final class A { public void go(@Nullable String what) {} }",
            "public final class A { public void go(String what) {} }",
            "A.go: argument 1 must not be null any more"),
        change(
            "who implements it is given a null",
            "public interface A { void go(String what); }",
            "public interface A { void go(@Nullable String what); }",
            "A.go: argument 1 may be null now"),
        change(
            "elements may be null",
            "public final class A { public List<String> go() { return null; } }",
            "public final class A { public List<@Nullable String> go() { return null; } }",
            "A.go: result 0; may be null now"));
  }

  private static Arguments change(String name, String before, String after, String finding) {
    return Arguments.of(name, before, after, finding);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void breaking(String name, String before, String after, String finding) throws IOException {
    PublicTypes old = Compiled.types(folder.resolve("before"), 17, before);
    PublicTypes present = Compiled.types(folder.resolve("after"), 17, after);

    assertThat(Breaks.between(old, present, Compiled.PACKAGES))
        .contains("dev.drawbridge.shop." + finding);
    assertThat(Signatures.of(present)).as("the listing").isNotEqualTo(Signatures.of(old));
  }

  static Stream<Arguments> harmless() {
    return Stream.of(
        Arguments.of(
            "a method comes to a class",
            "public class A { public void go() {} }",
            "public class A { public void go() {} public void go(int times) {} }"),
        Arguments.of(
            "a method with a body comes to an interface",
            "public interface A { void go(); }",
            "public interface A { void go(); default void stop() {} static A no() { return null; }"
                + " }"),
        Arguments.of(
            "a sealed interface demands more",
            "public sealed interface A { final class B implements A {} }",
            "public sealed interface A { void go(); final class B implements A { public void go()"
                + " {} } }"),
        Arguments.of(
            "a constant comes to the end, and one between",
            "public enum A { ONE, THREE }",
            "public enum A { ONE, TWO, THREE, FOUR }"),
        Arguments.of(
            "a constant gets a body of its own",
            "public enum A { ONE, TWO }",
            "public enum A { ONE { public String toString() { return \"1\"; } }, TWO }"),
        Arguments.of(
            "a nested type comes",
            "public class A {}",
            "public class A { public record B(int i) {} }"),
        Arguments.of("a class is no longer final", "public final class A {}", "public class A {}"),
        Arguments.of(
            "something is deprecated",
            "public class A { public void go() {} }",
            "public class A { @Deprecated(since = \"1.1\") public void go() {} }"),
        Arguments.of(
            "what nobody sees is another",
            "public class A { private int a; void b() {} static class C { public void d() {} } }",
            "public class A { private String e; }"),
        Arguments.of(
            "an argument may be null and a result not any more",
            "public final class A { public @Nullable String go(String what) { return null; } }",
            "public final class A { public String go(@Nullable String what) { return null; } }"),
        Arguments.of(
            "an unchecked exception is announced",
            "public class A { public void go() {} }",
            "public class A { public void go() throws IllegalStateException {} }"),
        Arguments.of(
            "a record says more",
            "public record A(int one) {}",
            "public record A(int one) { public int twice() { return 2 * one; } }"),
        Arguments.of(
            "a method moves to a parent that nobody sees",
            "public class A { public void go() {} }",
            "public class A extends B {} abstract class B { public void go() {} }"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void harmless(String name, String before, String after) throws IOException {
    assertThat(breaks(before, after)).isEmpty();
  }

  @Test
  void classFilesOfANewerJavaBreakWhoRunsAnOlderOne() throws IOException {
    String source = "public class A {}";

    SortedSet<String> found =
        Breaks.between(
            Compiled.types(folder.resolve("before"), 11, source),
            Compiled.types(folder.resolve("after"), 17, source),
            Compiled.PACKAGES);

    assertThat(found).containsExactly("class files need Java 17, and before Java 11");
  }

  @Test
  void otherPackagesMayChange() throws IOException {
    PublicTypes before = Compiled.types(folder.resolve("before"), 17, "public class A {}");

    assertThat(
            Breaks.between(
                PublicTypes.of(before.classes(), Set.of("dev.drawbridge.other")),
                PublicTypes.of(Map.of(), Set.of("dev.drawbridge.other")),
                Set.of("dev.drawbridge.other")))
        .isEmpty();
  }
}
