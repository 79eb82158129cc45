package dev.drawbridge.compatibility;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.TypeReference;
import org.objectweb.asm.tree.TypeAnnotationNode;

/**
 * Where a declaration says {@code @Nullable}: {@code result}, {@code argument 1}, {@code bound},
 * and behind it the way to a part of the type, such as {@code result 0;} of {@code List<@Nullable
 * String>}.
 */
final class Nullness {
  private Nullness() {}

  static Set<String> of(@Nullable List<TypeAnnotationNode> annotations) {
    Set<String> places = new TreeSet<>();
    if (annotations != null) {
      for (TypeAnnotationNode annotation : annotations) {
        if (annotation.desc.equals("Lorg/jspecify/annotations/Nullable;")) {
          String place = place(new TypeReference(annotation.typeRef));
          places.add(annotation.typePath == null ? place : place + " " + annotation.typePath);
        }
      }
    }
    return places;
  }

  private static String place(TypeReference reference) {
    return switch (reference.getSort()) {
      case TypeReference.METHOD_RETURN, TypeReference.FIELD -> "result";
      case TypeReference.METHOD_FORMAL_PARAMETER ->
          "argument " + (reference.getFormalParameterIndex() + 1);
      default -> "bound";
    };
  }
}
