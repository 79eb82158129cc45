package dev.drawbridge.compatibility;

import japicmp.cmp.JApiCmpArchive;
import japicmp.cmp.JarArchiveComparator;
import japicmp.cmp.JarArchiveComparatorOptions;
import japicmp.filter.JavadocLikePackageFilter;
import japicmp.model.AccessModifier;
import japicmp.model.JApiBehavior;
import japicmp.model.JApiClass;
import japicmp.model.JApiCompatibility;
import japicmp.model.JApiCompatibilityChange;
import japicmp.model.JApiCompatibilityChangeType;
import japicmp.model.JApiMethod;
import japicmp.model.JApiParameter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.MethodNode;

/**
 * What in a newer state of a module breaks sources or class files of who uses an older one: what
 * japicmp finds, and the order and values of constants, nullness, sealing and the version of the
 * class files, which that does not judge.
 *
 * <p>An interface counts as one that applications implement, unless it is sealed: they do so at
 * least in their tests.
 */
final class Breaks {
  private final PublicTypes before;
  private final PublicTypes after;
  private final SortedSet<String> found = new TreeSet<>();

  private Breaks(PublicTypes before, PublicTypes after) {
    this.before = before;
    this.after = after;
  }

  /**
   * @param packages those that were public before
   * @return one line for each break, sorted; empty if nobody has to change anything
   */
  static SortedSet<String> between(PublicTypes before, PublicTypes after, Set<String> packages)
      throws IOException {
    Breaks breaks = new Breaks(before, after);
    breaks.askJapicmp(packages);
    for (ClassNode old : before.all()) {
      ClassNode present = after.named(old.name);
      if (present != null) {
        breaks.compare(old, present);
      }
    }
    return breaks.found;
  }

  private void askJapicmp(Set<String> packages) throws IOException {
    JarArchiveComparatorOptions options = new JarArchiveComparatorOptions();
    options.setAccessModifier(AccessModifier.PROTECTED);
    // Of other modules and of third parties.
    options.getIgnoreMissingClasses().setIgnoreAllMissingClasses(true);
    packages.forEach(
        name -> options.getFilters().getIncludes().add(new JavadocLikePackageFilter(name, true)));
    Path folder = Files.createTempDirectory("drawbridge-japicmp");
    try {
      Path old = jar(folder.resolve("before.jar"), before.classes());
      Path present = jar(folder.resolve("after.jar"), after.classes());
      List<JApiClass> types =
          new JarArchiveComparator(options)
              .compare(
                  new JApiCmpArchive(old.toFile(), "before"),
                  new JApiCmpArchive(present.toFile(), "after"));
      types.forEach(this::judge);
    } finally {
      Files.deleteIfExists(folder.resolve("before.jar"));
      Files.deleteIfExists(folder.resolve("after.jar"));
      Files.delete(folder);
    }
  }

