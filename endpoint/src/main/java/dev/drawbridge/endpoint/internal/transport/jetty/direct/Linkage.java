package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Links classes of ours at once with all that they name, where the JVM would do so member by member
 * when each is used for the first time. What they name is read from their class files (JVM
 * specification, section 4.4), so that no list of it can be out of date. Stateless.
 */
public final class Linkage {
  private static final int UTF8 = 1;
  private static final int LONG = 5;
  private static final int DOUBLE = 6;
  private static final int CLASS = 7;
  private static final int FIELD = 9;
  private static final int METHOD = 10;
  private static final int INTERFACE_METHOD = 11;
  private static final int NAME_AND_TYPE = 12;

  /** Magic number and version. */
  private static final int HEADER_BYTES = 8;

  /** Bytes of a constant behind its tag, by the tag; 0 for tags that do not exist. */
  private static final int[] SIZES = {
    0, 0, 0, 4, 4, 8, 8, 2, 2, 4, 4, 4, 4, 0, 0, 3, 2, 4, 4, 2, 2
  };

  private Linkage() {}

  /** A member as a class file names it. */
  private record Member(String owner, String name, String descriptor, boolean isField) {
    @Override
    public String toString() {
      return owner.replace('/', '.') + "." + name + descriptor;
    }
  }

  /**
   * What one class file names.
   *
   * @param texts all of its strings, descriptors among them
   */
  private record Names(List<String> classes, List<Member> members, List<String> texts) {}

  /** A class in a descriptor or a signature (JVM specification, sections 4.3 and 4.7.9.1). */
  private static final Pattern IN_DESCRIPTOR = Pattern.compile("L([\\w/$]+)[;<]");

  /**
   * The classes that a class of ours and those of its package name, without loading any of them:
   * what must be in sight for them to be linked. From the class files beside this one.
   *
   * @param first the simple name of the class to begin with
   * @param prefix of the names that are wanted, with dots
   * @return binary names, sorted; none where a packer has taken the class files away
   */
  public static Set<String> named(String first, String prefix) {
    String own = Linkage.class.getPackageName().replace('.', '/') + "/";
    String wanted = prefix.replace('.', '/');
    Set<String> found = new TreeSet<>();
    Set<String> seen = new TreeSet<>(Set.of(own + first));
    Deque<String> left = new ArrayDeque<>(seen);
    while (!left.isEmpty()) {
      Names names = names(Linkage.class, left.remove().substring(own.length()) + ".class");
      Stream<String> inTexts =
          names.texts.stream()
              .flatMap(text -> IN_DESCRIPTOR.matcher(text).results())
              .map(match -> match.group(1));
      Stream.concat(names.classes.stream(), inTexts)
          .forEach(
              name -> {
                if (name.startsWith(wanted)) {
                  found.add(name.replace('/', '.'));
                } else if (name.startsWith(own) && seen.add(name)) {
                  left.add(name);
                }
              });
    }
    return found;
  }

  /**
   * Loads everything that a class and its nested classes name, and looks all their members up.
   *
   * @throws LinkageError if something of it is missing, or has become abstract
   */
  public static void check(Class<?> type) {
    Names names = names(type);
    ClassLoader loader = type.getClassLoader();
    names.classes.forEach(name -> load(name, loader));
    for (Member member : names.members) {
      if (!exists(load(member.owner, loader), member)) {
        throw member.isField
            ? new NoSuchFieldError(member.toString())
            : new NoSuchMethodError(member.toString());
      }
    }
    if (!Modifier.isAbstract(type.getModifiers())) {
      Arrays.stream(type.getMethods())
          .filter(method -> Modifier.isAbstract(method.getModifiers()))
          .findAny()
          .ifPresent(
              method -> {
                throw new AbstractMethodError(method.toString());
              });
    }
    Arrays.stream(type.getDeclaredClasses()).forEach(Linkage::check);
  }

  private static @Nullable Class<?> load(String name, @Nullable ClassLoader loader) {
    if (name.startsWith("[")) {
      return null;
    }
    try {
      return Class.forName(name.replace('/', '.'), false, loader);
    } catch (ClassNotFoundException e) {
      NoClassDefFoundError missing = new NoClassDefFoundError(name);
      missing.initCause(e);
      throw missing;
    }
  }

