package dev.drawbridge.endpoint;

import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** What the README shows first of pushing: a servlet and a job that an application has already. */
final class PushingSample {
  private PushingSample() {}

  /** What is pushed. */
  record Order(String id, String state) {}

  /** Where the application keeps them. */
  interface Orders {
    Order close(String id);

    Order oldest();
  }

  /** Any servlet of the application. */
  public static final class OrderServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private final transient Orders orders;

    OrderServlet(Orders orders) {
      this.orders = orders;
    }

    // servlet
    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) {
      Order order = orders.close(request.getParameter("id"));
      Channels.of(getServletContext()).publish("orders:" + order.id(), "order.changed", order);
    }
    // end
  }

  @SuppressWarnings("FutureReturnValueIgnored") // As applications write it.
  static void schedule(ScheduledExecutorService jobs, ServletContext context, Orders orders) {
    // job
    jobs.scheduleAtFixedRate(
        () -> Channels.of(context).publish("orders:all", "order.oldest", orders.oldest()),
        0,
        1,
        TimeUnit.SECONDS);
    // end
  }
}
