package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the server renames breaks the type check of the page. */
class PageTypesTest {
  private static final Path TYPES = Path.of("target/frontend-types");
  private static final Path COMPILER = Path.of("../client/node_modules/typescript/bin/tsc");

  @TempDir Path folder;

  @BeforeEach
  void needCompiler() {
    boolean present = Files.exists(COMPILER);
    if (!present && Boolean.parseBoolean(System.getenv("REQUIRE_NODE"))) {
      throw new AssertionError("TypeScript is not installed (REQUIRE_NODE=true)");
    }
    Assumptions.assumeTrue(present, "TypeScript is not installed: Node is missing");
  }

  @Test
  void thePageFitsTheServer() throws Exception {
    assertThat(check("", "")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "chat.send, chat.say, Chat.tsx",
    "chat.message, chat.line, Chat.tsx",
    "chat.typing, chat.writes, RoomList.tsx",
    "room:, chamber:, RoomList.tsx",
    "demo.restart, demo.begin, Talk.tsx",
    "room: string, channel: string, Talk.tsx",
    "text: string, words: string, RoomList.tsx",
    "demo.drop, demo.cut, FailureLab.tsx",
    "to: string, receiver: string, Chat.tsx",
    "sentAt: number, at: number, Chat.tsx",
  })
  void aRenamedTypeOrFieldBreaksThePage(String name, String renamed, String file) throws Exception {
    String output = check(name, renamed);

    assertThat(output).contains("error TS").contains(file);
  }

  /** What the compiler says of the page with such a change in the generated types. */
  private String check(String from, String to) throws Exception {
    for (String file : new String[] {"payloads.d.ts", "messages.d.ts"}) {
      Files.writeString(
          folder.resolve(file), Files.readString(TYPES.resolve(file)).replace(from, to));
    }
    Path here = Path.of("").toAbsolutePath();
    ObjectNode config = (ObjectNode) Json.read(Files.readString(Path.of("tsconfig.json")));
    config.put("extends", here.resolve("../client/tsconfig.json").normalize().toString());
    ObjectNode paths = (ObjectNode) config.at("/compilerOptions/paths");
    paths
        .properties()
        .forEach(
            entry -> {
              String path = entry.getValue().get(0).asText();
              Path target =
                  entry.getKey().equals("#messages")
                      ? folder.resolve("messages.d.ts")
                      : here.resolve(path).normalize();
              paths.putArray(entry.getKey()).add(target.toString());
            });
    config.putArray("include").add(here.resolve("src/main/frontend").toString());
    Path project = Files.writeString(folder.resolve("tsconfig.json"), config.toString());
    Process process =
        new ProcessBuilder("node", COMPILER.toString(), "--noEmit", "-p", project.toString())
            .redirectErrorStream(true)
            .start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return output;
  }
}
