package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.Connections.Recipients;
import dev.drawbridge.endpoint.testkit.FakeConnection;
import dev.drawbridge.endpoint.testkit.FakeConnections;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The connections of unit tests: they do what those of a server do, as far as they go. */
class FakeConnectionTest {
  private static final AttributeKey<String> ROOM = AttributeKey.of("room", String.class);

  record Chat(String to, String text) {}

  /** A handler as an application has it. */
  private static MessageHandler<Chat> chat(Connections connections) {
    return (message, connection) -> {
      if (message.text().isBlank()) {
        throw new MessageRefused("nothing_said", "say something");
      }
      return connections
          .forUser(message.to())
          .send("chat.message", message.text())
          .toCompletableFuture()
          .join();
    };
  }

  @Test
  void handlerIsAUnitTestOfFiveLines() throws Exception {
    FakeConnection bob = FakeConnection.of("bob");
    MessageHandler<Chat> handler = chat(FakeConnections.of(bob, FakeConnection.of("carol")));

    Object ack = handler.handle(new Chat("bob", "hi"), FakeConnection.of("alice"));

    assertThat(ack).isEqualTo(new Connections.Delivery(1, 0));
    assertThat(bob.sent()).containsExactly(new FakeConnection.Sent("chat.message", "hi"));
  }

  @Test
  void refusalIsAnException() {
    assertThatThrownBy(
            () ->
                chat(FakeConnections.of()).handle(new Chat("bob", " "), FakeConnection.of("alice")))
        .isInstanceOf(MessageRefused.class)
        .hasMessage("nothing_said: say something");
  }

  @Test
  void closedOneTakesNothingMore() {
    FakeConnection alice = FakeConnection.of("alice");
    FakeConnections connections = FakeConnections.of(alice);
    alice.close(CloseCode.FORBIDDEN, "left");
    alice.close();

    assertThat(alice.closed()).contains(new FakeConnection.Closed(CloseCode.FORBIDDEN, "left"));
    assertThat(alice.isOpen()).isFalse();
    assertThat(connections.size()).isZero();
    assertThatThrownBy(() -> alice.send("news", 1).toCompletableFuture().join())
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(SendFailedException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ping", "Chat", "", "a..b", "welcome", "auth.expiring"})
  void typeThatAServerWouldNotSendIsRefused(String type) {
    assertThatThrownBy(() -> FakeConnection.of("alice").send(type, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(type);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ping", "Chat", ""})
  void typeIsCheckedAlsoWhereNobodyIs(String type) {
    assertThatThrownBy(() -> FakeConnections.of().all().send(type, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(type);
    assertThatThrownBy(() -> FakeConnections.of().forUser("bob").send(type, null))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\ud83d", "left \ude00", "\ude00\ud83d", "a\ud83db"})
  void reasonThatUtf8CannotWriteIsRefusedAndClosesNothing(String reason) {
    FakeConnection alice = FakeConnection.of("alice");

    for (Recipients recipients :
        List.of(FakeConnections.of(alice).all(), FakeConnections.of().all())) {
      assertThatThrownBy(() -> recipients.close(CloseCode.NORMAL, reason))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("surrogate");
    }
    assertThatThrownBy(() -> alice.close(CloseCode.NORMAL, reason))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(alice.isOpen()).isTrue();
  }

  @Test
  void wholeCharactersAreAReason() {
    FakeConnection alice = FakeConnection.of("alice");

    alice.close(CloseCode.NORMAL, "bye \ud83d\ude00");

    assertThat(alice.closed()).map(FakeConnection.Closed::reason).contains("bye \ud83d\ude00");
  }

  /** The fake knows no room of the endpoint, so it has a list of its own. */
  @Test
  void typesThatTheProtocolReservesAreRefused() throws IOException {
    Matcher reserved =
        Pattern.compile("Reserved: `([a-z. ]+)`")
            .matcher(Files.readString(Path.of("..", "PROTOCOL.md")));
    assertThat(reserved.find()).isTrue();

    for (String type : reserved.group(1).split(" ", -1)) {
      assertThatThrownBy(() -> FakeConnection.of("alice").send(type, null))
          .as(type)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void userAttributesAndHandshakeAreThoseOfTheTest() {
    FakeConnection alice = FakeConnection.of("alice", "admin");
    alice.attribute(ROOM, "lobby");
    alice.user(User.of("alice", "Alice", Set.of()));

    assertThat(alice.user().roles()).isEmpty();
    assertThat(alice.attribute(ROOM)).contains("lobby");
    assertThat(alice.handshake().query("room")).isEmpty();
    assertThatThrownBy(() -> alice.user(User.of("bob", "Bob", Set.of())))
        .hasMessage("the subject of a connection must not change: bob");
  }

  @Test
  void recipientsAreSelectedAsOnAServer() {
    FakeConnection alice = FakeConnection.of("alice");
    FakeConnection bob = FakeConnection.of("bob", "admin");
    FakeConnections connections = FakeConnections.of(alice, bob);

    connections.all().except(alice).send("news", 1);
    connections.all().where(c -> c.user().roles().isEmpty()).close(CloseCode.NORMAL, "");

    assertThat(alice.sent()).isEmpty();
    assertThat(bob.sent()).hasSize(1);
    assertThat(connections.find(alice.id())).isEmpty();
    assertThat(connections.find(bob.id())).contains(bob);
    connections.drain();
    assertThat(connections.isDraining()).isTrue();
    assertThat(bob.closed()).map(FakeConnection.Closed::code).contains(CloseCode.DRAINING);
  }
}
