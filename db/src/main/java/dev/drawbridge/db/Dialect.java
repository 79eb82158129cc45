package dev.drawbridge.db;

/** The databases whose differences the layer knows. */
public enum Dialect {
  H2,
  POSTGRESQL,
  MARIADB,
  /** Treated like MariaDB; its driver is part of the tests, its server is not. */
  MYSQL,
  /** Anything else: plain JDBC, errors by SQLState and by the classes of JDBC. */
  OTHER
}
