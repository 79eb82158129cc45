package dev.drawbridge.site;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a page has its reader do at a line of it: {@code sh} is typed, a block with a {@code title}
 * is written into a file of that name, {@code <!-- steps: stop -->} is Ctrl-C.
 */
sealed interface Step {
  /** Where it stands, from 1. */
  int line();

  /**
   * A command.
   *
   * @param background it goes on, as a server does, until the next {@link Stop}
   * @param prints what its output contains, as the lines {@code # prints …} behind it say
   */
  record Command(int line, String text, boolean background, List<String> prints) implements Step {}

  /** A file below the folder in which the commands are typed. */
  record WrittenFile(int line, String path, String text) implements Step {}

  record Stop(int line) implements Step {}

  Pattern TITLE = Pattern.compile("title=\"([^\"]+)\"");
  Pattern STOP = Pattern.compile("^<!-- steps: stop -->$", Pattern.MULTILINE);
  String PRINTS = "# prints ";

  /** All steps of a page from top to bottom. */
  static List<Step> of(String page) {
    List<Step> steps = new ArrayList<>();
    for (Snippet block : Snippet.in(page)) {
      Matcher title = TITLE.matcher(block.info());
      if (block.language().equals("sh")) {
        steps.addAll(commands(block));
      } else if (title.find()) {
        steps.add(new WrittenFile(block.line(), title.group(1), block.text()));
      }
    }
    String text = Snippet.read(page);
    Matcher stop = STOP.matcher(text);
    while (stop.find()) {
      steps.add(new Stop(1 + (int) text.substring(0, stop.start()).lines().count()));
    }
    steps.sort(Comparator.comparingInt(Step::line));
    return steps;
  }

  /** A command is a line, with those that a backslash at its end joins to it. */
  private static List<Step> commands(Snippet block) {
    boolean background = block.info().equals("background");
    List<Step> commands = new ArrayList<>();
    List<String> prints = new ArrayList<>();
    StringBuilder command = new StringBuilder();
    int line = block.line();
    int start = line;
    for (String each : block.text().lines().toList()) {
      line++;
      if (each.startsWith(PRINTS)) {
        prints.add(each.substring(PRINTS.length()));
      } else if (!each.isBlank()) {
        boolean joined = command.toString().endsWith("\\\n");
        if (!joined && !command.isEmpty()) {
          commands.add(new Command(start, command.toString(), background, List.copyOf(prints)));
          prints.clear();
          command.setLength(0);
        }
        start = joined ? start : line;
        command.append(each).append('\n');
      }
    }
    commands.add(new Command(start, command.toString(), background, List.copyOf(prints)));
    return commands;
  }
}
