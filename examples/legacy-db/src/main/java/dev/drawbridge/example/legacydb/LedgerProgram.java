package dev.drawbridge.example.legacydb;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.db.DbConstraintException;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserDirectoryConfig;

/** The program: no container, no framework, no logging set up. */
public final class LedgerProgram {
  private LedgerProgram() {}

  /** Reads {@code LEDGER_DB_URL} and its like from the environment; moves money; names people. */
  public static void main(String[] args) {
    DatabaseConfig config = DatabaseConfig.fromEnvironment("LEDGER_");
    try (Database database = Database.open(config);
        UserDirectory users =
            UserDirectory.of(Customers.byCode(database), UserDirectoryConfig.defaults())) {
      Ledger ledger = new Ledger(database);
      ledger.createTables();
      Customers.createTables(database);

      ledger.transfer(1, 2, 2_500);
      try {
        ledger.transfer(2, 1, 99_999);
      } catch (DbConstraintException e) {
        System.out.println("refused: " + e.kind());
      }
      System.out.println("balances: " + ledger.cents(1) + " and " + ledger.cents(2));

      for (String subject : new String[] {"carol", "dave", "root", "mallory"}) {
        System.out.println(users.find(subject).user().map(LedgerProgram::line).orElse("nobody"));
      }
      System.out.println("database: " + database.health().status());
    }
  }

  private static String line(User user) {
    String roles = String.join(", ", new java.util.TreeSet<>(user.roles()));
    return user.displayName() + " is " + user.status() + (roles.isEmpty() ? "" : ": " + roles);
  }
}
