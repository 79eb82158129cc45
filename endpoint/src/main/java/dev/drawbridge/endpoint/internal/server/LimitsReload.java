package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.channels.presence.Places;
import dev.drawbridge.endpoint.internal.receive.ReceiveServices;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.LiveSettings;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.util.List;

/** Gives the connections to come other limits than those that are open. Immutable. */
final class LimitsReload implements LiveSettings.Maker<ReceiveServices> {
  private final Places places;

  /** Users count on all servers, if there is a limit. */
  private final boolean everywhere;

  LimitsReload(Places places, boolean everywhere) {
    this.places = places;
    this.everywhere = everywhere;
  }

  @Override
  public ReceiveServices make(Settings next, Settings before, ReceiveServices present) {
    EndpointConfig config = EndpointConfig.from(next);
    if (config.equals(present.config())) {
      return present;
    }
    int old = present.config().connectionsPerUser();
    int fresh = config.connectionsPerUser();
    if (everywhere && (old == 0) != (fresh == 0)) {
      throw new ConfigurationException(
          List.of(
              Setting.CONNECTIONS_PER_USER.variable()
                  + " must not change from or to 0 by a reload where "
                  + Setting.CONNECTIONS_PER_USER_SCOPE.variable()
                  + " is cluster: "
                  + old
                  + " -> "
                  + fresh
                  + "; those who are connected were not counted by all servers. Start anew"));
    }
    return present.with(config);
  }

  @Override
  public void inForce(ReceiveServices now, ReceiveServices before) {
    if (everywhere && now.config().connectionsPerUser() > 0) {
      places.limit(now.config().connectionsPerUser());
    }
  }
}
