package dev.drawbridge.filters.session;

import static dev.drawbridge.filters.session.SessionServer.SCRIPT;
import static dev.drawbridge.filters.session.SessionServer.code;
import static dev.drawbridge.filters.session.SessionServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.filters.session.SessionServer.Visitor;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A token is good no longer than the session that it was given to. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SessionEndTest {
  private SessionServer server;

  @BeforeAll
  void start() throws Exception {
    server =
        new SessionServer(SessionServer.production("drawbridge.session.token.attribute", "user"))
            .start();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private Visitor alice() throws Exception {
    Visitor alice = server.visitor();
    alice.logsInAs("alice");
    return alice;
  }

  @Test
  void logoutRevokesTheTokensOfThatSessionAlone() throws Exception {
    Visitor alice = alice();
    Visitor elsewhere = alice();
    String first = alice.token();
    String second = alice.token();
    String other = elsewhere.token();

    alice.does(request -> request.getSession(false).invalidate());

    assertThat(server.handshake(first)).isEqualTo("token_revoked");
    assertThat(server.handshake(second)).isEqualTo("token_revoked");
    assertThat(server.handshake(other)).isEqualTo("101");
    assertThat(code(alice.asks(SCRIPT))).isEqualTo("login_required");
  }

  @Test
  void sessionWhoseTimeIsOverRevokesItsTokens() throws Exception {
    Visitor alice = alice();
    String token = alice.token();
    CountDownLatch revoked = new CountDownLatch(1);
    server.runtime().authenticator().revocations().onRevoke(concerned -> revoked.countDown());

    alice.does(request -> request.getSession(false).setMaxInactiveInterval(1));

    assertThat(revoked.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(server.handshake(token)).isEqualTo("token_revoked");
  }

  @Test
  void logoutThatTakesOnlyTheUserAwayRevokesAtTheNextQuestion() throws Exception {
    Visitor alice = alice();
    String token = alice.token();

    alice.does(request -> request.getSession().removeAttribute("user"));

    assertThat(code(alice.asks(SCRIPT))).isEqualTo("login_required");
    assertThat(server.handshake(token)).isEqualTo("token_revoked");
  }

  @Test
  void anotherUserInTheSameSessionEndsTheTokensOfTheFirst() throws Exception {
    Visitor visitor = alice();
    String ofAlice = visitor.token();

    visitor.logsInAs("bob");
    String ofBob = visitor.token();

    assertThat(server.handshake(ofAlice)).isEqualTo("token_revoked");
    assertThat(server.handshake(ofBob)).isEqualTo("101");
  }

  @Test
  void newSessionIdKeepsTheTokens() throws Exception {
    Visitor alice = alice();
    String token = alice.token();

    alice.does(HttpServletRequest::changeSessionId);

    assertThat(server.handshake(token)).isEqualTo("101");
    assertThat(server.handshake(alice.token())).isEqualTo("101");
  }

  @Test
  void loginThatCopiesTheSessionGoesOnWithNewTokens() throws Exception {
    Visitor alice = alice();
    String before = alice.token();

    alice.does(SessionServer::moveToNewSession);
    String after = alice.token();

    assertThat(server.handshake(before)).isEqualTo("token_revoked");
    assertThat(server.handshake(after)).isEqualTo("101");
    alice.does(request -> request.getSession(false).invalidate());
    assertThat(server.handshake(after)).isEqualTo("token_revoked");
  }

  @Test
  void sessionHoldsFiveHundredGoodTokensAndThenWaits() throws Exception {
    Visitor alice = alice();
    for (int i = 0; i < GivenTokens.MAX_TOKENS; i++) {
      alice.token();
    }

    HttpResponse<String> answer = alice.asks(SCRIPT);

    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(code(answer)).isEqualTo("rate_limited");
    assertThat(json(answer).get("limit").asInt()).isEqualTo(500);
    assertThat(Integer.parseInt(answer.headers().firstValue("Retry-After").orElseThrow()))
        .isBetween(1, 90);
    assertThat(server.handshake(alice().token())).as("another session").isEqualTo("101");
  }

  @Test
  void withoutRevocationNothingIsKeptInTheSession() throws Exception {
    try (SessionServer plain =
        new SessionServer(
                SessionServer.production(
                    "drawbridge.session.token.attribute", "user",
                    "drawbridge.session.token.revoke", "false"))
            .start()) {
      Visitor alice = plain.visitor();
      alice.logsInAs("alice");
      String token = alice.token();

      alice.does(
          request ->
              assertThat(request.getSession().getAttributeNames().asIterator())
                  .toIterable()
                  .containsExactly("user"));
      alice.does(request -> request.getSession().invalidate());

      assertThat(plain.handshake(token)).isEqualTo("101");
    }
  }

  @Test
  void sessionThatIsWrittenAndReadForgetsItsTokens() throws Exception {
    GivenTokens tokens = new GivenTokens();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(tokens);
    }

    GivenTokens read;
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      read = (GivenTokens) in.readObject();
    }

    assertThatCode(read::revokeAll).doesNotThrowAnyException();
    assertThat(bytes.size()).as("bytes that each session costs a store").isLessThan(120);
  }

  /** A database that is away must not keep anybody from logging out. */
  @Test
  void logoutWorksWhileRevocationsDoNot() throws Exception {
    Revocations broken =
        new Revocations() {
          @Override
          public boolean isRevoked(String subject, String tokenId, Instant issuedAt) {
            return false;
          }

          @Override
          public void revoke(String tokenId, Instant expiresAt) {
            throw new IllegalStateException("away");
          }

          @Override
          public void revokeBefore(String subject, Instant moment) {}
        };
    SessionServer away =
        new SessionServer(SessionServer.production("drawbridge.session.token.attribute", "user"));
    away.context.setAttribute(Revocations.class.getName(), broken);
    try (away) {
      away.start();
      Visitor alice = away.visitor();
      alice.logsInAs("alice");
      alice.token();

      alice.does(request -> request.getSession().invalidate());

      assertThat(code(alice.asks(SCRIPT))).isEqualTo("login_required");
    }
  }
}
