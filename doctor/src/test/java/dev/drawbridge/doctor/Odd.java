package dev.drawbridge.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server of strange manners on a free port of 127.0.0.1. Thread-safe. */
final class Odd implements AutoCloseable {
  private static final Pattern KEY = Pattern.compile("(?i)sec-websocket-key: (\\S+)");

  private final ServerSocket entrance;
  private final Manners manners;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  /** What is done with one connection; when it returns, or fails, the connection is closed. */
  @FunctionalInterface
  interface Manners {
    void treat(InputStream in, OutputStream out) throws IOException;
  }

  Odd(Manners manners) {
    this.manners = manners;
    try {
      entrance = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    start(this::accept);
  }

  private void accept() {
    while (!entrance.isClosed()) {
      try {
        Socket socket = entrance.accept();
        sockets.add(socket);
        start(() -> treat(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void treat(Socket socket) {
    try (socket) {
      manners.treat(socket.getInputStream(), socket.getOutputStream());
    } catch (IOException e) {
      // The doctor has gone.
    } finally {
      sockets.remove(socket);
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "odd");
    thread.setDaemon(true);
    thread.start();
  }

  String url() {
    return "ws://127.0.0.1:" + entrance.getLocalPort() + "/ws";
  }

  int port() {
    return entrance.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    entrance.close();
    for (Socket each : sockets) {
      each.close();
    }
  }

  // --- parts of manners ----------------------------------------------------------------------

  /** Reads a request's head. */
  static String head(InputStream in) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("no request");
      }
      text.append((char) next);
    }
    return text.toString();
  }

  static void say(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  /** Keeps silent until the other side goes. */
  static void wait(InputStream in) throws IOException {
    while (in.read() >= 0) {
      // Not heard.
    }
  }

  /** As a good server does with pings, until the other side closes. */
  static void answeringPings(InputStream in, OutputStream out) throws IOException {
    while (true) {
      int opcode = in.read() & 0x0F;
      byte[] frame = in.readNBytes((in.read() & 0x7F) + 4);
      for (int i = 4; i < frame.length; i++) {
        frame[i] ^= frame[i % 4];
      }
      if (opcode == 9 || opcode == 8) {
        out.write(new byte[] {(byte) (opcode == 9 ? 0x8A : 0x88), (byte) (frame.length - 4)});
        out.write(frame, 4, frame.length - 4);
        out.flush();
      }
      if (opcode == 8 || opcode == 0x0F) {
        return;
      }
    }
  }

  /** Answers each request with one text. */
  static Manners answering(String text) {
    return (in, out) -> {
      head(in);
      say(out, text);
    };
  }

  /**
   * Answers requests in order, and upgrades as they should be; then what is done with the frames.
   */
  static Manners websocket(Manners frames) {
    return (in, out) -> {
      String head = head(in);
      if (!KEY.matcher(head).find()) {
        say(out, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      say(
          out,
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Accept: "
              + accept(head)
              + "\r\n\r\n");
      frames.treat(in, out);
    };
  }

  /**
   * @param request the head that asks for an upgrade
   */
  static String accept(String request) {
    Matcher key = KEY.matcher(request);
    assertThat(key.find()).as(request).isTrue();
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-1")
              .digest(
                  (key.group(1) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                      .getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(hash);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
