package dev.drawbridge.filters.cors.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostPolicyTest {
  private static final HostPolicy POLICY =
      HostPolicy.of(
          List.of("app", "*.tunnel.example"),
          List.of(Objects.requireNonNull(OriginRule.parse("https://*.example.org:*").rule())));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "LOCALHOST.:8080",
        "x.localhost",
        "127.0.0.1:1",
        "192.168.1.10",
        "[::1]",
        "[2001:db8::1]:65535",
        "app",
        "App:80",
        "app:",
        "a.tunnel.example:443",
        "b.a.tunnel.example.",
        "www.example.org"
      })
  void ownNamesAndAddressesAreAllowed(String host) {
    assertThat(POLICY.allows(host)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        ":",
        ":80",
        "evil.example",
        "localhost.evil.example",
        "xlocalhost",
        "app.evil.example",
        "tunnel.example",
        "xtunnel.example",
        "example.org",
        "app:/",
        "app::80",
        "app:8x",
        "app:-1",
        "app..",
        "app@evil.example",
        "127.0.0.1.evil.example",
        "[::1",
        "[::1]x"
      })
  void otherHostsAreNot(String host) {
    assertThat(POLICY.allows(host)).isFalse();
  }

  @Test
  void requestWithoutHostIsNoRebinding() {
    assertThat(POLICY.allows(null)).isTrue();
    assertThat(HostPolicy.ANY.allows("evil.example")).isTrue();
    assertThat(HostPolicy.ANY.isActive()).isFalse();
    assertThat(POLICY.isActive()).isTrue();
  }

  @Test
  void itemIsAHostOrADomainOfTwoLabels() {
    assertThat(HostPolicy.normal("App")).isEqualTo("app");
    assertThat(HostPolicy.normal("*.Tunnel.example")).isEqualTo("*.tunnel.example");
    for (String wrong : List.of("*.example", "*.127.0.0.1", "*", "a.*", "app:80", "http://app")) {
      assertThat(HostPolicy.normal(wrong)).as(wrong).isNull();
    }
    assertThat(POLICY).hasToString("HostPolicy[app, *.tunnel.example, https://*.example.org:*]");
    assertThat(HostPolicy.ANY).hasToString("HostPolicy[any]");
  }
}
