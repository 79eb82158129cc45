package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.junit.jupiter.api.Test;

/** What is left of the user after an asynchronous dispatch, and who may start one. */
class AsyncDispatchTest {

  private final List<String> seen = new CopyOnWriteArrayList<>();

  /** Dispatches itself once, with or without the request that it was given. */
  private final class DispatchingServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      seen.add(
          request.getDispatcherType()
              + " "
              + request.getRemoteUser()
              + " "
              + request.isAsyncStarted()
              + " "
              + (request.getAttribute(Handshake.ATTRIBUTE) instanceof Handshake));
      if (request.getDispatcherType() == DispatcherType.ASYNC) {
        response.getWriter().print("done");
        return;
      }
      AsyncContext context =
          request.getParameter("original") == null
              ? request.startAsync(request, response)
              : request.startAsync();
      context.dispatch();
    }
  }

  private TestServer server(EnumSet<DispatcherType> dispatches) throws Exception {
    TestServer server = new TestServer(TestServer.settings());
    FilterHolder filter = new FilterHolder(new JwtHandshakeFilter());
    filter.setAsyncSupported(true);
    server.context().addFilter(filter, "/async", dispatches);
    ServletHolder servlet = new ServletHolder(new DispatchingServlet());
    servlet.setAsyncSupported(true);
    server.context().addServlet(servlet, "/async");
    return server.start();
  }

  private TestServer.Answer get(TestServer server, String path) {
    return server.plain(
        path, "Host: localhost", "Authorization: Bearer " + TestTokens.good("alice"));
  }

  @Test
  void filterHasNotStartedAnythingAndTheUserSurvivesTheDispatch() throws Exception {
    try (TestServer server = server(EnumSet.of(DispatcherType.REQUEST))) {
      assertThat(get(server, "/async").body()).contains("done");

      assertThat(seen).containsExactly("REQUEST alice false true", "ASYNC alice false true");
    }
  }

  @Test
  void filterThatIsMappedForTheDispatchKnowsTheUserWithoutAskingAgain() throws Exception {
    try (TestServer server = server(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC))) {
      assertThat(get(server, "/async?original=1").body()).contains("done");

      assertThat(seen).containsExactly("REQUEST alice false true", "ASYNC alice false true");
    }
  }

  @Test
  void dispatchCannotGetAroundTheFilter() throws Exception {
    try (TestServer server = server(EnumSet.of(DispatcherType.REQUEST))) {
      assertThat(server.plain("/async?original=1", "Host: localhost").code())
          .isEqualTo("token_missing");

      assertThat(seen).isEmpty();
    }
  }
}
