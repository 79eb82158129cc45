package dev.drawbridge.endpoint;

import dev.drawbridge.db.user.User;
import java.util.Set;

/** Says in which channels somebody may do something. */
@FunctionalInterface
public interface ChannelAuthorizer {
  /**
   * Called on the handlers' threads, once for each frame and action; may block. Asked again
   * whenever a client resumes, and whenever an answer may be out of date.
   *
   * @param channels valid names of the rule's prefix, at least one
   * @return those that are allowed; channels that nobody has asked for do not count
   * @throws Exception refuses the whole frame as a handler's failure does
   */
  Set<String> allowed(User user, ChannelAction action, Set<String> channels) throws Exception;
}