  private static Path jar(Path file, Map<String, byte[]> classes) throws IOException {
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file))) {
      jar.setLevel(0);
      for (Map.Entry<String, byte[]> each : classes.entrySet()) {
        jar.putNextEntry(new JarEntry(each.getKey()));
        jar.write(each.getValue());
        jar.closeEntry();
      }
    }
    return file;
  }

  private void judge(JApiClass type) {
    String name = type.getFullyQualifiedName();
    ClassNode old = before.named(name.replace('.', '/'));
    if (old != null && old.permittedSubclasses != null) {
      // Nobody else implements it.
      type.getMethods()
          .forEach(
              method ->
                  method
                      .getCompatibilityChanges()
                      .removeIf(
                          change ->
                              change.getType()
                                  == JApiCompatibilityChangeType.METHOD_ADDED_TO_INTERFACE));
    }
    add(name, type);
    type.getInterfaces()
        .forEach(one -> add(name + " implements " + one.getFullyQualifiedName(), one));
    add(name, type.getSuperclass());
    type.getFields().forEach(field -> add(name + "." + field.getName(), field));
    type.getConstructors().forEach(one -> add(name, one));
    for (JApiMethod method : type.getMethods()) {
      add(name, method);
      add(name + "." + signature(method), method.getReturnType());
    }
  }

  private void add(String type, JApiBehavior behavior) {
    String where = type + "." + signature(behavior);
    add(where, (JApiCompatibility) behavior);
    behavior.getParameters().forEach(one -> add(where, one));
  }

  private static String signature(JApiBehavior behavior) {
    return behavior.getName()
        + behavior.getParameters().stream()
            .map(JApiParameter::getType)
            .toList()
            .toString()
            .replace('[', '(')
            .replace(']', ')');
  }

  private void add(String where, JApiCompatibility element) {
    for (JApiCompatibilityChange change : element.getCompatibilityChanges()) {
      if (!change.isBinaryCompatible() || !change.isSourceCompatible()) {
        found.add(where + ": " + words(change.getType().name()));
      }
    }
  }

  private static String words(String constant) {
    return constant.toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private void compare(ClassNode old, ClassNode present) {
    String name = Type.getObjectType(old.name).getClassName();
    if ((present.version & 0xFFFF) > (old.version & 0xFFFF)) {
      found.add(
          "class files need Java "
              + ((present.version & 0xFFFF) - 44)
              + ", and before Java "
              + ((old.version & 0xFFFF) - 44));
    }
    if (marks(old) != marks(present)) {
      found.add(name + ": null-marked, and not both times");
    }
    if (old.permittedSubclasses == null
        && present.permittedSubclasses != null
        && (present.access & Opcodes.ACC_ENUM) == 0) {
      found.add(name + ": class now sealed");
    }
    List<String> kept = constants(present);
    List<String> constants = constants(old);
    constants.retainAll(kept);
    kept.retainAll(constants);
    if (!kept.equals(constants)) {
      found.add(name + ": order of constants changed: " + constants + " to " + kept);
    }
    for (FieldNode field : old.fields) {
      present.fields.stream()
          .filter(one -> PublicTypes.isSeen(field.access) && one.name.equals(field.name))
          .forEach(one -> compare(name + "." + field.name, field, one));
    }
    for (MethodNode method : old.methods) {
      present.methods.stream()
          .filter(one -> PublicTypes.isSeen(method.access) && one.name.equals(method.name))
          .filter(one -> one.desc.equals(method.desc))
          .forEach(one -> compare(name + "." + method.name, method, one, isClosed(present)));
    }
  }

  /** Of a package. */
  private static boolean marks(ClassNode type) {
    return type.visibleAnnotations != null
        && type.visibleAnnotations.stream()
            .anyMatch(one -> one.desc.equals("Lorg/jspecify/annotations/NullMarked;"));
  }

  private static List<String> constants(ClassNode type) {
    return new ArrayList<>(
        type.fields.stream()
            .filter(field -> (field.access & Opcodes.ACC_ENUM) != 0)
            .map(field -> field.name)
            .toList());
  }

  /** Nobody else can extend or implement it. */
  private static boolean isClosed(ClassNode type) {
    boolean constructed =
        type.methods.stream()
            .anyMatch(method -> method.name.equals("<init>") && PublicTypes.isSeen(method.access));
    return (type.access & Opcodes.ACC_FINAL) != 0
        || type.permittedSubclasses != null
        || ((type.access & Opcodes.ACC_INTERFACE) == 0 && !constructed);
  }

  private void compare(String where, FieldNode old, FieldNode present) {
    if (old.value != null && !Objects.equals(old.value, present.value)) {
      // Compiled into who uses it.
      found.add(where + ": value of constant changed: " + old.value + " to " + present.value);
    }
    nullness(
        where,
        Nullness.of(old.visibleTypeAnnotations),
        Nullness.of(present.visibleTypeAnnotations),
        (present.access & Opcodes.ACC_FINAL) != 0);
  }

  private void compare(String where, MethodNode old, MethodNode present, boolean closed) {
    nullness(
        where,
        Nullness.of(old.visibleTypeAnnotations),
        Nullness.of(present.visibleTypeAnnotations),
        closed
            || old.name.equals("<init>")
            || (present.access & (Opcodes.ACC_STATIC | Opcodes.ACC_FINAL)) != 0);
  }

  /**
   * @param callersOnly nobody overrides it, so that a result may lose its null and an argument gain
   *     one
   */
  private void nullness(String where, Set<String> old, Set<String> present, boolean callersOnly) {
    Stream<String> changed =
        Stream.concat(
            old.stream()
                .filter(place -> !present.contains(place))
                .filter(place -> !callersOnly || !place.equals("result"))
                .map(place -> place + " must not be null any more"),
            present.stream()
                .filter(place -> !old.contains(place))
                .filter(place -> !callersOnly || !place.matches("argument \\d+"))
                .map(place -> place + " may be null now"));
    changed.forEach(words -> found.add(where + ": " + words));
  }
}
