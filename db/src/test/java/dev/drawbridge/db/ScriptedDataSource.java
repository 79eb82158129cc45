package dev.drawbridge.db;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/** H2 behind a data source that answers chosen calls of its connections in its own way. */
final class ScriptedDataSource {
  /** What a call returns or throws instead; gets the real connection. */
  interface Answer {
    Object to(Connection real) throws Throwable;
  }

  final List<Connection> handedOut = new ArrayList<>();

  /** All that connections were asked, like {@code setAutoCommit[false]}. */
  final List<String> calls = new ArrayList<>();

  private final String url;
  private final Map<String, Answer> answers = new HashMap<>();

  ScriptedDataSource(String url) {
    this.url = url;
  }

  /** Replaces a method of the connections, or {@code getConnection} of the data source. */
  ScriptedDataSource on(String method, Answer answer) {
    answers.put(method, answer);
    return this;
  }

  DataSource dataSource() {
    return proxy(
        DataSource.class,
        method -> {
          Connection real = DriverManager.getConnection(url, "sa", "");
          Answer answer = answers.get("getConnection");
          if (answer != null) {
            return answer.to(real);
          }
          handedOut.add(real);
          return scripted(real);
        });
  }

  private Connection scripted(Connection real) {
    return (Connection)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              calls.add(
                  arguments == null
                      ? method.getName()
                      : method.getName() + List.of(arguments[0]).toString());
              Answer answer = answers.get(method.getName());
              if (answer != null) {
                return answer.to(real);
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private interface Call {
    Object run(String method) throws Throwable;
  }

  private static DataSource proxy(Class<DataSource> type, Call call) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader() == null
                ? ScriptedDataSource.class.getClassLoader()
                : type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> call.run(method.getName())));
  }
}
