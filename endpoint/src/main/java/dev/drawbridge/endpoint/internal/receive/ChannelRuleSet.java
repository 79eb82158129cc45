package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.internal.channels.Rules;
import dev.drawbridge.endpoint.internal.message.MessageCodec;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rules of all prefixes, finished. Immutable. */
final class ChannelRuleSet {
  private final Rules rules;

  ChannelRuleSet(Map<String, ChannelDefinition> byPrefix, MessageCodec codec) {
    byPrefix.values().forEach(one -> one.finish(codec));
    this.rules = new Rules(byPrefix);
  }

  Rules rules() {
    return rules;
  }

  /** That of the longest prefix; null when there is none. */
  @Nullable ChannelDefinition rule(String channel) {
    return rules.find(channel) instanceof ChannelDefinition found ? found : null;
  }
}
