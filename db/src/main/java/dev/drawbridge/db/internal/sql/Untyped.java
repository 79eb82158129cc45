package dev.drawbridge.db.internal.sql;

/** Text that is bound without a type, so that the database takes it for what it is compared to. */
public final class Untyped {
  public final String text;

  public Untyped(String text) {
    this.text = text;
  }
}
