package dev.drawbridge.compatibility;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which changes of a class break who uses it. */
class BreaksTest {
  @TempDir private static Path folder;
  private static List<PublicTypes> before;
  private static List<PublicTypes> after;

  private record Change(String name, String before, String after, String finding) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Stream<Change> changes() {
    return Stream.concat(breaking(), harmless());
  }

  @BeforeAll
  static void compile() throws IOException {
    before = Compiled.types(folder.resolve("before"), 17, changes().map(Change::before).toList());
    after = Compiled.types(folder.resolve("after"), 17, changes().map(Change::after).toList());
  }

  /** Without the package, which each change has of its own. */
  private static List<String> breaks(Change change) throws IOException {
    int at = changes().toList().indexOf(change);
    String home = "dev.drawbridge.shop" + at;
    return Breaks.between(before.get(at), after.get(at), Set.of(home)).stream()
        .map(line -> line.replace(home + ".", ""))
        .toList();
  }

  static Stream<Change> breaking() {
    return Stream.of(
        new Change(
            "a method goes",
            "public class A { public void go() {} public void stay() {} }",
            "public class A { public void stay() {} }",
            "A.go(): method removed"),
        new Change(
            "an argument is narrowed",
            "public class A { public void go(CharSequence what) {} }",
            "public class A { public void go(String what) {} }",
            "A.go(java.lang.CharSequence): method removed"),
        new Change(
            "a result is widened",
            "public class A { public String go() { return null; } }",
            "public class A { public Object go() { return null; } }",
            "A.go(): method return type changed"),
        new Change(
            "a result is narrowed, which class files notice",
            "public class A { public Object go() { return null; } }",
            "public class A { public String go() { return null; } }",
            "A.go(): method return type changed"),
        new Change(
            "elements of a result change",
            "public class A { public List<String> go() { return null; } }",
            "public class A { public List<Integer> go() { return null; } }",
            "A.go(): method return type generics changed"),
        new Change(
            "an interface demands more",
            "public interface A { void go(); }",
            "public interface A { void go(); void stop(); }",
            "A.stop(): method added to interface"),
        new Change(
            "an abstract class demands more",
            "public abstract class A { public abstract void go(); }",
            "public abstract class A { public abstract void go(); protected abstract void stop();"
                + " }",
            "A.stop(): method abstract added to class"),
        new Change(
            "a class becomes final",
            "public class A {}",
            "public final class A {}",
            "A: class now not extendable"),
        new Change(
            "a method becomes final",
            "public class A { public void go() {} }",
            "public class A { public final void go() {} }",
            "A.go(): method now final"),
        new Change(
            "a method becomes static",
            "public class A { public void go() {} }",
            "public class A { public static void go() {} }",
            "A.go(): method now static"),
        new Change(
            "an interface is sealed",
            "public interface A { final class B implements A {} }",
            "public sealed interface A { final class B implements A {} }",
            "A: class now sealed"),
        new Change(
            "a checked exception comes",
            "public class A { public void go() {} }",
            "public class A { public void go() throws java.io.IOException {} }",
            "A.go(): method now throws checked exception"),
        new Change(
            "a checked exception goes, and a catch of it does not compile",
            "public class A { public void go() throws java.io.IOException {} }",
            "public class A { public void go() {} }",
            "A.go(): method no longer throws checked exception"),
        new Change(
            "a component of a record goes",
            "public record A(int one, int two) {}",
            "public record A(int one) {}",
            "A.two(): method removed"),
        new Change(
            "a component of a record comes, and its constructor is another",
            "public record A(int one) {}",
            "public record A(int one, int two) {}",
            "A.A(int): constructor removed"),
        new Change(
            "a constant of an enumeration goes",
            "public enum A { ONE, TWO }",
            "public enum A { ONE }",
            "A.TWO: field removed"),
        new Change(
            "constants of an enumeration change places",
            "public enum A { ONE, TWO, THREE }",
            "public enum A { ONE, THREE, TWO }",
            "A: order of constants changed: [ONE, TWO, THREE] to [ONE, THREE, TWO]"),
        new Change(
            "a constant has another value",
            "public class A { public static final int SIZE = 1; }",
            "public class A { public static final int SIZE = 2; }",
            "A.SIZE: value of constant changed: 1 to 2"),
        new Change(
            "a field becomes final",
            "public class A { public int size; }",
            "public class A { public final int size = 1; }",
            "A.size: field now final"),
        new Change(
            "a protected method is for its package alone",
            "public class A { protected void go() {} }",
            "public class A { void go() {} }",
            "A.go(): method less accessible"),
        new Change(
            "a class is for its package alone",
            "public class A { public void go() {} }",
            "class A { public void go() {} }",
            "A: class no longer public"),
        new Change(
            "a type is another kind of type",
            "public class A {}",
            "public interface A {}",
            "A: class type changed"),
        new Change(
            "a bound comes",
            "public class A<T> {}",
            "public class A<T extends Number> {}",
            "A: class generic template changed"),
        new Change(
            "a nested type goes",
            "public class A { public interface B {} }",
            "public class A {}",
            "A$B: class removed"),
        new Change(
            "a result may be null",
            "public final class A { public String go() { return null; } }",
            "public final class A { public @Nullable String go() { return null; } }",
            "A.go: result may be null now"),
        new Change(
            "an argument must not be null",
            "public final class A { public void go(@Nullable String what) {} }",
            "public final class A { public void go(String what) {} }",
            "A.go: argument 1 must not be null any more"),
        new Change(
            "who implements it is given a null",
            "public interface A { void go(String what); }",
            "public interface A { void go(@Nullable String what); }",
            "A.go: argument 1 may be null now"),
        new Change(
            "elements may be null",
            "public final class A { public List<String> go() { return null; } }",
            "public final class A { public List<@Nullable String> go() { return null; } }",
            "A.go: result 0; may be null now"));
  }

