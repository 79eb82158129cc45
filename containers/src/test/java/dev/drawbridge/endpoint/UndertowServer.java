package dev.drawbridge.endpoint;

import io.undertow.Undertow;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.api.ServletContainerInitializerInfo;
import io.undertow.servlet.util.ImmediateInstanceFactory;
import io.undertow.websockets.extensions.PerMessageDeflateHandshake;
import io.undertow.websockets.jsr.WebSocketDeploymentInfo;
import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Undertow as an embedding application starts it. */
public final class UndertowServer implements Function<Map<String, String>, UnaryOperator<String>> {
  private final HostedApplication application = new HostedApplication();
  private DeploymentManager manager;
  private Undertow server;

  @Override
  public UnaryOperator<String> apply(Map<String, String> options) {
    try {
      ServletContainerInitializer install =
          (classes, context) -> application.install(context, options);
      DeploymentInfo info =
          Servlets.deployment()
              .setClassLoader(UndertowServer.class.getClassLoader())
              .setContextPath("/")
              .setDeploymentName("contract")
              .addServletContainerInitializer(
                  new ServletContainerInitializerInfo(
                      ServletContainerInitializer.class,
                      new ImmediateInstanceFactory<>(install),
                      Set.of()));
      if (!options.containsKey("withoutWebSocket")) {
        info.addServletContextAttribute(
            WebSocketDeploymentInfo.ATTRIBUTE_NAME,
            new WebSocketDeploymentInfo()
                .setBuffers(new DefaultByteBufferPool(false, 4096))
                .setDispatchToWorkerThread(options.containsKey("worker"))
                .addExtension(new PerMessageDeflateHandshake()));
      }
      manager = Servlets.defaultContainer().addDeployment(info);
      manager.deploy();
      server =
          Undertow.builder()
              .addHttpListener(0, "127.0.0.1")
              .setIoThreads(2)
              .setWorkerThreads(Integer.parseInt(options.getOrDefault("maxThreads", "50")))
              .setHandler(manager.start())
              .build();
      server.start();
      return this::told;
    } catch (ServletException e) {
      throw new IllegalStateException("Undertow does not start: " + e, e);
    }
  }

  private String told(String words) {
    return switch (words) {
      case "port" ->
          Integer.toString(
              ((InetSocketAddress) server.getListenerInfo().get(0).getAddress()).getPort());
      case "stop" -> stop();
      case "undeploy" -> undeploy();
      default -> application.apply(words);
    };
  }

  private String undeploy() {
    try {
      manager.stop();
      manager.undeploy();
      return "";
    } catch (ServletException e) {
      throw new IllegalStateException("the application does not stop", e);
    }
  }

  private String stop() {
    if (manager.getDeployment() != null) {
      undeploy();
    }
    server.stop();
    return "";
  }
}
