package dev.drawbridge.spring.shop;

import dev.drawbridge.spring.OutboxTemplate;
import java.util.Map;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** What the shop does with its table. */
@Service
public class Orders {
  private final JdbcTemplate jdbc;
  private final OutboxTemplate outbox;

  Orders(JdbcTemplate jdbc, OutboxTemplate outbox) {
    this.jdbc = jdbc;
    this.outbox = outbox;
  }

  // pay
  @Transactional
  public String pay(long id, boolean fail) {
    jdbc.update("UPDATE orders SET state = 'paid' WHERE id = ?", id);
    outbox.publish("orders:" + id, "order.changed", Map.of("id", id, "state", "paid"));
    if (fail) {
      throw new IllegalStateException("nothing of it has happened");
    }
    return state(id);
  }

  // end

  /** As someone calls it who has forgotten the annotation. */
  public void payWithoutTransaction(long id) {
    outbox.publish("orders:" + id, "order.changed", Map.of("id", id));
  }

  // cancel
  @PreAuthorize("hasRole('ADMIN')")
  public String cancel(long id) {
    return "cancelled";
  }

  // end

  /** As the table has it. */
  public String state(long id) {
    return jdbc.queryForObject("SELECT state FROM orders WHERE id = ?", String.class, id);
  }
}
