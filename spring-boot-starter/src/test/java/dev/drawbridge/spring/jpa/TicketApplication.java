package dev.drawbridge.spring.jpa;

import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.spring.OutboxTemplate;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import java.util.Map;
import java.util.function.Consumer;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.transaction.annotation.Transactional;

/** Tickets, whose transactions are those of an entity manager. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import(TicketApplication.Tickets.class)
public class TicketApplication {
  @Bean
  Consumer<Endpoint.Builder> tickets(Tickets tickets) {
    return endpoint ->
        endpoint
            .on("ticket.close", Long.class, (id, connection) -> tickets.close(id, false))
            .on("ticket.fail", Long.class, (id, connection) -> tickets.close(id, true))
            .channel("tickets:", rules -> rules.authorize((user, action, names) -> names));
  }

  /** With a transaction of JPA around each. */
  public static class Tickets {
    @PersistenceContext private EntityManager entities;
    private final OutboxTemplate outbox;

    Tickets(OutboxTemplate outbox) {
      this.outbox = outbox;
    }

    /** Makes one. */
    @Transactional
    public void open(long id) {
      entities.persist(new Ticket(id));
    }

    /** Closes it and tells so, or neither. */
    @Transactional
    public String close(long id, boolean fail) {
      Ticket ticket = entities.find(Ticket.class, id);
      ticket.close();
      outbox.publish("tickets:" + id, "ticket.changed", Map.of("id", id));
      if (fail) {
        throw new IllegalStateException("nothing of it has happened");
      }
      return ticket.state();
    }

    /** As the table has it. */
    @Transactional(readOnly = true)
    public String state(long id) {
      return entities.find(Ticket.class, id).state();
    }
  }
}
