package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIdentityInfo;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedArrayType;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Whether a value is made of JSON by Jackson and the standard rules alone: then nothing waits for a
 * database or a network meanwhile, and the thread that reads for all connections may do it. A rule
 * or a deserializer of the application's own may ask anybody, and so may classes that the data
 * chooses: such values are made in the turn of their handler. That constructors and setters do not
 * wait is the application's promise, as nothing tells what is in them. Used at the start; not
 * thread-safe.
 */
public final class PlainData {
  /** Annotations by which nobody's code is called. */
  private static final List<String> HARMLESS =
      List.of(
          "java.lang.",
          "jakarta.annotation.",
          "jakarta.validation.",
          "com.fasterxml.jackson.annotation.",
          "org.jspecify.annotations.",
          "org.jetbrains.annotations.",
          "kotlin.");

  /** Of those, annotations that have classes of the application's own chosen or called. */
  private static final Set<Class<? extends Annotation>> CHOOSING =
      Set.of(JsonTypeInfo.class, JsonSubTypes.class, JsonIdentityInfo.class);

  /** May give any class rules that nothing in it tells of. */
  private static final String RULES_IN_XML = "META-INF/validation.xml";

  private final Set<Class<?>> seen = new HashSet<>();

  private PlainData() {}

  /** True if values of all these classes are. */
  public static boolean are(Stream<Class<?>> types) {
    PlainData data = new PlainData();
    return types.allMatch(data::isPlain) && !hasRulesInXml();
  }

  private static boolean hasRulesInXml() {
    ClassLoader application = Thread.currentThread().getContextClassLoader();
    return application != null && application.getResource(RULES_IN_XML) != null;
  }

  private boolean isPlain(Type type) {
    if (type instanceof Class<?> one) {
      return isPlainClass(one);
    }
    if (type instanceof GenericArrayType array) {
      return isPlain(array.getGenericComponentType());
    }
    if (type instanceof ParameterizedType generic) {
      return isPlain(generic.getRawType())
          && Arrays.stream(generic.getActualTypeArguments()).allMatch(this::isPlain);
    }
    return type instanceof WildcardType any
        && Arrays.stream(any.getUpperBounds()).allMatch(this::isPlain);
  }

  private boolean isPlainClass(Class<?> type) {
    if (type.isArray()) {
      return isPlainClass(type.getComponentType());
    }
    if (type.isPrimitive()
        || type.getName().startsWith("java.")
        || JsonNode.class.isAssignableFrom(type)
        || !seen.add(type)) {
      return true;
    }
    if (type.isInterface() || (Modifier.isAbstract(type.getModifiers()) && !type.isEnum())) {
      return false;
    }
    return isHarmless(type)
        && Arrays.stream(type.getDeclaredFields()).allMatch(this::isPlainField)
        && Arrays.stream(type.getDeclaredMethods()).allMatch(this::isPlainMethod)
        && Arrays.stream(type.getDeclaredConstructors())
            .allMatch(each -> isHarmlessCode(each) && (type.isEnum() || takesPlain(each)))
        && Arrays.stream(type.getInterfaces()).allMatch(PlainData::isHarmlessInterface)
        && (type.getSuperclass() == null || isPlainClass(type.getSuperclass()));
  }

  /** Rules of an interface and of those above it are those of who implements it. */
  private static boolean isHarmlessInterface(Class<?> type) {
    return type.getName().startsWith("java.")
        || (isHarmless(type)
            && Arrays.stream(type.getDeclaredMethods()).allMatch(PlainData::isHarmlessMethod)
            && Arrays.stream(type.getInterfaces()).allMatch(PlainData::isHarmlessInterface));
  }

  private boolean isPlainField(Field field) {
    return Modifier.isStatic(field.getModifiers())
        || (isHarmless(field)
            && isHarmlessType(field.getAnnotatedType())
            && isPlain(field.getGenericType()));
  }

  /** Elements of a list may have rules of their own. */
  private static boolean isHarmlessType(AnnotatedType type) {
    AnnotatedType[] inside = {};
    if (type instanceof AnnotatedParameterizedType generic) {
      inside = generic.getAnnotatedActualTypeArguments();
    } else if (type instanceof AnnotatedArrayType array) {
      inside = new AnnotatedType[] {array.getAnnotatedGenericComponentType()};
    }
    return isHarmless(type) && Arrays.stream(inside).allMatch(PlainData::isHarmlessType);
  }

  /** A setter takes data, too, which need not be that of a field. */
  private boolean isPlainMethod(Method method) {
    boolean sets =
        !Modifier.isStatic(method.getModifiers())
            && method.getName().startsWith("set")
            && method.getParameterCount() == 1;
    return isHarmlessMethod(method) && (!sets || takesPlain(method));
  }

  private boolean takesPlain(Executable code) {
    return code.isSynthetic()
        || Arrays.stream(code.getGenericParameterTypes()).allMatch(this::isPlain);
  }

  /** A method that makes the data is nobody's constructor: it may look it up. */
  private static boolean isHarmlessMethod(Method method) {
    return !method.isAnnotationPresent(JsonCreator.class)
        && isHarmlessCode(method)
        && isHarmlessType(method.getAnnotatedReturnType());
  }

  private static boolean isHarmlessCode(Executable code) {
    return isHarmless(code)
        && Arrays.stream(code.getParameters()).allMatch(PlainData::isHarmless)
        && Arrays.stream(code.getAnnotatedParameterTypes()).allMatch(PlainData::isHarmlessType);
  }

  private static boolean isHarmless(AnnotatedElement element) {
    return Arrays.stream(element.getAnnotations())
        .map(Annotation::annotationType)
        .allMatch(
            type ->
                !CHOOSING.contains(type) && HARMLESS.stream().anyMatch(type.getName()::startsWith));
  }
}
