package dev.drawbridge.example.legacydb;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.db.DbBusyException;
import dev.drawbridge.db.DbConstraintException;
import java.io.IOException;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * The servlet application: the container owns the pool and names it {@code java:comp/env/jdbc/app}.
 *
 * <p>GET with {@code account} answers the cents on it; POST with {@code from}, {@code to} and
 * {@code cents} moves them.
 */
public final class LedgerServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  /** Set by {@link #init}, before any request. */
  private transient @Nullable Database database;

  @Override
  public void init() {
    database =
        Database.open(
            DatabaseConfig.builder().jndi("java:comp/env/jdbc/app").name("ledger").build());
  }

  /** Leaves the container's pool alone. */
  @Override
  public void destroy() {
    if (database != null) {
      database.close();
    }
  }

  private Ledger ledger() {
    if (database == null) {
      throw new IllegalStateException("init() must have run");
    }
    return new Ledger(database);
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    try {
      response.getWriter().print(ledger().cents(number(request, "account")));
    } catch (DbBusyException e) {
      response.setHeader("Retry-After", "1");
      response.sendError(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
    }
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    try {
      ledger().transfer(number(request, "from"), number(request, "to"), number(request, "cents"));
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    } catch (DbConstraintException e) {
      response.sendError(HttpServletResponse.SC_CONFLICT, e.kind().name());
    }
  }

  private static int number(HttpServletRequest request, String parameter) {
    return Integer.parseInt(request.getParameter(parameter));
  }
}
