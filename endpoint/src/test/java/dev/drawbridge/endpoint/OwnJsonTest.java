package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** An application's own Jackson changes its own data, and nothing of the protocol. */
class OwnJsonTest {
  record Greeting(String firstName) {}

  @Test
  void theProtocolsFramesStayAsTheyAre() {
    try (TestServer server =
        TestServer.setup()
            .endpoint(
                endpoint ->
                    endpoint
                        .json(
                            mapper ->
                                mapper
                                    .propertyNamingStrategy(
                                        PropertyNamingStrategies.UPPER_CAMEL_CASE)
                                    .defaultPropertyInclusion(
                                        JsonInclude.Value.construct(
                                            JsonInclude.Include.NON_DEFAULT,
                                            JsonInclude.Include.NON_DEFAULT))
                                    .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                                    .enable(SerializationFeature.INDENT_OUTPUT)
                                    .enable(SerializationFeature.WRITE_ENUMS_USING_INDEX))
                        .on("greet", Greeting.class, (greeting, connection) -> greeting))
            .start()) {
      server.users().put(User.of("dora", "Dora", Set.of()));
      try (RecordingClient client =
          RecordingClient.connect(
              server.uri(), options -> options.token(TestServer.TOKENS.of("dora")))) {
        Frame welcome = client.expect("welcome");
        assertThat(welcome.data().at("/user/roles").isArray()).isTrue();
        assertThat(welcome.data().at("/limits/connectionsPerUser").asInt()).isEqualTo(20);

        assertThat(client.request("ping", Map.of("t", 7)).json())
            .hasToString("{\"type\":\"pong\",\"id\":\"t1\",\"data\":{\"t\":7}}");
        Frame error = client.request("greet", Map.of("firstName", "Ann"));
        assertThat(error.errorCode()).isEqualTo("message_data_invalid");
        assertThat(error.json().at("/error/retryable").isBoolean()).isTrue();
        assertThat(client.request("greet", Map.of("FirstName", "Ann")).data())
            .hasToString("{\"FirstName\":\"Ann\"}");
        Frame ack =
            client.request(
                "auth", Map.of("token", TestServer.TOKENS.of("dora", Duration.ofHours(2))));
        assertThat(ack.data().path("tokenExpiresAt").asLong()).isPositive();
        client.leave();
      }
    }
  }
}