  /** Null is an array, which has what every array has. */
  private static boolean exists(@Nullable Class<?> owner, Member member) {
    if (owner == null) {
      return true;
    }
    if (member.isField) {
      return fields(owner).anyMatch(field -> field.getName().equals(member.name));
    }
    if (member.name.equals("<init>")) {
      return Arrays.stream(owner.getDeclaredConstructors())
          .anyMatch(each -> descriptor(each).equals(member.descriptor));
    }
    // The JDK's own are there, some of them with signatures that fit every call.
    return owner.getName().startsWith("java.")
        || methods(owner)
            .anyMatch(
                each ->
                    each.getName().equals(member.name)
                        && descriptor(each).equals(member.descriptor));
  }

  private static Stream<Field> fields(Class<?> owner) {
    return supertypes(owner).flatMap(type -> Arrays.stream(type.getDeclaredFields()));
  }

  private static Stream<Method> methods(Class<?> owner) {
    return supertypes(owner).flatMap(type -> Arrays.stream(type.getDeclaredMethods()));
  }

  /** The type itself, its supertypes, and what every interface has. */
  private static Stream<Class<?>> supertypes(@Nullable Class<?> type) {
    if (type == null) {
      return Stream.of(Object.class);
    }
    return Stream.concat(
        Stream.concat(Stream.of(type), supertypes(type.getSuperclass())),
        Arrays.stream(type.getInterfaces()).flatMap(Linkage::supertypes));
  }

  private static String descriptor(Method method) {
    return MethodType.methodType(method.getReturnType(), method.getParameterTypes())
        .descriptorString();
  }

  private static String descriptor(Constructor<?> constructor) {
    return MethodType.methodType(void.class, constructor.getParameterTypes()).descriptorString();
  }

  private static Names names(Class<?> type) {
    return names(type, type.getName().substring(type.getName().lastIndexOf('.') + 1) + ".class");
  }

  private static Names names(Class<?> beside, String file) {
    try (InputStream in = beside.getResourceAsStream(file)) {
      if (in == null) {
        // A packer has taken the class files away: then each member is linked when it is used.
        return new Names(List.of(), List.of(), List.of());
      }
      return names(new DataInputStream(new ByteArrayInputStream(in.readAllBytes())));
    } catch (IOException e) {
      throw new UncheckedIOException("the class file cannot be read: " + file, e);
    }
  }

  private static Names names(DataInputStream in) throws IOException {
    in.skipNBytes(HEADER_BYTES);
    int count = in.readUnsignedShort();
    int[] tags = new int[count];
    int[] first = new int[count];
    int[] second = new int[count];
    String[] texts = new String[count];
    for (int i = 1; i < count; i++) {
      int tag = in.readUnsignedByte();
      tags[i] = tag;
      if (tag == UTF8) {
        texts[i] = in.readUTF();
      } else if (tag == CLASS) {
        first[i] = in.readUnsignedShort();
      } else if (tag >= FIELD && tag <= NAME_AND_TYPE) {
        first[i] = in.readUnsignedShort();
        second[i] = in.readUnsignedShort();
      } else {
        in.skipNBytes(SIZES[tag]);
        // These two take two places.
        i += tag == LONG || tag == DOUBLE ? 1 : 0;
      }
    }
    List<String> classes = new ArrayList<>();
    List<Member> members = new ArrayList<>();
    for (int i = 1; i < count; i++) {
      if (tags[i] == CLASS) {
        classes.add(texts[first[i]]);
      } else if (tags[i] == FIELD || tags[i] == METHOD || tags[i] == INTERFACE_METHOD) {
        String owner = texts[first[first[i]]];
        int nameAndType = second[i];
        members.add(
            new Member(
                owner, texts[first[nameAndType]], texts[second[nameAndType]], tags[i] == FIELD));
      }
    }
    return new Names(classes, members, Arrays.stream(texts).filter(Objects::nonNull).toList());
  }
}
