package dev.drawbridge.compatibility;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.InnerClassNode;

/**
 * The types of a module that others can name, and the hidden ones that these extend, whose public
 * members are members of theirs.
 */
final class PublicTypes {
  private final Map<String, byte[]> classes;
  private final SortedMap<String, ClassNode> types = new TreeMap<>();

  private PublicTypes(Map<String, byte[]> classes) {
    this.classes = classes;
  }

  /**
   * @param classes all class files of a module, by their paths
   * @param packages those that are public, with dots
   */
  static PublicTypes of(Map<String, byte[]> classes, Set<String> packages) {
    PublicTypes types = new PublicTypes(classes);
    types.classes.keySet().stream()
        .filter(path -> packages.contains(packageOf(path)))
        .forEach(
            path -> {
              ClassNode type = types.read(path);
              if (type != null && types.canBeNamed(type)) {
                types.add(type);
              }
            });
    return types;
  }

  private static String packageOf(String path) {
    int end = path.lastIndexOf('/');
    return end < 0 ? "" : path.substring(0, end).replace('/', '.');
  }

  private @Nullable ClassNode read(String path) {
    byte[] bytes = classes.get(path);
    if (bytes == null) {
      return null;
    }
    ClassNode type = new ClassNode();
    new ClassReader(bytes).accept(type, ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG);
    return type;
  }

  private boolean canBeNamed(ClassNode type) {
    if (type.name.endsWith("/package-info")) {
      return true;
    }
    if ((access(type) & Opcodes.ACC_SYNTHETIC) != 0 || !isSeen(access(type))) {
      return false;
    }
    for (InnerClassNode inner : type.innerClasses) {
      if (inner.name.equals(type.name)) {
        ClassNode outer = inner.outerName == null ? null : read(inner.outerName + ".class");
        return outer != null && canBeNamed(outer);
      }
    }
    return true;
  }

  private void add(ClassNode type) {
    Deque<ClassNode> open = new ArrayDeque<>(List.of(type));
    while (!open.isEmpty()) {
      ClassNode one = open.pop();
      if (types.putIfAbsent(one.name, one) == null) {
        List<String> parents = new ArrayList<>(one.interfaces);
        if (one.superName != null) {
          parents.add(one.superName);
        }
        for (String parent : parents) {
          ClassNode hidden = read(parent + ".class");
          if (hidden != null && packageOf(parent).equals(packageOf(one.name))) {
            open.push(hidden);
          }
        }
      }
    }
  }

  /** Its modifiers as they are in the source: those of a nested type stand in another place. */
  static int access(ClassNode type) {
    for (InnerClassNode inner : type.innerClasses) {
      if (inner.name.equals(type.name)) {
        return inner.access | (type.access & (Opcodes.ACC_RECORD | Opcodes.ACC_DEPRECATED));
      }
    }
    return type.access;
  }

  static boolean isSeen(int access) {
    return (access & (Opcodes.ACC_PUBLIC | Opcodes.ACC_PROTECTED)) != 0;
  }

  boolean isEmpty() {
    return types.isEmpty();
  }

  /** In the order of their names. */
  Collection<ClassNode> all() {
    return types.values();
  }

  @Nullable ClassNode named(String name) {
    return types.get(name);
  }

  /** Every class file of the module, by its path. */
  Map<String, byte[]> classes() {
    return classes;
  }
}
