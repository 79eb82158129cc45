package dev.drawbridge.site;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * One bash in which commands are typed one after the other, so that folder, variables and functions
 * stay. What each prints goes into a file of its own. For one thread.
 */
final class Terminal implements AutoCloseable {
  private static final String END = "(the shell has ended)";

  private final Path scripts;
  private final Process bash;
  private final Writer keyboard;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private int typed;

  /**
   * @param folder where it begins
   * @param scripts an empty folder for commands and their outputs
   * @param environment changes the environment that it has
   */
  Terminal(Path folder, Path scripts, Consumer<ProcessBuilder> environment) throws IOException {
    this.scripts = scripts;
    ProcessBuilder builder = new ProcessBuilder("bash", "--noprofile", "--norc");
    builder.directory(folder.toFile()).redirectErrorStream(true);
    environment.accept(builder);
    bash = builder.start();
    keyboard = bash.outputWriter(StandardCharsets.UTF_8);
    Thread reader = new Thread(this::read, "terminal");
    reader.setDaemon(true);
    reader.start();
    // Whatever ends this program: what runs in the background ends with its shell.
    keyboard.write("trap 'for job in $(jobs -p); do kill -- -$job; done' EXIT\n");
  }

  private void read() {
    try (BufferedReader lines = bash.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        answers.add(line);
      }
    } catch (IOException e) {
      // It was ended: there is nothing left to read.
    }
    answers.add(END);
  }

  /** A command that has ended, or one that is running. */
  record Output(int number, String status, Path file) {
    String text() {
      try {
        // What is no text does not fail.
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      } catch (IOException e) {
        return "";
      }
    }
  }

  private Path script(String command) throws IOException {
    typed++;
    return Files.writeString(scripts.resolve(typed + ".sh"), command);
  }

  /** Types a line of ours and gives the one line that it answers. */
  private String type(String line, Duration patience) throws IOException, InterruptedException {
    keyboard.write(line + "\n");
    keyboard.flush();
    String answer = answers.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
    return answer == null ? "(no end within " + patience + ")" : answer;
  }

  /**
   * Types a command and waits for its end.
   *
   * @return with the exit status, or with words in its place where there is none
   */
  Output run(String command, Duration patience) throws IOException, InterruptedException {
    Path script = script(command);
    Path file = scripts.resolve(typed + ".log");
    // Not a subshell: what it sets stays.
    String status = type(". '%s' </dev/null >'%s' 2>&1; echo $?".formatted(script, file), patience);
    return new Output(typed, status, file);
  }

  /** Where the next command will be typed. */
  Path folder() throws IOException, InterruptedException {
    return Path.of(type("pwd", Duration.ofSeconds(10)));
  }

  /** Types a command that goes on; with the id of its process group in place of a status. */
  Output start(String command) throws IOException, InterruptedException {
    Path script = script(command);
    Path file = scripts.resolve(typed + ".log");
    // With job control it gets a group of its own, and takes Ctrl-C.
    String group =
        type(
            "set -m; { . '%s' </dev/null; echo \"(ended with status $?)\"; } >'%s' 2>&1 & set +m; echo $!"
                .formatted(script, file),
            Duration.ofSeconds(10));
    return new Output(typed, group, file);
  }

  /**
   * Waits until what runs has printed all of that, has ended, or says nothing more.
   *
   * @param patience in all
   * @param silence since it has last printed something
   */
  void await(Output running, List<String> prints, Duration patience, Duration silence) {
    long end = System.nanoTime() + patience.toNanos();
    long silent = System.nanoTime() + silence.toNanos();
    String before = "";
    while (true) {
      String text = running.text();
      long now = System.nanoTime();
      silent = text.equals(before) ? silent : now + silence.toNanos();
      before = text;
      if (prints.stream().allMatch(text::contains)
          || text.contains("(ended with status ")
          || now - end > 0
          || now - silent > 0) {
        return;
      }
      LockSupport.parkNanos(50_000_000);
    }
  }

  /**
   * Ends what runs as Ctrl-C does; waits until all of it has gone. By SIGTERM: whoever is started
   * in the background ignores SIGINT, and so does each process that comes of it.
   */
  void interrupt(Output running) throws IOException, InterruptedException {
    String status =
        type(
            "kill -TERM -- -%s; wait %s; echo gone".formatted(running.status(), running.status()),
            Duration.ofSeconds(30));
    if (!status.equals("gone")) {
      throw new AssertionError("Ctrl-C does not end it: " + status + "\n" + running.text());
    }
  }

  @Override
  public void close() {
    List<ProcessHandle> children = bash.descendants().toList();
    bash.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
  }
}
