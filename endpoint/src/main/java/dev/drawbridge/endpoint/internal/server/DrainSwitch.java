package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.filters.util.RegisteredBean;
import jakarta.servlet.ServletContext;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The drain as an operation of JMX, named by the context path. Thread-safe. */
public final class DrainSwitch implements DrainSwitchMBean {
  private static final Logger log = LoggerFactory.getLogger(DrainSwitch.class);

  private final Connections connections;

  /** Null until it is registered, which is before anybody can call it. */
  private volatile @Nullable RegisteredBean registered;

  private DrainSwitch(Connections connections) {
    this.connections = connections;
  }

  /** Null where there is no JMX. */
  public static @Nullable DrainSwitch register(Connections connections, ServletContext context) {
    DrainSwitch created = new DrainSwitch(connections);
    RegisteredBean bean =
        RegisteredBean.register(
            created, "dev.drawbridge:type=Connections", context.getContextPath());
    created.registered = bean;
    return bean == null ? null : created;
  }

  public void unregister() {
    RegisteredBean bean = registered;
    if (bean != null) {
      bean.unregister();
    }
  }

  @Override
  public int getConnections() {
    return connections.size();
  }

  @Override
  public boolean isDraining() {
    return connections.isDraining();
  }

  @Override
  public void drain() {
    CompletionStage<Void> done = connections.drain();
    RegisteredBean bean = registered;
    log.info(
        "drain asked for over JMX{}",
        done == null || bean == null ? "" : ", context " + bean.name().getKeyProperty("context"));
  }
}
