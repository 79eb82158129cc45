package dev.drawbridge.filters.cors.rules;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The grammar of a host as browsers serialize it: labels of letters, digits, {@code -} and {@code
 * _}; a dotted quad; or a compressed IPv6 address in brackets. WHATWG URL, host serializing.
 */
public final class HostName {
  private static final int MAX_LENGTH = 253;
  private static final int MAX_LABEL = 63;
  private static final int IPV6_GROUPS = 8;

  private HostName() {}

  /**
   * Checks a host in any letter case.
   *
   * @return it in lower case, the same object when it is so already; null when it is none
   */
  static @Nullable String normal(String host) {
    String lower = lowerCase(host);
    boolean valid =
        lower.startsWith("[")
            ? isIpv6(lower)
            : isName(lower) && (!isNumeric(lower) || isIpv4(lower));
    return valid ? lower : null;
  }

  /** True for a literal address, which no name server can point elsewhere. */
  public static boolean isAddress(String normal) {
    return normal.startsWith("[") || isIpv4(normal);
  }

  /** True for the three hosts that dev mode takes for this machine. */
  static boolean isLoopback(String normal) {
    return normal.equals("localhost") || normal.equals("127.0.0.1") || normal.equals("[::1]");
  }

  private static String lowerCase(String host) {
    for (int i = 0; i < host.length(); i++) {
      if (host.charAt(i) >= 'A' && host.charAt(i) <= 'Z') {
        return host.toLowerCase(Locale.ROOT);
      }
    }
    return host;
  }

  private static boolean isName(String host) {
    if (host.isEmpty() || host.length() > MAX_LENGTH) {
      return false;
    }
    int label = 0;
    for (int i = 0; i < host.length(); i++) {
      char c = host.charAt(i);
      if (c == '.') {
        if (label == 0) {
          return false;
        }
        label = 0;
      } else if (isLabelCharacter(c) && label < MAX_LABEL) {
        label++;
      } else {
        return false;
      }
    }
    return label > 0;
  }

  private static boolean isLabelCharacter(char c) {
    return (c >= 'a' && c <= 'z') || isDigit(c) || c == '-' || c == '_';
  }

  /**
   * True if browsers would read the host as an IPv4 address, however written: its last label is a
   * decimal or hexadecimal number.
   */
  private static boolean isNumeric(String name) {
    int start = name.lastIndexOf('.') + 1;
    boolean hex = name.startsWith("0x", start);
    for (int i = hex ? start + 2 : start; i < name.length(); i++) {
      if (!isDigit(name.charAt(i)) && !(hex && isHex(name.charAt(i)))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isIpv4(String host) {
    int parts = 0;
    int position = 0;
    while (position < host.length()) {
      int value = 0;
      int start = position;
      while (position < host.length() && isDigit(host.charAt(position)) && position - start < 3) {
        value = value * 10 + host.charAt(position) - '0';
        position++;
      }
      boolean leadingZero = position - start > 1 && host.charAt(start) == '0';
      if (position == start || leadingZero || value > 255) {
        return false;
      }
      parts++;
      if (position == host.length()) {
        return parts == 4;
      }
      if (host.charAt(position) != '.') {
        return false;
      }
      position++;
    }
    return false;
  }

  /** True for the one spelling that browsers send: parsed and written again, it is the same. */
  private static boolean isIpv6(String host) {
    if (host.length() < 4 || !host.endsWith("]")) {
      return false;
    }
    String address = host.substring(1, host.length() - 1);
    int[] groups = ipv6(address);
    return groups != null && ipv6(groups).equals(address);
  }

  /** The eight groups of an address, or null when it is none. */
  private static int @Nullable [] ipv6(String address) {
    int[] groups = new int[IPV6_GROUPS];
    int count = 0;
    int gap = -1;
    int position = 0;
    if (address.startsWith("::")) {
      gap = 0;
      position = 2;
    }
    while (position < address.length()) {
      int value = 0;
      int start = position;
      while (position < address.length() && isHex(address.charAt(position))) {
        value = (value << 4) + Character.digit(address.charAt(position), 16);
        position++;
        if (position - start > 4) {
          return null;
        }
      }
      if (position == start || count == IPV6_GROUPS) {
        return null;
      }
      groups[count++] = value;
      if (position == address.length()) {
        break;
      }
      if (address.charAt(position) != ':' || position + 1 == address.length()) {
        return null;
      }
      position++;
      if (address.charAt(position) == ':') {
        if (gap >= 0) {
          return null;
        }
        gap = count;
        position++;
      }
    }
    if (gap < 0) {
      return count == IPV6_GROUPS ? groups : null;
    }
    int zeros = IPV6_GROUPS - count;
    System.arraycopy(groups, gap, groups, gap + zeros, count - gap);
    java.util.Arrays.fill(groups, gap, gap + zeros, 0);
    return groups;
  }

  /** Lower case without leading zeros, the first longest run of zero groups as {@code ::}. */
  private static String ipv6(int[] groups) {
    int bestStart = -1;
    int bestLength = 1;
    for (int i = 0; i < groups.length; i++) {
      int end = i;
      while (end < groups.length && groups[end] == 0) {
        end++;
      }
      if (end - i > bestLength) {
        bestStart = i;
        bestLength = end - i;
      }
    }
    StringBuilder text = new StringBuilder(40);
    for (int i = 0; i < groups.length; i++) {
      if (i == bestStart) {
        text.append("::");
        i += bestLength - 1;
      } else {
        if (text.length() > 0 && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(groups[i]));
      }
    }
    return text.toString();
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isHex(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'f');
  }
}
