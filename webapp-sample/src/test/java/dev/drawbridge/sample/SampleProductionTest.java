package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** What the sample has for developers is not there in production. */
class SampleProductionTest {
  private static final String SECRET = "0f9d3c6b1e8a7542-4b7d2e9c5a1f8036-test";

  @Test
  void faultsOnDemandAreUnknownTypesInProduction() throws Exception {
    String url = "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";
    Map<String, String> params = new LinkedHashMap<>();
    params.put("ENVIRONMENT", "production");
    params.put("WEBSOCKET_ALLOWED_ORIGINS", "https://app.example.org");
    params.put("drawbridge.jwt.secret", SECRET);
    params.put("drawbridge.jwt.issuer", "https://login.example.org");
    params.put("drawbridge.jwt.audience", "chat");
    params.put("drawbridge.db.url", url);
    try (SampleServer server = SampleServer.start("/", params)) {
      addUser(url);
      try (TestClient carol = TestClient.connect(server, "/ws", token("carol"))) {
        assertThat(carol.next().at("/data/mode").asText()).isEqualTo("prod");

        for (String type :
            new String[] {"demo.drop", "demo.disable", "demo.restart", "demo.company"}) {
          JsonNode answer = carol.send("{\"type\":\"" + type + "\",\"id\":\"1\"}").next();

          assertThat(answer.at("/error/code").asText()).isEqualTo("message_type_unknown");
        }
        assertThat(carol.send("{\"type\":\"echo\",\"id\":\"2\",\"data\":1}").next().get("type"))
            .hasToString("\"ack\"");
      }
    }
  }

  private static void addUser(String url) throws Exception {
    try (var connection = java.sql.DriverManager.getConnection(url);
        var statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO app_user (id, subject, display_name) VALUES ('1', 'carol', 'Carol')");
    }
  }

  private static String token(String subject) throws Exception {
    long now = Instant.now().getEpochSecond();
    String content =
        encode("{\"alg\":\"HS256\"}")
            + "."
            + encode(
                "{\"iss\":\"https://login.example.org\",\"aud\":\"chat\",\"sub\":\""
                    + subject
                    + "\",\"iat\":"
                    + now
                    + ",\"exp\":"
                    + (now + 600)
                    + "}");
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    byte[] signature = mac.doFinal(content.getBytes(StandardCharsets.US_ASCII));
    return content + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
  }

  private static String encode(String json) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }
}
