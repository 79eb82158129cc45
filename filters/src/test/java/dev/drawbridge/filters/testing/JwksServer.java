package dev.drawbridge.filters.testing;

import dev.drawbridge.testing.LocalHttp;
import java.net.URI;

/** A key-set server that answers as it is told: well, badly, never. */
public final class JwksServer implements AutoCloseable {
  private static final String PATH = "/keys";

  private final LocalHttp server = new LocalHttp();

  public JwksServer(String keys) {
    behave(LocalHttp.serving(keys));
  }

  /** Answers the head and one byte, and then nothing until the server closes. */
  public LocalHttp.Behaviour stalling() {
    return server.stalling();
  }

  /** Does not even answer the head. */
  public LocalHttp.Behaviour silent() {
    return server.silent();
  }

  public void behave(LocalHttp.Behaviour behaviour) {
    server.at(PATH, behaviour);
  }

  public int requests() {
    return server.asked().size();
  }

  public URI url() {
    return URI.create(server.url(PATH));
  }

  /** Stops listening; the port stays free for {@link #revive}. */
  public void die() {
    server.die();
  }

  public void revive() {
    server.revive();
  }

  @Override
  public void close() {
    server.close();
  }
}
