package dev.drawbridge.endpoint.internal.transport.jakarta;

import dev.drawbridge.endpoint.internal.Protocol;
import dev.drawbridge.endpoint.internal.transport.Offers;
import jakarta.websocket.Extension;
import jakarta.websocket.HandshakeResponse;
import jakarta.websocket.server.HandshakeRequest;
import jakarta.websocket.server.ServerEndpointConfig;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is agreed in one handshake: there is one for each request, because containers call these
 * methods in different orders and say neither for whom nor whether they have upgraded. Used by one
 * thread. Calls nothing of its superclass, which would look for the container's own by {@code
 * ServiceLoader}.
 */
final class Negotiation extends ServerEndpointConfig.Configurator {
  private final JakartaSocket socket;
  private final boolean deflate;
  private boolean accepted;

  /**
   * One of a request.
   *
   * @param deflate whether compression is wanted and was offered in a form that can be taken
   */
  Negotiation(JakartaSocket socket, boolean deflate) {
    this.socket = socket;
    this.deflate = deflate;
  }

  /** True once the container has taken the handshake. */
  boolean isAccepted() {
    return accepted;
  }

  /** The filters have checked it. */
  @Override
  public boolean checkOrigin(String origin) {
    return true;
  }

  @Override
  public String getNegotiatedSubprotocol(List<String> supported, List<String> requested) {
    return requested.contains(Protocol.NAME) ? Protocol.NAME : "";
  }

  /** Our half without a context, which would take memory for as long as the connection lives. */
  @Override
  public List<Extension> getNegotiatedExtensions(
      List<Extension> installed, List<Extension> requested) {
    // Undertow says of none that it is installed, and leaves out what it has not.
    return requested.stream()
        .filter(each -> deflate && each.getName().equals(Offers.DEFLATE))
        .limit(1)
        .<Extension>map(Deflate::of)
        .toList();
  }

  /** Called by each container once all is well, right before it upgrades. */
  @Override
  public void modifyHandshake(
      ServerEndpointConfig config, HandshakeRequest request, HandshakeResponse response) {
    accepted = true;
  }

  @Override
  public <T> T getEndpointInstance(Class<T> type) {
    return type.cast(socket);
  }

  /** permessage-deflate as it is answered. */
  private record Deflate(String getName, List<Parameter> getParameters) implements Extension {
    private static final String NO_CONTEXT = "server_no_context_takeover";

    /** Containers write one without a value as its name alone. */
    private record Flag(String getName, @Nullable String getValue) implements Parameter {}

    static Deflate of(Extension offer) {
      List<Parameter> parameters = new ArrayList<>(offer.getParameters());
      parameters.removeIf(each -> each.getName().equals(NO_CONTEXT));
      parameters.add(new Flag(NO_CONTEXT, null));
      return new Deflate(offer.getName(), List.copyOf(parameters));
    }
  }
}
