package dev.drawbridge.spring.internal;

import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import dev.drawbridge.filters.settings.GivenSettings;
import jakarta.servlet.ServletContext;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.web.context.ServletContextAware;

/**
 * Gives the filters and the endpoint what the application has as beans: attributes of the servlet
 * context, each under the name of its class, and the settings. Joins the runtime before the
 * container starts a filter, so that what is wrong ends the start with its own exception, and not
 * with the container's word that something failed. Used by the thread that starts or stops the
 * application.
 *
 * <p>In Spring's tests without a server ({@code MockMvc}) nobody registers a filter, and yet they
 * are started and asked; the endpoint is not there.
 */
final class ContextSetup implements DisposableBean, ServletContextAware {
  private static final Logger log = LoggerFactory.getLogger(ContextSetup.class);

  /** Not linked: it is in tests alone. */
  private static final String STAND_IN = "org.springframework.mock.web.MockServletContext";

  private final Supplier<GivenSettings> settings;
  private final BeanFactory beans;
  private final Map<Class<?>, Boolean> offered;

  /** Null until the container starts the application, and after the end. */
  private volatile @Nullable ServletContext context;

  private @Nullable DrawbridgeRuntime joined;

  /** The stand-in of a test without a server; null in an application. */
  private volatile @Nullable ServletContext standIn;

  /**
   * Offers beans of these classes, where there are any.
   *
   * @param offered to true if one of several is to be taken as Spring would, without complaint
   */
  ContextSetup(
      ConfigurableEnvironment environment, BeanFactory beans, Map<Class<?>, Boolean> offered) {
    this.settings = () -> SpringSettings.of(environment).given();
    this.beans = beans;
    this.offered = new LinkedHashMap<>(offered);
  }

  @Override
  public void setServletContext(ServletContext given) {
    for (Class<?> type = given.getClass(); type != null; type = type.getSuperclass()) {
      if (type.getName().equals(STAND_IN)) {
        standIn = given;
      }
    }
  }

  /** True where no server will ever run the endpoint. */
  boolean isWithoutServer() {
    return standIn != null;
  }

  /** As {@link #prepare}, where nobody registers what is about to be started. */
  void prepareWithoutServer() {
    ServletContext given = standIn;
    if (given != null) {
      prepare(given);
    }
  }

  /** Sets the attributes, once for each context. */
  void prepare(ServletContext starting) {
    if (context == starting) {
      return;
    }
    leave();
    context = starting;
    starting.setAttribute(GivenSettings.ATTRIBUTE, settings);
    offered.forEach(
        (type, oneOfSeveral) -> {
          // What another initializer has put there is more precise than the kind of a bean.
          if (starting.getAttribute(type.getName()) == null) {
            Object bean =
                oneOfSeveral
                    ? beans.getBeanProvider(type).getIfUnique()
                    : beans.getBeanProvider(type).getIfAvailable();
            if (bean != null) {
              log.debug("{} is a bean of the application", type.getName());
              starting.setAttribute(type.getName(), bean);
            }
          }
        });
  }

  /**
   * Starts what filters and endpoint share, once both filters are there to be seen.
   *
   * @throws dev.drawbridge.filters.settings.ConfigurationException with all that is wrong
   */
  void join(ServletContext starting) {
    if (joined == null) {
      DrawbridgeRuntime runtime = DrawbridgeRuntime.acquire(starting);
      joined = runtime;
      runtime.checkUsers();
    }
  }

  /** Where the endpoint leaves what other code finds; null before the start. */
  @Nullable ServletContext context() {
    return context;
  }

  private void leave() {
    DrawbridgeRuntime leaving = joined;
    joined = null;
    context = null;
    if (leaving != null) {
      leaving.release();
    }
  }

  @Override
  public void destroy() {
    leave();
    ServletContext stage = standIn;
    if (stage != null) {
      // Its filters are started once for each MockMvc, and nobody ends them.
      while (stage.getAttribute(DrawbridgeRuntime.class.getName())
          instanceof DrawbridgeRuntime left) {
        left.release();
      }
    }
  }
}
