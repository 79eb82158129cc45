package dev.drawbridge.example.springboot.starter;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.Endpoint;
import java.util.function.Consumer;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** A WebSocket at {@code /ws}, behind both filters. */
@SpringBootApplication
public class ChatApplication {
  public static void main(String[] args) {
    SpringApplication.run(ChatApplication.class, args);
  }

  @Bean
  Consumer<Endpoint.Builder> chat() {
    return endpoint -> endpoint.on("echo", JsonNode.class, (data, connection) -> data);
  }
}
