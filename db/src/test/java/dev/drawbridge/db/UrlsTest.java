package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is shown of a URL: scheme, host and database where it parses, else the scheme. */
class UrlsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "jdbc:postgresql://db:5432/app | jdbc:postgresql://db:5432/app",
        "jdbc:postgresql://a,b:5433/app?ssl=true | jdbc:postgresql://a,b:5433/app?***",
        "jdbc:postgresql://[::1]:5432/app | jdbc:postgresql://[::1]:5432/app",
        "jdbc:postgresql:app | jdbc:postgresql:app",
        "jdbc:postgresql:///app?password=tiger | jdbc:postgresql:///app?***",
        "jdbc:mysql://joe:tiger@db/app | jdbc:mysql://db/app",
        "jdbc:mysql:loadbalance://a,b/app?password=tiger | jdbc:mysql:loadbalance://a,b/app?***",
        "jdbc:mariadb:replication://a,b/app | jdbc:mariadb:replication://a,b/app",
        "jdbc:h2:tcp://db:9092/~/app;USER=sa;PASSWORD=tiger | jdbc:h2:tcp://db:9092/~/app;***",
        "jdbc:h2:file:C:/data/app | jdbc:h2:file:C:/data/app",
        "jdbc:oracle:thin:@//db:1521/app | jdbc:oracle:thin:@//db:1521/app",
        "jdbc:oracle:thin:@db:1521:XE | jdbc:oracle:thin:@db:1521:XE",
        "jdbc:sqlserver://db\\main:1433;password=tiger | jdbc:sqlserver://db\\main:1433;***",
        "jdbc:db2://db:50000/app:user=u;password=tiger; | jdbc:db2://db:50000/app:***",
        "jdbc:hsqldb:mem:app | jdbc:hsqldb:mem:app",
        "jdbc:derby:memory:app;create=true | jdbc:derby:memory:app;***",
        "jdbc:derby://db:1527/app | jdbc:derby://db:1527/app",
        "jdbc:sqlite:/var/app.db | jdbc:sqlite:/var/app.db",
        "jdbc:p6spy:postgresql://db/app?password=tiger | jdbc:p6spy:postgresql://db/app?***",
        "https://id.example/keys?key=tiger | https://id.example/keys?***",
      })
  void whatParsesIsShown(String url, String shown) {
    assertThat(Urls.masked(url)).isEqualTo(shown);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:oracle:thin:scott/tiger@db:1521:XE",
        "jdbc:oracle:thin:scott/tiger@//db/app",
        "jdbc:oracle:oci:scott/tiger@db",
        "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST=db))(SECURITY=(PASSWORD=tiger)))",
        "jdbc:mysql://address=(host=db)(port=3306)(user=u)(password=tiger)/app",
        "jdbc:mysql://(host=db,port=3306,user=u,password=tiger)/app",
        "jdbc:mysql://[joe:tiger@a,joe:tiger@b]/app",
        "jdbc:mysql://joe:ti?tiger@db/app",
        "jdbc:mysql://joe:ti;tiger@db/app",
        "jdbc:mysql://joe:ti&tiger@db/app",
        "jdbc:mysql://joe:ti@tiger@db/app",
        "jdbc:mysql://joe:a/tiger@db/app",
        "jdbc:mariadb://address=(type=primary)(host=db)(password=tiger)/app",
        "jdbc:mariadb://joe:1/2?tiger@db/app",
        "jdbc:postgresql://joe:tiger@db/app",
        "jdbc:postgresql://joe:12?tiger@db/app",
        "jdbc:postgresql://db/app;password=tiger",
        "jdbc:postgresql://db/app&password=tiger",
        "jdbc:db2://db:50000/app;password=tiger",
        "jdbc:db2:app:password=tiger;",
        "jdbc:sqlserver://db:1433,password=tiger",
        "jdbc:sqlserver://joe:tiger@db",
        "jdbc:h2:tcp://joe:tiger@db/app",
        "jdbc:h2:mem:app?password=tiger",
        "jdbc:tc:postgresql:15:///app?password=tiger",
        "jdbc:p6spy:oracle:thin:scott/tiger@db",
        "jdbc:p6spy:mysql://address=(host=db)(password=tiger)/app",
        "jdbc:jtds:sqlserver://db/app;password=tiger",
        "jdbc:sybase:Tds:db:5000/app?password=tiger",
        "jdbc:unknown:joe/tiger",
        "jdbc:tiger",
        "jdbc:postgresql://db/app\n?password=tiger",
        "https://joe:tiger@id.example/keys",
        "https://id.example/keys#tiger",
      })
  void whatDoesNotParseShowsItsSchemeAlone(String url) {
    String shown = Urls.masked(url);

    assertThat(shown).doesNotContain("tiger").doesNotContain("ti").endsWith("***");
    assertThat(url).startsWith(shown.substring(0, shown.length() - 3));
    assertThat(DatabaseConfig.builder().url("jdbc:" + url.replaceFirst("^\\w+:", "")).build())
        .asString()
        .doesNotContain("tiger");
  }
}
