package dev.drawbridge.bench.quarkus;

import io.agroal.api.AgroalDataSource;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.SecurityIdentityAugmentor;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Lets in whom a token names and the database knows as active: one select for each handshake, on a
 * thread that may block, as the guide of Quarkus has it.
 */
@ApplicationScoped
class Users implements SecurityIdentityAugmentor {
  private final AgroalDataSource pool;

  Users(AgroalDataSource pool) {
    this.pool = pool;
  }

  /** The users {@code user-0}, {@code user-1} … in a table of their own. */
  void create(int count) throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement table = connection.createStatement()) {
      table.execute(
          "CREATE TABLE app_user (subject VARCHAR(100) PRIMARY KEY, status VARCHAR(10) NOT NULL)");
      try (PreparedStatement user =
          connection.prepareStatement("INSERT INTO app_user VALUES (?, 'ACTIVE')")) {
        for (int i = 0; i < count; i++) {
          user.setString(1, "user-" + i);
          user.addBatch();
        }
        user.executeBatch();
      }
    }
  }

  @Override
  public Uni<SecurityIdentity> augment(
      SecurityIdentity identity, AuthenticationRequestContext context) {
    if (identity.isAnonymous()) {
      return Uni.createFrom().item(identity);
    }
    return context.runBlocking(
        () -> {
          if (isActive(identity.getPrincipal().getName())) {
            return identity;
          }
          throw new AuthenticationFailedException("no such user");
        });
  }

  private boolean isActive(String subject) {
    try (Connection connection = pool.getConnection();
        PreparedStatement select =
            connection.prepareStatement("SELECT status FROM app_user WHERE subject = ?")) {
      select.setString(1, subject);
      try (ResultSet rows = select.executeQuery()) {
        return rows.next() && rows.getString(1).equals("ACTIVE");
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
