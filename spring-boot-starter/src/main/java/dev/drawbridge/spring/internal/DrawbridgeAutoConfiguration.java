package dev.drawbridge.spring.internal;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.Channels;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.ClusterEngineFactory;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.filters.session.SessionTokenServlet;
import dev.drawbridge.filters.session.SessionUser;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;

/** The filters, the endpoint and its beans, in a servlet application of Boot 3.5 or 4. */
@AutoConfiguration(
    after = DatabaseAutoConfiguration.class,
    afterName = {
      "org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration",
      "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration"
    })
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass({Servlet.class, DrawbridgeServlet.class})
@ConditionalOnProperty(
    prefix = SpringSettings.PREFIX,
    name = "enabled",
    havingValue = "true",
    matchIfMissing = true)
class DrawbridgeAutoConfiguration {
  /** Not linked: an application need not have it. */
  private static final String METERS = "io.micrometer.core.instrument.MeterRegistry";

  @Bean
  SpringSettings drawbridgeSettings(ConfigurableEnvironment environment) {
    return SpringSettings.of(environment);
  }

  @Bean
  ContextSetup drawbridgeContextSetup(
      ConfigurableEnvironment environment, ListableBeanFactory beans) {
    Map<Class<?>, Boolean> offered = new LinkedHashMap<>();
    for (Class<?> type :
        List.of(
            Database.class,
            UserDirectory.class,
            UserSource.class,
            Revocations.class,
            SessionUser.class,
            ClusterEngine.class,
            ClusterEngineFactory.class)) {
      offered.put(type, false);
    }
    ClassLoader loader = DrawbridgeServlet.class.getClassLoader();
    try {
      offered.put(Class.forName(METERS, false, loader), true);
    } catch (ClassNotFoundException | LinkageError e) {
      // Nothing is measured, as in any application without Micrometer.
      return new ContextSetup(environment, beans, offered);
    }
    return new ContextSetup(environment, beans, offered);
  }

  @Bean
  @ConditionalOnMissingBean(parameterizedContainer = FilterRegistrationBean.class)
  FilterRegistrationBean<DevCorsFilter> drawbridgeCorsFilter(
      SpringSettings settings, ContextSetup setup) {
    return FilterRegistrations.cors(settings, path(settings), setup);
  }

  @Bean
  @ConditionalOnMissingBean(parameterizedContainer = FilterRegistrationBean.class)
  FilterRegistrationBean<JwtHandshakeFilter> drawbridgeJwtFilter(
      SpringSettings settings, ContextSetup setup) {
    return FilterRegistrations.jwt(settings, path(settings), setup);
  }

  /** The endpoint: a subclass of the application's own, or one that takes all handler beans. */
  @Bean
  ServletRegistrationBean<DrawbridgeServlet> drawbridgeEndpoint(
      SpringSettings settings,
      ContextSetup setup,
      ObjectProvider<DrawbridgeServlet> own,
      ListableBeanFactory beans) {
    refuseAnother(beans);
    HandlerBeans handlers = new HandlerBeans(beans);
    DrawbridgeServlet servlet = own.getIfAvailable(() -> new EndpointServlet(handlers));
    ServletRegistrationBean<DrawbridgeServlet> bean =
        new ServletRegistrationBean<>(servlet, path(settings) + "/*") {
          @Override
          protected ServletRegistration.Dynamic addRegistration(
              String description, ServletContext context) {
            setup.prepare(context);
            return super.addRegistration(description, context);
          }
        };
    bean.setName(name(settings));
    bean.setLoadOnStartup(1);
    bean.setAsyncSupported(true);
    return bean;
  }

  /** One that an application registers itself would run beside ours, on the same paths. */
  private static void refuseAnother(ListableBeanFactory beans) {
    for (String name : beans.getBeanNamesForType(ServletRegistrationBean.class)) {
      if (!name.equals("drawbridgeEndpoint")
          && beans.getBean(name, ServletRegistrationBean.class).getServlet()
              instanceof DrawbridgeServlet) {
        throw new EndpointStartException(
            "the bean '" + name + "' registers a DrawbridgeServlet beside that of the starter",
            "Make the servlet itself the bean, without a registration, or its message types beans"
                + " of the type Consumer<Endpoint.Builder>. A second endpoint, on another path:"
                + " Drawbridge.install in a ServletContextInitializer.",
            null);
      }
    }
  }

  /** The way from a login of the application's own to a token; only where a path is set. */
  @Bean
  ServletContextInitializer drawbridgeSessionTokens(SpringSettings settings) {
    String path = settings.text(StarterKey.SESSION_TOKEN_PATH);
    return context -> {
      if (path != null) {
        ServletRegistration.Dynamic added =
            context.addServlet("drawbridge-session-token", new SessionTokenServlet());
        if (added == null || !added.addMapping(path).isEmpty()) {
          throw new ConfigurationException(
              List.of(
                  StarterKey.SESSION_TOKEN_PATH.property()
                      + " must be a path that no other servlet has: "
                      + Settings.quoted(path)));
        }
        added.setLoadOnStartup(1);
      }
    };
  }

  @Bean
  @ConditionalOnMissingBean
  Connections drawbridgeConnections(ContextSetup setup) {
    return LateBean.of(Connections.class, setup, Connections::of);
  }

  @Bean
  @ConditionalOnMissingBean
  Channels drawbridgeChannels(ContextSetup setup) {
    return LateBean.of(Channels.class, setup, Channels::of);
  }

  @Bean
  EndpointStop drawbridgeEndpointStop(
      ContextSetup setup, ServletRegistrationBean<DrawbridgeServlet> drawbridgeEndpoint) {
    return new EndpointStop(setup, drawbridgeEndpoint.getServlet());
  }

  @Bean
  SmartLifecycle drawbridgeEndpointDrain(
      ContextSetup setup, EndpointStop stop, Environment environment) {
    return new EndpointDrain(
        setup,
        stop,
        !"immediate".equalsIgnoreCase(environment.getProperty("server.shutdown", "graceful")));
  }

  /** Of the endpoint's registration, by which its requests are known. */
  static String name(SpringSettings settings) {
    return "drawbridge" + path(settings);
  }

  private static String path(SpringSettings settings) {
    return Objects.requireNonNull(settings.text(StarterKey.PATH));
  }
}
