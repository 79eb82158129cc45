package dev.drawbridge.cluster.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.RedisCredentials;

/** What an address may be, and that a secret in it shows nowhere. */
class RedisAddressTest {
  @ParameterizedTest
  @CsvSource({
    "redis://db.example.org,redis://db.example.org:6379,0",
    "redis://db.example.org:7000,redis://db.example.org:7000,0",
    "REDIS://10.0.0.1:7000/,redis://10.0.0.1:7000,0",
    "redis://10.0.0.1:7000/3,redis://10.0.0.1:7000,3",
    "redis://[::1]:7000/3,redis://::1:7000,3",
    "rediss://db.example.org,rediss://db.example.org:6379,0",
    "redis://u:p@db.example.org/1,redis://db.example.org:6379,1",
  })
  void readsHostPortAndDatabase(String url, String shown, int database) throws Exception {
    RedisAddress address = new RedisAddress(url);

    assertThat(address).hasToString(shown);
    assertThat(address.hasSentinels()).isFalse();
    assertThat(address.config(1_000).getDatabase()).isEqualTo(database);
    assertThat(address.config(1_000).getSslOptions() != null).isEqualTo(shown.startsWith("rediss"));
  }

  @Test
  void readsSentinels() {
    RedisAddress address = new RedisAddress("redis+sentinel://a,b:26380/mymaster");

    assertThat(address.hosts()).extracting(Object::toString).containsExactly("a:26379", "b:26380");
    assertThat(address.primary()).isEqualTo("mymaster");
    assertThat(address).hasToString("redis+sentinel://a:26379,b:26380/mymaster");
  }

  @ParameterizedTest
  @CsvSource({
    "redis://h,,,,",
    "redis://:p%40ss@h,,,,p@ss",
    "redis://bob:p+ss@h,,,bob,p+ss",
    "redis://bob:old@h,eve,,eve,old",
    "redis://bob:old@h,eve,new,eve,new",
    "redis://h,,new,,new",
    "redis://bob:pa:ss@word@h,,,bob,pa:ss@word",
  })
  void theSettingsGoBeforeWhatTheAddressHolds(
      String url, String user, String password, String expectedUser, String expectedPassword)
      throws Exception {
    JedisClientConfig config = new RedisAddress(url, user, () -> password).config(1_000);

    RedisCredentials credentials = config.getCredentialsProvider().get();
    assertThat(credentials.getUser()).isEqualTo(expectedUser);
    assertThat(credentials.getPassword() == null ? null : new String(credentials.getPassword()))
        .isEqualTo(expectedPassword);
  }

  @Test
  void thePasswordIsAskedForAtEachConnection() throws Exception {
    String[] current = {"one"};
    RedisAddress address = new RedisAddress("redis://h", null, () -> current[0]);

    String first = new String(address.config(1).getCredentialsProvider().get().getPassword());
    current[0] = "two";
    String second = new String(address.config(1).getCredentialsProvider().get().getPassword());

    assertThat(first + second).isEqualTo("onetwo");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "db.example.org",
        "http://s3cret@h",
        "redis:s3cret",
        "redis://",
        "redis://:s3cret@",
        "redis://:s3cret@h:port",
        "redis://:s3cret@h h",
        "redis://:s3cret@a,b",
        "redis://:s3cret@h/db",
        "redis://:s3cret@h/-1",
        "redis://:s3cret%@h",
        "redis+sentinel://:s3cret@a,b",
        "redis+sentinel://:s3cret@a,,b/m",
        "redis://:s3cret@h?tls=true",
        "redis://:s3cret@h?ca=/x.pem",
        "rediss://:s3cret@h?ca=/does/not/exist.pem",
      })
  void whatBreaksARuleIsRefusedWithoutItsSecret(String url) {
    assertThatThrownBy(() -> new RedisAddress(url))
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(
            e -> {
              for (Throwable t = e; t != null; t = t.getCause()) {
                assertThat(String.valueOf(t.getMessage())).doesNotContain("s3cret");
              }
            });
  }

  @Test
  void aFileOfOtherThingsIsNoListOfCertificates(@TempDir Path folder) throws Exception {
    Path empty = Files.writeString(folder.resolve("empty.pem"), "");
    Path text = Files.writeString(folder.resolve("text.pem"), "hello");

    for (Path file : new Path[] {empty, text}) {
      assertThatThrownBy(() -> new RedisAddress("rediss://h?ca=" + file))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must")
          .hasMessageContaining(file.toString());
    }
  }
}
