package dev.drawbridge.cluster.sql;

import dev.drawbridge.endpoint.cluster.TwoServersContract;
import dev.drawbridge.testing.TcpProxy;
import dev.drawbridge.testservers.TestServer;

/** Two servers on one database. */
abstract class TwoServersOnSql extends TwoServersContract {
  private final TestServer server;
  private TcpProxy link;

  TwoServersOnSql(TestServer server) {
    this.server = server;
  }

  @Override
  protected void open() throws Exception {
    SqlDatabase database = SqlDatabase.empty(server, getClass());
    link = new TcpProxy(database.port());
    a = SqlNodes.start(database.url(), database.user());
    b = SqlNodes.start(database.urlBy(link.port()), database.user());
  }

  @Override
  protected void end() throws Exception {
    if (link != null) {
      link.close();
    }
  }

  @Override
  protected void away(boolean is) {
    link.refuse(is);
  }
}