  @ParameterizedTest
  @MethodSource
  void breaking(Change change) throws IOException {
    int at = changes().toList().indexOf(change);

    assertThat(breaks(change)).contains(change.finding());
    assertThat(Signatures.of(after.get(at)))
        .as("the listing")
        .isNotEqualTo(Signatures.of(before.get(at)));
  }

  static Stream<Change> harmless() {
    return Stream.of(
        new Change(
            "a method comes to a class",
            "public class A { public void go() {} }",
            "public class A { public void go() {} public void go(int times) {} }",
            ""),
        new Change(
            "a method with a body comes to an interface",
            "public interface A { void go(); }",
            "public interface A { void go(); default void stop() {} static A no() { return null; }"
                + " }",
            ""),
        new Change(
            "a sealed interface demands more",
            "public sealed interface A { final class B implements A {} }",
            "public sealed interface A { void go(); final class B implements A { public void go()"
                + " {} } }",
            ""),
        new Change(
            "a constant comes to the end, and one between",
            "public enum A { ONE, THREE }",
            "public enum A { ONE, TWO, THREE, FOUR }",
            ""),
        new Change(
            "a constant gets a body of its own",
            "public enum A { ONE, TWO }",
            "public enum A { ONE { public String toString() { return \"1\"; } }, TWO }",
            ""),
        new Change(
            "a nested type comes",
            "public class A {}",
            "public class A { public record B(int i) {} }",
            ""),
        new Change(
            "a class is no longer final", "public final class A {}", "public class A {}", ""),
        new Change(
            "something is deprecated",
            "public class A { public void go() {} }",
            "public class A { @Deprecated(since = \"1.1\") public void go() {} }",
            ""),
        new Change(
            "what nobody sees is another",
            "public class A { private int a; void b() {} static class C { public void d() {} } }",
            "public class A { private String e; }",
            ""),
        new Change(
            "an argument may be null and a result not any more",
            "public final class A { public @Nullable String go(String what) { return null; } }",
            "public final class A { public String go(@Nullable String what) { return null; } }",
            ""),
        new Change(
            "an unchecked exception is announced",
            "public class A { public void go() {} }",
            "public class A { public void go() throws IllegalStateException {} }",
            ""),
        new Change(
            "a record says more",
            "public record A(int one) {}",
            "public record A(int one) { public int twice() { return 2 * one; } }",
            ""),
        new Change(
            "a method moves to a parent that nobody sees",
            "public class A { public void go() {} }",
            "public class A extends B {} abstract class B { public void go() {} }",
            ""));
  }

  @ParameterizedTest
  @MethodSource
  void harmless(Change change) throws IOException {
    assertThat(breaks(change)).isEmpty();
  }

  @Test
  void classFilesOfANewerJavaBreakWhoRunsAnOlderOne() throws IOException {
    List<String> source = List.of("public class A {}");

    SortedSet<String> found =
        Breaks.between(
            Compiled.types(folder.resolve("older"), 11, source).get(0),
            Compiled.types(folder.resolve("newer"), 17, source).get(0),
            Set.of("dev.drawbridge.shop0"));

    assertThat(found).containsExactly("class files need Java 17, and before Java 11");
  }

  @Test
  void otherPackagesMayChange() throws IOException {
    Set<String> packages = Set.of("dev.drawbridge.other");

    assertThat(
            Breaks.between(
                PublicTypes.of(before.get(0).classes(), packages),
                PublicTypes.of(Map.of(), packages),
                packages))
        .isEmpty();
  }
}
