package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.Connections;
import jakarta.servlet.ServletContext;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CompletionStage;
import javax.management.JMException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The drain as an operation of JMX, named by the context path. */
public final class DrainSwitch implements DrainSwitchMBean {
  private static final Logger log = LoggerFactory.getLogger(DrainSwitch.class);

  private final Connections connections;
  private final ObjectName name;

  private DrainSwitch(Connections connections, ObjectName name) {
    this.connections = connections;
    this.name = name;
  }

  /** Null when it cannot be registered, for example because another server uses the name. */
  public static @Nullable DrainSwitch register(Connections connections, ServletContext context) {
    try {
      String path = context.getContextPath().isEmpty() ? "/" : context.getContextPath();
      ObjectName name =
          new ObjectName("dev.drawbridge:type=Connections,context=" + ObjectName.quote(path));
      DrainSwitch created = new DrainSwitch(connections, name);
      ManagementFactory.getPlatformMBeanServer().registerMBean(created, name);
      return created;
    } catch (JMException e) {
      log.debug("no JMX for this endpoint: {}", e.toString());
      return null;
    }
  }

  public void unregister() {
    try {
      ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
    } catch (JMException e) {
      log.debug("JMX had forgotten the endpoint: {}", e.toString());
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
    log.info(
        "drain asked for over JMX{}",
        done == null ? "" : ", context " + name.getKeyProperty("context"));
  }
}
