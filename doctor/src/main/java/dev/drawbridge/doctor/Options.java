package dev.drawbridge.doctor;

import dev.drawbridge.doctor.wire.Address;
import dev.drawbridge.doctor.wire.Text;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says. Immutable; the token is in it, so it has no words of itself.
 *
 * @param watch how long the connection is held open; zero is not at all
 * @param timeout of each step
 * @param connectTo where the connection goes in place of what DNS says; null for what it says
 * @param proxyVariable of the environment, which names a proxy that others would use to get there
 */
record Options(
    Address address,
    @Nullable String token,
    @Nullable String origin,
    List<String> protocols,
    Duration watch,
    Duration timeout,
    @Nullable Path caFile,
    @Nullable InetAddress connectTo,
    @Nullable Path report,
    boolean json,
    boolean color,
    @Nullable String proxyVariable) {

  /** What {@code --help} says; that of the program for Node is the same. */
  static final String HELP =
      """
      Usage: drawbridge-doctor [options] URL

      Tells from outside why a WebSocket connection does not come about or does not last.

        URL                 wss://host/path of the endpoint; ws, https and http, too

        --token-file FILE   the token; - reads it from standard input
        --token-env NAME    the environment variable that holds the token
        --origin ORIGIN     the origin of the page, such as https://app.example.org
        --protocol NAME     a subprotocol to offer to a server that is not Drawbridge; may be repeated
        --watch TIME        hold the connection open that long, such as 90s: sees heartbeat and idle cuts
        --timeout TIME      the most that a step may take, 10s
        --ca-file FILE      more authorities to trust, in PEM
        --connect-to IP     connect to this address in place of those of the name
        --json              one JSON object in place of the text
        --report FILE       write that object to a file, too
        --no-color          no colours, as with NO_COLOR set
        --help, --version

      Exit status: 0 all is well, 2 usage, 10 dns, 11 tcp, 12 tls, 13 http, 14 discovery, 15 origin,
      16 token, 17 user, 18 limit, 19 server, 20 upgrade, 21 http2, 22 protocol, 23 heartbeat, 24 watch,
      25 drain, 130 interrupted, 1 the doctor itself has failed.
      """;

  private static final Set<String> VALUED =
      Set.of(
          "--token-file",
          "--token-env",
          "--origin",
          "--protocol",
          "--watch",
          "--timeout",
          "--ca-file",
          "--connect-to",
          "--report");

  private static final int MOST_TOKEN = 65_536;

  private static final Pattern IP =
      Pattern.compile(
          "(25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}|[0-9a-fA-F.]*:[0-9a-fA-F:.]+");

  /** As browsers write it: no user, no path, no capitals; {@code file://} is Android's WebView. */
  private static final Pattern ORIGIN =
      Pattern.compile("[a-z][a-z0-9+.-]*://[a-z0-9._:\\[\\]-]{1,300}|file://");

  private static final Duration LONGEST_TIMEOUT = Duration.ofMinutes(5);
  private static final Duration LONGEST_WATCH = Duration.ofHours(24);

  /** A command line that cannot be followed; the message says the rule. */
  static final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    UsageException(String rule) {
      super(rule);
    }
  }

  static Options parse(List<String> arguments, Map<String, String> environment, InputStream in)
      throws UsageException {
    Deque<String> left = new ArrayDeque<>(arguments);
    @Nullable String url = null;
    @Nullable String tokenFile = null;
    @Nullable String tokenEnv = null;
    @Nullable String origin = null;
    @Nullable Path caFile = null;
    @Nullable InetAddress connectTo = null;
    @Nullable Path report = null;
    List<String> protocols = new ArrayList<>();
    Duration watch = Duration.ZERO;
    Duration timeout = Duration.ofSeconds(10);
    boolean json = false;
    boolean color = environment.getOrDefault("NO_COLOR", "").isEmpty();
    while (!left.isEmpty()) {
      String argument = split(left.remove(), left);
      switch (argument) {
        case "--token-file" -> tokenFile = value(argument, left);
        case "--token-env" -> tokenEnv = value(argument, left);
        case "--origin" -> origin = value(argument, left);
        case "--protocol" -> protocols.add(value(argument, left));
        case "--watch" -> watch = time(argument, value(argument, left), LONGEST_WATCH);
        case "--timeout" -> timeout = time(argument, value(argument, left), LONGEST_TIMEOUT);
        case "--ca-file" -> caFile = path(argument, value(argument, left));
        case "--connect-to" -> connectTo = ip(argument, value(argument, left));
        case "--report" -> report = path(argument, value(argument, left));
        case "--json" -> json = true;
        case "--no-color" -> color = false;
        default -> {
          if (argument.equals("--token") || argument.startsWith("--token=")) {
            throw new UsageException(
                "a token on the command line is seen by all users of the machine: --token-file or"
                    + " --token-env");
          }
          if (argument.startsWith("-")) {
            throw new UsageException(
                "no such option: " + Text.clean(argument.replaceAll("=.*", "")));
          }
          if (url != null) {
            throw new UsageException("there must be one URL");
          }
          url = argument;
        }
      }
    }
    if (url == null) {
      throw new UsageException("there must be a URL");
    }
    if (tokenFile != null && tokenEnv != null) {
      throw new UsageException("the token must come from --token-file or --token-env, not both");
    }
    if (timeout.isZero()) {
      throw new UsageException("--timeout must be longer than 0");
    }
    for (String protocol : protocols) {
      if (!protocol.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")) {
        throw new UsageException("--protocol must be a token of RFC 9110");
      }
    }
    if (origin != null
        && !origin.equals("null")
        && (!ORIGIN.matcher(origin).matches() || origin.matches("(https:.*:443|http:.*:80)"))) {
      throw new UsageException("--origin must be one as browsers send it: https://app.example.org");
    }
    try {
      Address address = Address.of(url);
      return new Options(
          address,
          tokenFile != null
              ? file(tokenFile, in)
              : tokenEnv != null ? variable(tokenEnv, environment) : null,
          origin,
          List.copyOf(protocols),
          watch,
          timeout,
          caFile,
          connectTo,
          report,
          json,
          color,
          proxyVariable(address, environment));
    } catch (IllegalArgumentException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  /** {@code --watch=90s} is {@code --watch 90s}. */
  private static String split(String argument, Deque<String> left) {
    int equals = argument.indexOf('=');
    String name = equals < 0 ? argument : argument.substring(0, equals);
    if (equals < 0 || !VALUED.contains(name)) {
      return argument;
    }
    left.push(argument.substring(equals + 1));
    return name;
  }

  private static String value(String option, Deque<String> left) throws UsageException {
    String value = left.poll();
    if (value == null || value.isEmpty() || value.startsWith("--")) {
      throw new UsageException(option + " must be followed by a value");
    }
    return value;
  }

  private static Duration time(String option, String value, Duration most) throws UsageException {
    try {
      Duration time = Text.duration(value);
      if (time.compareTo(most) <= 0) {
        return time;
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw new UsageException(
        option
            + " must be a time up to "
            + Text.time(most.toMillis())
            + ", such as 500ms, 90s or 5m: "
            + Text.clean(value));
  }

  /** Of a literal, so that nothing is asked of DNS. */
  private static InetAddress ip(String option, String text) throws UsageException {
    try {
      if (IP.matcher(text).matches()) {
        return InetAddress.getByName(text);
      }
    } catch (UnknownHostException e) {
      // Said below.
    }
    throw new UsageException(option + " must be an address of IPv4 or IPv6");
  }

  private static Path path(String option, String name) throws UsageException {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw new UsageException(option + " must name a file");
    }
  }

  /** What is named may be the token itself, by mistake, so it is not said back. */
  private static String file(String name, InputStream standard) throws UsageException {
    byte[] bytes;
    try (InputStream in =
        name.equals("-") ? standard : Files.newInputStream(path("--token-file", name))) {
      bytes = in.readNBytes(2 * MOST_TOKEN + 4);
    } catch (NoSuchFileException e) {
      throw new UsageException("--token-file must name a file that is there");
    } catch (IOException e) {
      throw new UsageException("--token-file must name a file that can be read");
    }
    // As PowerShell writes it.
    boolean wide = bytes.length > 1 && bytes[0] == (byte) 0xFF && bytes[1] == (byte) 0xFE;
    String text = new String(bytes, wide ? StandardCharsets.UTF_16LE : StandardCharsets.UTF_8);
    return token(text, "--token-file");
  }

  private static String variable(String name, Map<String, String> environment)
      throws UsageException {
    String value = environment.get(name);
    if (value == null) {
      throw new UsageException("--token-env must name a variable that is set");
    }
    return token(value, "--token-env");
  }

  private static String token(String text, String option) throws UsageException {
    String token = text.replaceAll("^\\uFEFF?[ \\t\\r\\n]+|^\\uFEFF|[ \\t\\r\\n]+$", "");
    if (token.isEmpty()) {
      throw new UsageException(option + " holds no token");
    }
    if (token.length() > MOST_TOKEN) {
      throw new UsageException(option + " must hold at most " + MOST_TOKEN + " characters");
    }
    return token;
  }

  /** As most programs read it; a proxy is not used here, and who meets a wall should know. */
  private static @Nullable String proxyVariable(Address address, Map<String, String> environment) {
    for (String passed : List.of("NO_PROXY", "no_proxy")) {
      for (String each : environment.getOrDefault(passed, "").split("[,\\s]+", -1)) {
        String name = each.replaceFirst("^\\*?\\.", "").toLowerCase(Locale.ROOT);
        boolean suffix = !name.isEmpty() && ("." + address.serverName()).endsWith("." + name);
        if (each.equals("*") || suffix) {
          return null;
        }
      }
    }
    String scheme = address.secure() ? "HTTPS_PROXY" : "HTTP_PROXY";
    return Stream.of(scheme, scheme.toLowerCase(Locale.ROOT), "ALL_PROXY", "all_proxy")
        .filter(name -> !environment.getOrDefault(name, "").isEmpty())
        .findFirst()
        .orElse(null);
  }

  @Override
  public String toString() {
    return "Options[" + address.shown() + "]";
  }
}
