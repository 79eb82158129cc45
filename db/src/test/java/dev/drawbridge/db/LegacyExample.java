package dev.drawbridge.db;

import java.util.List;

/** The example of the README, word for word; nothing in it is newer than Java 11. */
final class LegacyExample {
  private LegacyExample() {}

  static List<String> run(String url) {
    // example
    DatabaseConfig config = DatabaseConfig.builder().url(url).poolSize(10).build();
    try (Database database = Database.open(config)) {
      try (DbSession session = database.openSession()) {
        session.begin();
        Update insert = session.update("INSERT INTO invoice (customer) VALUES (?)", "ACME");
        long id = insert.runReturningKey("id", Long.class);
        session
            .batch("INSERT INTO item (invoice_id, name) VALUES (?, ?)")
            .add(id, "anvil")
            .add(id, "rocket")
            .run();
        session.commit(); // without it, close() rolls back
      }
      return database.read(
          session ->
              session
                  .query("SELECT name FROM item WHERE name IN (:names) ORDER BY name")
                  .bind("names", List.of("anvil", "rocket", "spring"))
                  .list(row -> row.string("name")));
    }
    // end
  }
}
