package dev.drawbridge.filters.jwt.keys;

import dev.drawbridge.filters.util.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import javax.crypto.SecretKey;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/** The keys that are in force at one time. Immutable. */
public final class KeySet {

  /**
   * One key.
   *
   * @param keyId {@code kid}, null when the source gives none
   * @param algorithm the only algorithm it is for, null when its type alone decides
   * @param issuer whose tokens it signs, where the set says it; null mostly
   */
  public record Entry(
      @Nullable String keyId,
      @Nullable SignatureAlgorithm algorithm,
      Key key,
      @Nullable String issuer) {

    public Entry(@Nullable String keyId, @Nullable SignatureAlgorithm algorithm, Key key) {
      this(keyId, algorithm, key, null);
    }

    /** False for a key of another issuer: a set of many tenants has keys for all and for one. */
    private boolean isFor(Predicate<String> ours) {
      return issuer == null || ours.test(issuer);
    }

    public boolean serves(SignatureAlgorithm wanted) {
      return (algorithm == null || algorithm == wanted) && wanted.fits(key);
    }

    /** All algorithms that it is for; to work them out costs as much as a signature. */
    private Set<SignatureAlgorithm> served() {
      Set<SignatureAlgorithm> served = EnumSet.noneOf(SignatureAlgorithm.class);
      for (SignatureAlgorithm each : SignatureAlgorithm.values()) {
        if (serves(each)) {
          served.add(each);
        }
      }
      return served;
    }

    /** Without the key: it may be a secret. */
    @Override
    public String toString() {
      return "Entry[" + key.getAlgorithm() + "]";
    }
  }

  private static final AtomicLong GENERATIONS = new AtomicLong();

  private final long generation = GENERATIONS.incrementAndGet();
  private final List<Entry> entries;

  /** What each entry serves, in the same order. */
  private final List<Set<SignatureAlgorithm>> served;

  private final boolean named;
  private final String contentHash;

  private KeySet(List<Entry> entries, boolean named) {
    this.entries = List.copyOf(entries);
    this.served = this.entries.stream().map(Entry::served).toList();
    this.named = named;
    this.contentHash = hash(this.entries);
  }

  /** Keys whose ids count: a token's {@code kid} must be that of the key. */
  static KeySet named(List<Entry> entries) {
    return new KeySet(entries, true);
  }

  /** Keys without ids, tried in order; a token's {@code kid} is not looked at. */
  public static KeySet unnamed(List<? extends Key> keys) {
    List<Entry> entries = new ArrayList<>();
    for (Key key : keys) {
      entries.add(new Entry(null, null, key));
    }
    return new KeySet(entries, false);
  }

  /** A number that no other set of this JVM has; larger for a later one. */
  public long generation() {
    return generation;
  }

  public List<Entry> entries() {
    return entries;
  }

  /** True if another set holds the same keys under the same names. */
  public boolean sameKeysAs(KeySet other) {
    return contentHash.equals(other.contentHash);
  }

  /** The same, whatever issuer a key names. */
  public List<Key> select(SignatureAlgorithm algorithm, @Nullable String keyId) {
    return select(algorithm, keyId, issuer -> true);
  }

  /** True if a key of this name is there, and one that names its issuer. */
  public boolean isOfAnother(SignatureAlgorithm algorithm, @Nullable String keyId) {
    return keyId != null
        && entries.stream()
            .anyMatch(
                each ->
                    each.issuer() != null && keyId.equals(each.keyId()) && each.serves(algorithm));
  }

  /**
   * The keys with which a token's signature may be checked, none if there is no such key.
   *
   * @param keyId {@code kid} of the token; without one, a named set must leave exactly one choice
   * @param ours true for the issuer that a key names, if it may sign for the token's
   */
  public List<Key> select(
      SignatureAlgorithm algorithm, @Nullable String keyId, Predicate<String> ours) {
    List<Key> keys = new ArrayList<>(1);
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      if (served.get(i).contains(algorithm)
          && entry.isFor(ours)
          && (!named || keyId == null || keyId.equals(entry.keyId()))) {
        keys.add(entry.key());
      }
    }
    return named && keyId == null && keys.size() > 1 ? List.of() : keys;
  }

  /** True if at least one key serves an algorithm. */
  public boolean serves(SignatureAlgorithm algorithm) {
    return served.stream().anyMatch(each -> each.contains(algorithm));
  }

  /** True if at least one key serves at least one of the algorithms. */
  boolean servesAny(Set<SignatureAlgorithm> algorithms) {
    return algorithms.stream().anyMatch(this::serves);
  }

  /**
   * True if a key is in both, under whatever name: public keys by their thumbprint, RFC 7638,
   * secrets by what HMAC makes of them. Not counted are those that name an issuer in both sets: as
   * such they verify its tokens alone.
   */
  public boolean sharesKeyWith(KeySet other) {
    List<byte[]> theirs = other.entries.stream().map(each -> identity(each.key())).toList();
    for (Entry mine : entries) {
      byte[] own = identity(mine.key());
      for (int i = 0; i < theirs.size(); i++) {
        boolean named = mine.issuer() != null && other.entries.get(i).issuer() != null;
        if (!named && MessageDigest.isEqual(own, theirs.get(i))) {
          return true;
        }
      }
    }
    return false;
  }

  /** True if a key is one of these, under whatever name. */
  public boolean holds(Key key) {
    byte[] own = identity(key);
    return entries.stream().anyMatch(each -> MessageDigest.isEqual(own, identity(each.key())));
  }

  private static byte[] identity(Key key) {
    byte[] encoded = Objects.requireNonNull(key.getEncoded(), "key without encoding");
    if (key instanceof SecretKey) {
      // HMAC fills a key up with zeros.
      int end = encoded.length;
      while (end > 0 && encoded[end - 1] == 0) {
        end--;
      }
      return Arrays.copyOf(encoded, end);
    }
    try {
      return JsonWebKey.Factory.newJwk(key).calculateThumbprint("SHA-256");
    } catch (JoseException e) {
      return encoded;
    }
  }

  private static String hash(List<Entry> entries) {
    Set<String> lines = new TreeSet<>();
    for (Entry entry : entries) {
      byte[] encoded = Objects.requireNonNull(entry.key().getEncoded(), "key without encoding");
      lines.add(
          entry.keyId()
              + "\n"
              + entry.algorithm()
              + "\n"
              + (entry.issuer() == null ? "" : entry.issuer() + "\n")
              + Base64.getEncoder().encodeToString(encoded));
    }
    byte[] content = String.join("\n\n", lines).getBytes(StandardCharsets.UTF_8);
    return Base64.getEncoder().encodeToString(Sha256.of(content));
  }

  @Override
  public String toString() {
    return "KeySet[generation=" + generation + ", keys=" + entries.size() + "]";
  }
}
