package dev.drawbridge.example.legacydb;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import java.util.Optional;

/** The users that this application has always had, in two ways of showing them to Drawbridge. */
final class Customers {
  /** What the setting {@code DRAWBRIDGE_USER_QUERY} would hold where the filters are used, too. */
  static final String SQL =
      "SELECT c.login AS subject, c.full_name AS display_name, g.group_name AS role,"
          + " CASE WHEN c.locked = 'Y' THEN 'SUSPENDED' ELSE 'ACTIVE' END AS status"
          + " FROM customer c LEFT JOIN customer_group g ON g.login = c.login"
          + " WHERE c.login = :subject";

  private Customers() {}

  static void createTables(Database database) {
    try (DbSession session = database.openSession()) {
      session
          .update(
              "CREATE TABLE customer (login VARCHAR(40) PRIMARY KEY, full_name VARCHAR(80),"
                  + " locked CHAR(1) DEFAULT 'N' NOT NULL)")
          .run();
      session
          .update("CREATE TABLE customer_group (login VARCHAR(40), group_name VARCHAR(20))")
          .run();
      session
          .batch("INSERT INTO customer VALUES (?, ?, ?)")
          .add("carol", "Carol C.", "N")
          .add("dave", "Dave D.", "Y")
          .run();
      session
          .batch("INSERT INTO customer_group VALUES (?, ?)")
          .add("carol", "clerk")
          .add("carol", "auditor")
          .run();
    }
  }

  /** The short way: a statement. */
  static UserSource bySql(Database database) {
    return UserSource.query(database, SQL);
  }

  /** The free way: any code, here one that knows a customer who is in no table. */
  static UserSource byCode(Database database) {
    UserSource table = bySql(database);
    return subject ->
        subject.equals("root")
            ? Optional.of(User.builder("root").displayName("The operator").build())
            : table.load(subject);
  }
}
