package dev.drawbridge.endpoint;

import dev.drawbridge.db.user.User;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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

  /**
   * Called where a frame wants two things of the same channels, to subscribe and to be told who
   * comes and goes: to be overridden where one look answers both. As it is, it asks for the first
   * action, and for the next one of those channels that were allowed.
   *
   * @param actions in the order in which each needs the one before it
   * @param channels as above
   * @return by action; one that is missing is allowed nowhere
   * @throws Exception as above
   */
  default Map<ChannelAction, Set<String>> allowed(
      User user, List<ChannelAction> actions, Set<String> channels) throws Exception {
    Map<ChannelAction, Set<String>> answers = new EnumMap<>(ChannelAction.class);
    Set<String> left = channels;
    for (ChannelAction action : actions) {
      if (left.isEmpty()) {
        break;
      }
      Set<String> answer = allowed(user, action, left);
      answers.put(action, answer);
      Set<String> granted = new LinkedHashSet<>(left);
      granted.retainAll(answer);
      left = granted;
    }
    return answers;
  }
}
