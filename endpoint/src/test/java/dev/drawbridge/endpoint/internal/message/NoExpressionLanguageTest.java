package dev.drawbridge.endpoint.internal.message;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Size;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** A Jakarta Validation provider without the expression language that it would like to have. */
class NoExpressionLanguageTest {
  record Limits(@Size(min = 1, max = 5) String text, @Max(10) int count) {}

  /** Runs in a class loader of its own; public so that it can be created there. */
  public static final class Probe implements Supplier<String> {
    @Override
    public String get() {
      MessageCodec codec = MessageCodec.builder().type("limits", Limits.class).build();
      Message message =
          codec.read("{\"type\":\"limits\",\"data\":{\"text\":\"too long\",\"count\":11}}");
      return String.valueOf(message.payloadFault());
    }
  }

  @Test
  void rulesAreCheckedWithoutAnExpressionLanguage() throws Exception {
    List<URL> urls = new ArrayList<>();
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      String name = Path.of(entry).getFileName().toString();
      if (!name.startsWith("expressly") && !name.contains("el-api")) {
        urls.add(Path.of(entry).toUri().toURL());
      }
    }
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader =
        new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader())) {
      thread.setContextClassLoader(loader);
      Object probe = loader.loadClass(Probe.class.getName()).getDeclaredConstructor().newInstance();
      Object answer = ((Supplier<?>) probe).get();

      assertThat(answer.toString())
          .contains("/data/text")
          .contains("size must be between 1 and 5")
          .contains("/data/count");
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
