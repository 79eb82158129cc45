package dev.drawbridge.endpoint.internal.message;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.validation.Configuration;
import jakarta.validation.ValidationException;
import jakarta.validation.ValidatorFactory;
import jakarta.validation.spi.BootstrapState;
import jakarta.validation.spi.ConfigurationState;
import jakarta.validation.spi.ValidationProvider;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Jakarta Validation provider that does not start stops the endpoint's start. */
class BrokenProviderTest {
  private static final String SERVICE = "META-INF/services/" + ValidationProvider.class.getName();

  @TempDir Path directory;

  /** Has to be there, for the type of the provider. */
  interface NoConfiguration extends Configuration<NoConfiguration> {}

  /** Public, because it is looked up by its name. */
  public static final class Broken implements ValidationProvider<NoConfiguration> {
    @Override
    public NoConfiguration createSpecializedConfiguration(BootstrapState state) {
      throw new ValidationException("it has no heart");
    }

    @Override
    public Configuration<?> createGenericConfiguration(BootstrapState state) {
      throw new ValidationException("it has no heart");
    }

    @Override
    public ValidatorFactory buildValidatorFactory(ConfigurationState configuration) {
      throw new ValidationException("it has no heart");
    }
  }

  /** Finds that provider and no other. */
  private static final class Loader extends ClassLoader {
    private final URL service;

    Loader(ClassLoader parent, URL service) {
      super(parent);
      this.service = service;
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      return name.equals(SERVICE)
          ? Collections.enumeration(List.of(service))
          : super.getResources(name);
    }
  }

  @Test
  void providerThatDoesNotStartStopsTheStart() throws Exception {
    Path service = Files.writeString(directory.resolve("service"), Broken.class.getName());
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(
        new Loader(BrokenProviderTest.class.getClassLoader(), service.toUri().toURL()));
    try {
      assertThatThrownBy(() -> MessageCodec.builder().type("limits", Broken.class).build())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("is on the class path but does not start")
          .hasStackTraceContaining("it has no heart");
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
