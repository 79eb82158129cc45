package dev.drawbridge.filters.jwt.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import dev.drawbridge.filters.testing.CapturedLog;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileKeysTest {

  @TempDir Path directory;
  private Path file;
  private final AtomicLong now = new AtomicLong();
  private CapturedLog log;
  private int changes;

  @BeforeEach
  void start() throws Exception {
    file = directory.resolve("key.pem");
    write(TestKeys.pem(TestKeys.RSA.getPublic()));
    log = new CapturedLog(FileKeys.class.getName(), Level.DEBUG);
  }

  @AfterEach
  void stop() {
    log.close();
  }

  /** Each content has a time of its own, however coarse the file system's clock is. */
  private void write(String content) throws Exception {
    Files.writeString(file, content);
    changes++;
    Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(1_700_000_000L + changes)));
  }

  private FileKeys keys() throws Exception {
    return new FileKeys(
        file,
        bytes -> KeyReader.pem(new String(bytes, StandardCharsets.UTF_8)),
        Duration.ofSeconds(10),
        now::get);
  }

  private void pass(long seconds) {
    now.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
  }

  private static PublicKey keyOf(FileKeys keys) {
    return (PublicKey) keys.current().entries().get(0).key();
  }

  @Test
  void changedFileIsReadAfterTheInterval() throws Exception {
    FileKeys keys = keys();
    write(TestKeys.pem(TestKeys.RSA_2.getPublic()));

    pass(9);
    assertThat(keyOf(keys)).isEqualTo(TestKeys.RSA.getPublic());
    pass(1);
    assertThat(keyOf(keys)).isEqualTo(TestKeys.RSA_2.getPublic());
    assertThat(log.containing("its keys are in force")).hasSize(1);
  }

  @Test
  void touchedFileWithTheSameKeysKeepsItsGeneration() throws Exception {
    FileKeys keys = keys();
    KeySet before = keys.current();

    write(TestKeys.pem(TestKeys.RSA.getPublic()));
    pass(10);

    assertThat(keys.current()).isSameAs(before);
  }

  @Test
  void badFileLeavesTheOldKeysInForceAndIsWarnedOfOnce() throws Exception {
    FileKeys keys = keys();
    write("garbage");

    for (int i = 0; i < 3; i++) {
      pass(10);
      assertThat(keyOf(keys)).isEqualTo(TestKeys.RSA.getPublic());
    }

    assertThat(log.containing("stay in force")).hasSize(1);
    write(TestKeys.pem(TestKeys.RSA_2.getPublic()));
    pass(10);
    assertThat(keyOf(keys)).isEqualTo(TestKeys.RSA_2.getPublic());
  }

  @Test
  void deletedFileLeavesTheOldKeysInForceUntilItIsBack() throws Exception {
    FileKeys keys = keys();
    Files.delete(file);
    for (int i = 0; i < 30; i++) {
      pass(10);
      assertThat(keyOf(keys)).isEqualTo(TestKeys.RSA.getPublic());
    }
    assertThat(log.lines()).filteredOn(line -> line.level() == Level.WARN).hasSize(1);

    write(TestKeys.pem(TestKeys.RSA_2.getPublic()));
    pass(10);

    assertThat(keyOf(keys)).isEqualTo(TestKeys.RSA_2.getPublic());
  }

  @Test
  void hugeFileIsRefused() throws Exception {
    write("x".repeat(FileKeys.MAX_FILE_BYTES + 1));

    assertThatThrownBy(this::keys).hasMessageContaining("at most 65536 bytes");
  }

  @Test
  void secretFileOpensTheDoorWithoutItsLineEnd() throws Exception {
    java.util.Map<String, String> settings = TestServer.production();
    settings.remove("drawbridge.jwt.secret");
    write(TestTokens.SECRET + "\n");
    settings.put("drawbridge.jwt.secret.file", file.toString());
    try (TestServer server = new TestServer(settings).start()) {
      assertThat(server.bearer(TestTokens.good("alice")).status()).isEqualTo(101);
    }
  }
}
