package dev.drawbridge.spring.jpa;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;

/** A row. */
@Entity
public class Ticket {
  @Id private long id;

  private String state = "open";

  /** For JPA. */
  protected Ticket() {}

  Ticket(long id) {
    this.id = id;
  }

  String state() {
    return state;
  }

  void close() {
    state = "closed";
  }
}
