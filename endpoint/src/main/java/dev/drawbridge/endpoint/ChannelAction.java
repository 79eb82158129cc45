package dev.drawbridge.endpoint;

/** What somebody wants to do in a channel. */
public enum ChannelAction {
  /** Get its messages. */
  SUBSCRIBE,
  /** Publish in it. */
  PUBLISH,
  /** See who is there. */
  PRESENCE
}
