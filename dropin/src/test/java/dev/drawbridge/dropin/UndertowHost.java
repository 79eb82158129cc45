package dev.drawbridge.dropin;

import io.undertow.Undertow;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.api.ServletInfo;
import io.undertow.websockets.jsr.WebSocketDeploymentInfo;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.Servlet;
import java.io.File;
import java.net.InetSocketAddress;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Undertow, which knows no {@code web.xml}: what that says about parameters and filters is told by
 * its programming interface, as an embedding application would.
 */
public final class UndertowHost implements Function<Path, Map.Entry<Integer, AutoCloseable>> {
  @Override
  public Map.Entry<Integer, AutoCloseable> apply(Path webApp) {
    try {
      List<URL> urls = new ArrayList<>();
      urls.add(webApp.resolve("WEB-INF/classes/").toUri().toURL());
      for (File jar : webApp.resolve("WEB-INF/lib").toFile().listFiles()) {
        urls.add(jar.toURI().toURL());
      }
      URLClassLoader classes =
          new URLClassLoader(urls.toArray(URL[]::new), UndertowHost.class.getClassLoader());
      Document descriptor =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(webApp.resolve("WEB-INF/web.xml").toFile());
      DeploymentInfo info =
          Servlets.deployment()
              .setClassLoader(classes)
              .setContextPath("/")
              .setDeploymentName(webApp.getFileName().toString());
      for (Element parameter : all(descriptor, "context-param")) {
        info.addInitParameter(
            text(parameter, "param-name").get(0), text(parameter, "param-value").get(0));
      }
      for (Element filter : all(descriptor, "filter")) {
        info.addFilter(
            Servlets.filter(
                    text(filter, "filter-name").get(0),
                    classes.loadClass(text(filter, "filter-class").get(0)).asSubclass(Filter.class))
                .setAsyncSupported(true));
      }
      for (Element mapping : all(descriptor, "filter-mapping")) {
        for (String pattern : text(mapping, "url-pattern")) {
          info.addFilterUrlMapping(
              text(mapping, "filter-name").get(0), pattern, DispatcherType.REQUEST);
        }
      }
      for (Element servlet : all(descriptor, "servlet")) {
        String name = text(servlet, "servlet-name").get(0);
        ServletInfo added =
            Servlets.servlet(
                    name,
                    classes
                        .loadClass(text(servlet, "servlet-class").get(0))
                        .asSubclass(Servlet.class))
                .setLoadOnStartup(1)
                .setAsyncSupported(true);
        for (Element mapping : all(descriptor, "servlet-mapping")) {
          if (text(mapping, "servlet-name").get(0).equals(name)) {
            added.addMapping(text(mapping, "url-pattern").get(0));
          }
        }
        info.addServlet(added);
      }
      info.addServletContextAttribute(
          WebSocketDeploymentInfo.ATTRIBUTE_NAME,
          new WebSocketDeploymentInfo()
              .setBuffers(new DefaultByteBufferPool(false, 4096))
              .addEndpoint(classes.loadClass("dev.drawbridge.dropin.EchoEndpoint")));
      DeploymentManager manager = Servlets.defaultContainer().addDeployment(info);
      manager.deploy();
      Undertow server =
          Undertow.builder().addHttpListener(0, "127.0.0.1").setHandler(manager.start()).build();
      server.start();
      int port = ((InetSocketAddress) server.getListenerInfo().get(0).getAddress()).getPort();
      AutoCloseable stop =
          () -> {
            manager.stop();
            manager.undeploy();
            server.stop();
            classes.close();
          };
      return Map.entry(port, stop);
    } catch (Exception e) {
      throw new IllegalStateException("Undertow does not start: " + e, e);
    }
  }

  private static List<Element> all(Document document, String name) {
    return elements(document.getElementsByTagName(name));
  }

  private static List<String> text(Element parent, String name) {
    return elements(parent.getElementsByTagName(name)).stream()
        .map(element -> element.getTextContent().strip())
        .toList();
  }

  private static List<Element> elements(NodeList nodes) {
    List<Element> found = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      found.add((Element) nodes.item(i));
    }
    return found;
  }
}
