package dev.drawbridge.compatibility;

import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.signature.SignatureReader;
import org.objectweb.asm.tree.AnnotationNode;
import org.objectweb.asm.tree.ClassNode;
import org.objectweb.asm.tree.FieldNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.RecordComponentNode;
import org.objectweb.asm.tree.TypeAnnotationNode;
import org.objectweb.asm.util.TraceSignatureVisitor;

/**
 * The listing of public types: a line for each, and below it an indented one for each member, with
 * all that a caller's sources or class files can depend on. Sorted, but for the constants of an
 * enumeration and the components of a record, whose order counts.
 */
final class Signatures {
  private static final int SHOWN =
      Opcodes.ACC_PUBLIC
          | Opcodes.ACC_PROTECTED
          | Opcodes.ACC_STATIC
          | Opcodes.ACC_FINAL
          | Opcodes.ACC_ABSTRACT;

  private static final Pattern TYPE = Pattern.compile("\\b(dev\\.drawbridge\\.[\\w.$]+)");

  private Signatures() {}

  static List<String> of(PublicTypes types) {
    List<String> lines = new ArrayList<>();
    int version = types.all().stream().mapToInt(type -> type.version & 0xFFFF).max().orElse(0);
    lines.add("class files of Java " + (version - 44));
    for (ClassNode type : types.all()) {
      lines.add(type(type));
      fields(type).filter(Signatures::isConstant).map(Signatures::field).forEach(lines::add);
      if (type.recordComponents != null) {
        type.recordComponents.stream().map(Signatures::component).forEach(lines::add);
      }
      Stream.concat(
              fields(type).filter(field -> !isConstant(field)).map(Signatures::field),
              type.methods.stream()
                  .filter(Signatures::isListed)
                  .map(method -> method(type, method)))
          .sorted(Comparator.naturalOrder())
          .forEach(lines::add);
    }
    return lines;
  }

  /** Each line behind the name of its type, so that equal members of two types are told apart. */
  static List<String> qualified(List<String> lines) {
    List<String> qualified = new ArrayList<>();
    String owner = "";
    for (String line : lines) {
      if (line.startsWith(" ")) {
        qualified.add(owner + line.substring(1));
      } else {
        Matcher type = TYPE.matcher(line);
        owner = type.find() ? type.group(1) : "";
        qualified.add(line);
      }
    }
    return qualified;
  }

  private static Stream<FieldNode> fields(ClassNode type) {
    return type.fields.stream()
        .filter(field -> PublicTypes.isSeen(field.access))
        .filter(field -> (field.access & Opcodes.ACC_SYNTHETIC) == 0);
  }

  private static boolean isListed(MethodNode method) {
    return PublicTypes.isSeen(method.access)
        && (method.access & Opcodes.ACC_SYNTHETIC) == 0
        && !method.name.equals("<clinit>");
  }

  private static boolean isConstant(FieldNode field) {
    return (field.access & Opcodes.ACC_ENUM) != 0;
  }

  private static String type(ClassNode type) {
    String name = Type.getObjectType(type.name).getClassName();
    if (name.endsWith(".package-info")) {
      return "package "
          + name.substring(0, name.lastIndexOf('.'))
          + (has(type.visibleAnnotations, "Lorg/jspecify/annotations/NullMarked;")
              ? " null-marked"
              : "");
    }
    int access = PublicTypes.access(type);
    int shown = access & SHOWN;
    String kind = "class";
    if ((access & Opcodes.ACC_ANNOTATION) != 0) {
      kind = "@interface";
    } else if ((access & Opcodes.ACC_INTERFACE) != 0) {
      kind = "interface";
    } else if ((access & Opcodes.ACC_ENUM) != 0) {
      // Whether a constant has a body of its own is nobody's business.
      shown &= ~(Opcodes.ACC_FINAL | Opcodes.ACC_ABSTRACT);
      kind = "enum";
    } else if ((access & Opcodes.ACC_RECORD) != 0) {
      kind = "record";
    }
    if ((access & Opcodes.ACC_INTERFACE) != 0) {
      shown &= ~Opcodes.ACC_ABSTRACT;
    }
    StringBuilder line = new StringBuilder(words(shown));
    if (type.permittedSubclasses != null && !kind.equals("enum")) {
      line.append("sealed ");
    }
    line.append(kind).append(' ').append(name);
    if (type.signature != null) {
      line.append(read(type.signature, access).getDeclaration());
    } else {
      if (type.superName != null && !type.superName.equals("java/lang/Object")) {
        line.append(" extends ").append(Type.getObjectType(type.superName).getClassName());
      }
      for (String each : type.interfaces) {
        line.append(" implements ").append(Type.getObjectType(each).getClassName());
      }
    }
    return finish(line, type.visibleTypeAnnotations, type.visibleAnnotations);
  }

