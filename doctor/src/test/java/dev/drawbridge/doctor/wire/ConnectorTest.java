package dev.drawbridge.doctor.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the words of the JDK's exceptions mean. */
class ConnectorTest {

  /** A loop of CNAMEs, or name servers that fail, tell nothing of the name. */
  @ParameterizedTest
  @CsvSource({
    "a.example: Temporary failure in name resolution, dns_timeout",
    "a.example: Name or service not known, dns_failed",
    "a.example: No address associated with hostname, dns_failed",
    "a.example, dns_failed",
  })
  void nobodyWhoCouldSayIsNotAWrongName(String message, String code) {
    assertThat(Connector.unresolved("a.example", message).code()).isEqualTo(code);
  }

  @Test
  void aMachineWithoutAFamilyOfAddressesIsNotTheServersFault() {
    assertThat(Connector.reason(new BindException("Cannot assign requested address")))
        .isEqualTo("unreachable");
    assertThat(Connector.reason(new SocketException("Address family not supported by protocol")))
        .isEqualTo("unreachable");
    assertThat(Connector.reason(new NoRouteToHostException("No route to host")))
        .isEqualTo("unreachable");
    assertThat(Connector.reason(new ConnectException("Connection refused"))).isEqualTo("refused");
    assertThat(Connector.reason(new ConnectException("Connection timed out"))).isEqualTo("timeout");
    assertThat(Connector.reason(new SocketTimeoutException())).isEqualTo("timeout");
    assertThat(Connector.reason(new SocketException("Permission denied"))).isEqualTo("failed");
  }

  /** The dot of a complete name is for DNS and Host, and no certificate has it. */
  @Test
  void theDotOfACompleteNameIsNotForTls() {
    Address address = Address.of("wss://app.example.org./ws");

    assertThat(address.serverName()).isEqualTo("app.example.org");
    assertThat(address.authority()).isEqualTo("app.example.org.");
  }

  /** As Node writes them, RFC 5952 section 4. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "2001:db8::1",
        "::1",
        "::",
        "2001:db8::",
        "2001:db8:0:1:1:1:1:1",
        "2001:db8::1:0:0:1",
        "2001:0:0:1::1",
        "10.0.0.1"
      })
  void addressesAreShort(String text) throws Exception {
    assertThat(Text.address(InetAddress.getByName(text))).isEqualTo(text);
  }

  @Test
  void aTokenInThePathIsNotShown() {
    assertThat(Address.of("ws://a/ws/eyJhbGciOiJIUzI1NiJ9.e30.x").shown())
        .isEqualTo("ws://a/ws/[token]");
  }
}
