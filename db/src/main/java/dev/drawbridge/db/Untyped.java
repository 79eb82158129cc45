package dev.drawbridge.db;

/** Text that is bound without a type, so that the database takes it for what it is compared to. */
final class Untyped {
  final String text;

  Untyped(String text) {
    this.text = text;
  }
}
