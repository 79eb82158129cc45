package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.Browser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The client's entry of channels and the real server, in each browser. */
@ExtendWith(Browsers.class)
class ClientChannelsTest {
  private static final int CUTS = 6;

  /** How many are published between two cuts, and as many while the line is away. */
  private static final int MESSAGES = 20;

  /** A client with two rooms; its handlers write down what they hear. */
  private static final String CLIENT =
      """
      Promise.all(['drawbridge', 'channels'].map((name) => import(`/drawbridge/${name}.js`))).then(
        async ([{createClient}, {withChannels}]) => {
          const token = async () => (await (await fetch('/ws/dev-token', {
            method: 'POST', headers: {'content-type': 'application/json'}, body: '{"sub":"alice"}',
          })).json()).token;
          window.client = withChannels(createClient({
            url: '%s', getToken: token, logger: null, backoff: {baseMs: 10, capMs: 50},
          }));
          window.heard = {};
          window.resyncs = [];
          window.present = [];
          for (const name of ['room:one', 'room:two']) {
            heard[name] = [];
            client.channel(name).on('chat.message', ({text}) => heard[name].push(text));
            client.channel(name).subscribe({onResync: (reason) => resyncs.push(reason)});
          }
          client.channel('room:one').onPresence(({members}) => {
            present = members.map((one) => one.subject);
          });
          await client.connect();
        })
      """;

  @Test
  void aLineThatIsCutWhileOthersWriteLosesNothingAndDoublesNothing() throws Exception {
    Browsers.inEach(ClientChannelsTest::cutAgainAndAgain);
  }

  private static void cutAgainAndAgain(Browser browser) throws Exception {
    try (SampleServer server = SampleServer.development();
        Gate gate = new Gate(server.port())) {
      browser.open(gate.page());
      browser.evaluate(CLIENT.formatted(gate.socket()));
      browser.awaitTrue("present.includes('alice')", ChatPage.LIMIT);
      List<String> one = new ArrayList<>();
      List<String> two = new ArrayList<>();
      for (int cut = 0; cut < CUTS; cut++) {
        publish(server, one, two);
        // Whatever is on its way gets lost, also the frames of a replay.
        gate.cut();
        publish(server, one, two);
        browser.awaitTrue("client.getSnapshot().status === 'open'", ChatPage.LIMIT);
      }

      browser.awaitTrue(
          "heard['room:one'].length >= %d && heard['room:two'].length >= %d"
              .formatted(one.size(), two.size()),
          ChatPage.LIMIT);
      assertThat(Json.read(browser.evaluate("heard").toString()))
          .isEqualTo(Json.read(Json.write(Map.of("room:one", one, "room:two", two))));
      assertThat(browser.evaluate("resyncs")).isEmpty();
      browser.evaluate("client.close()");
    }
  }

  /** Waits until each is in the log, so that the order is known. */
  private static void publish(SampleServer server, List<String> one, List<String> two)
      throws Exception {
    for (int i = 0; i < MESSAGES; i++) {
      List<String> texts = i % 3 == 0 ? two : one;
      String text = "m" + texts.size();
      texts.add(text);
      server
          .channels()
          .publish(i % 3 == 0 ? "room:two" : "room:one", "chat.message", Map.of("text", text))
          .toCompletableFuture()
          .get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void aPublishComesBackToWhoHasMadeItAndARefusalSaysWhy() throws Exception {
    Browsers.inEach(ClientChannelsTest::publishAndBeRefused);
  }

  private static void publishAndBeRefused(Browser browser) throws Exception {
    try (SampleServer server = SampleServer.development();
        Gate gate = new Gate(server.port())) {
      browser.open(gate.page());
      browser.evaluate(CLIENT.formatted(gate.socket()));

      assertThat(
              browser
                  .evaluate(
                      """
                  (async () => {
                    const room = client.channel('room:one');
                    const first = await room.publish('chat.message', {text: 'hi'}, {key: 'k1'});
                    const again = await room.publish('chat.message', {text: 'hi'}, {key: 'k1'});
                    const empty = await room.publish('chat.message', {text: ''}).catch((e) => e.code);
                    const other = await new Promise((resolve) =>
                      client.channel('other:1').subscribe({onError: (e) => resolve(e.code)}));
                    return [again.duplicate, again.seq === first.seq, empty, other].join();
                  })()""")
                  .asText())
          .isEqualTo("true,true,message_data_invalid,channel_unknown");
      browser.awaitTrue("heard['room:one'].join() === 'hi'", ChatPage.LIMIT);
      browser.evaluate("client.close()");
    }
  }
}
