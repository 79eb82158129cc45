package dev.drawbridge.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.spring.RunningApplication.Container;
import dev.drawbridge.spring.RunningApplication.Part;
import dev.drawbridge.spring.jpa.TicketApplication;
import dev.drawbridge.spring.jpa.TicketApplication.Tickets;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The outbox in transactions of JPA, on Jetty, with users of our own table, which {@code
 * drawbridge-migrations} has made; in an application without Spring Security and Actuator.
 */
class JpaTest {

  @Test
  void messageIsAPartOfTheTransactionOfAnEntityManager() {
    try (RunningApplication application =
        RunningApplication.start(
            Container.JETTY,
            TicketApplication.class,
            List.of(Part.SECURITY, Part.ACTUATOR, Part.METERS),
            "--spring.jpa.hibernate.ddl-auto=update",
            "--spring.flyway.enabled=false",
            "--spring.jpa.open-in-view=false",
            "--spring.sql.init.mode=always",
            "--spring.sql.init.schema-locations=optional:classpath:none.sql",
            "--spring.sql.init.data-locations=optional:classpath:none.sql",
            "--drawbridge.user.query="
                + "SELECT :subject AS subject, 'Somebody' AS display_name FROM (VALUES (1)) t")) {
      Tickets tickets = application.bean(Tickets.class);
      tickets.open(1);
      tickets.open(2);

      try (RecordingClient bob = application.connect("bob")) {
        bob.subscribe("tickets:1", "tickets:2");
        bob.send("ticket.fail", 1);
        bob.expectError("handler_failed");
        assertThat(bob.request("ticket.close", 2).data().asText()).isEqualTo("closed");

        assertThat(bob.expect("ticket.changed").data().path("id").asInt()).isEqualTo(2);
        assertThat(tickets.state(1)).isEqualTo("open");
        assertThat(tickets.state(2)).isEqualTo("closed");
      }
    }
  }
}
