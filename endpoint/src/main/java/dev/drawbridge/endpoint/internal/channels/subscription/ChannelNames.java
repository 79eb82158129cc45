package dev.drawbridge.endpoint.internal.channels.subscription;

import dev.drawbridge.endpoint.cluster.Member;

/** What a channel may be called. Stateless. PROTOCOL.md section 11. */
public final class ChannelNames {
  /** Longest name: {@value} characters. */
  public static final int MAX_LENGTH = 128;

  /** What a name breaks that is not valid, for whoever publishes. */
  public static final String RULE =
      "a channel must be 1 to "
          + MAX_LENGTH
          + " characters of A-Z a-z 0-9 : . _ @ / -, the first a letter or digit";

  /** The user's own channel, as clients call it. */
  public static final String OWN = "~";

  private ChannelNames() {}

  /** True for {@code [A-Za-z0-9~][A-Za-z0-9:._@/-]*} of at most {@value #MAX_LENGTH} characters. */
  public static boolean isValid(String name) {
    int length = name.length();
    if (length == 0 || length > MAX_LENGTH || !(isWord(name.charAt(0)) || name.charAt(0) == '~')) {
      return false;
    }
    for (int i = 1; i < length; i++) {
      if (!isWord(name.charAt(i)) && ":._@/-".indexOf(name.charAt(i)) < 0) {
        return false;
      }
    }
    return true;
  }

  /** What the log calls a channel that a client names: its own one bears its subject. */
  public static String inLog(String name, String subject) {
    return name.equals(OWN) ? ownOf(subject) : name;
  }

  /** What the log calls the own channel of a user; no client can name it so. */
  public static String ownOf(String subject) {
    return OWN + subject;
  }

  /** What frames call a channel of the log. */
  public static String onWire(String inLog) {
    return inLog.startsWith(OWN) ? OWN : inLog;
  }

  /** The group of a channel's members. */
  public static String group(String channel) {
    return Member.CHANNEL + channel;
  }

  private static boolean isWord(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }
}