  private static String field(FieldNode field) {
    StringBuilder line = new StringBuilder("  ");
    if (isConstant(field)) {
      line.append("constant ").append(field.name);
    } else {
      line.append(words(field.access & SHOWN));
      line.append(typeOf(field.signature == null ? field.desc : field.signature));
      line.append(' ').append(field.name);
      if (field.value != null) {
        line.append(" = ").append(literal(field.value));
      }
    }
    return finish(line, field.visibleTypeAnnotations, field.visibleAnnotations);
  }

  private static String literal(Object value) {
    return value instanceof String
        ? '"' + value.toString().replace("\\", "\\\\").replace("\n", "\\n") + '"'
        : value.toString();
  }

  private static String component(RecordComponentNode component) {
    StringBuilder line = new StringBuilder("  component ");
    line.append(typeOf(component.signature == null ? component.descriptor : component.signature));
    line.append(' ').append(component.name);
    return finish(line, component.visibleTypeAnnotations, component.visibleAnnotations);
  }

  private static String method(ClassNode type, MethodNode method) {
    StringBuilder line = new StringBuilder("  ").append(words(method.access & SHOWN));
    if ((type.access & Opcodes.ACC_INTERFACE) != 0
        && (method.access & (Opcodes.ACC_STATIC | Opcodes.ACC_ABSTRACT)) == 0) {
      line.append("default ");
    }
    TraceSignatureVisitor visitor =
        read(method.signature == null ? method.desc : method.signature, 0);
    String declaration = visitor.getDeclaration();
    int parameters = declaration.indexOf('(');
    if (parameters > 0) {
      line.append(declaration, 0, parameters).append(' ');
    }
    if (method.name.equals("<init>")) {
      line.append(type.name.substring(type.name.lastIndexOf('/') + 1));
    } else {
      line.append(orObject(visitor.getReturnType())).append(' ').append(method.name);
    }
    line.append(declaration, parameters, declaration.length());
    if ((method.access & Opcodes.ACC_VARARGS) != 0) {
      line.append(" varargs");
    }
    if (visitor.getExceptions() != null) {
      line.append(" throws ").append(visitor.getExceptions());
    } else if (!method.exceptions.isEmpty()) {
      line.append(" throws ");
      line.append(String.join(", ", method.exceptions).replace('/', '.'));
    }
    if (method.annotationDefault != null) {
      line.append(" with a default");
    }
    return finish(line, method.visibleTypeAnnotations, method.visibleAnnotations);
  }

  private static TraceSignatureVisitor read(String signature, int access) {
    TraceSignatureVisitor visitor = new TraceSignatureVisitor(access);
    new SignatureReader(signature).accept(visitor);
    return visitor;
  }

  private static String typeOf(String signature) {
    TraceSignatureVisitor visitor = new TraceSignatureVisitor(0);
    new SignatureReader(signature).acceptType(visitor);
    return orObject(visitor.getDeclaration());
  }

  /** The visitor leaves it out. */
  private static String orObject(@Nullable String type) {
    return type == null || type.isEmpty() ? "Object" : type;
  }

  private static String words(int access) {
    return access == 0 ? "" : Modifier.toString(access) + " ";
  }

  private static boolean has(@Nullable List<AnnotationNode> annotations, String descriptor) {
    return annotations != null
        && annotations.stream().anyMatch(annotation -> annotation.desc.equals(descriptor));
  }

  private static String finish(
      StringBuilder line,
      @Nullable List<TypeAnnotationNode> typeAnnotations,
      @Nullable List<AnnotationNode> annotations) {
    Set<String> nullable = Nullness.of(typeAnnotations);
    if (!nullable.isEmpty()) {
      line.append(" nullable: ").append(String.join(", ", nullable));
    }
    if (has(annotations, "Ljava/lang/Deprecated;")) {
      line.append(" deprecated");
    }
    return line.toString().replaceAll("\\bjava\\.lang\\.(?=[A-Z])", "");
  }
}
