package dev.drawbridge.sample;

import dev.drawbridge.endpoint.MessageMap;
import java.nio.file.Path;

/** The step of the build that writes the page's message types from the servlet's registrations. */
final class PageTypes {
  private PageTypes() {}

  public static void main(String[] arguments) {
    MessageMap.write(new ChatServlet()::messages, "./payloads", Path.of(arguments[0]));
  }
}
