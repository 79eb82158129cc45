package dev.drawbridge.db.user;

import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A user as the handshake needs it. Immutable; equal when all of its values are. */
public final class User {
  /** Whether the user may come in. */
  public enum Status {
    ACTIVE,
    SUSPENDED,
    /** Kept as a row, treated as gone. */
    DELETED
  }

  private final String subject;
  private final String displayName;
  private final Set<String> roles;
  private final Status status;
  private final @Nullable Instant tokensValidFrom;

  private User(Builder builder) {
    this.subject = builder.subject;
    this.displayName = builder.displayName == null ? builder.subject : builder.displayName;
    this.roles = Set.copyOf(builder.roles);
    this.status = builder.status;
    this.tokensValidFrom = builder.tokensValidFrom;
  }

  /** An active user. */
  public static User of(String subject, String displayName, Set<String> roles) {
    return builder(subject).displayName(displayName).roles(roles).build();
  }

  /** Starts with an active user without roles whose name is the subject. */
  public static Builder builder(String subject) {
    return new Builder(subject);
  }

  /** The token's {@code sub}; compared exactly, never by a database's collation. */
  public String subject() {
    return subject;
  }

  /** For people to read. */
  public String displayName() {
    return displayName;
  }

  /** Names of roles, compared exactly; in no order. */
  public Set<String> roles() {
    return roles;
  }

  /** Whether the user may come in. */
  public Status status() {
    return status;
  }

  /** Whether the status is {@link Status#ACTIVE}. */
  public boolean isActive() {
    return status == Status.ACTIVE;
  }

  /** Tokens issued before this instant are revoked; null when none are. */
  public @Nullable Instant tokensValidFrom() {
    return tokensValidFrom;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof User)) {
      return false;
    }
    User that = (User) other;
    return subject.equals(that.subject)
        && displayName.equals(that.displayName)
        && roles.equals(that.roles)
        && status == that.status
        && Objects.equals(tokensValidFrom, that.tokensValidFrom);
  }

  @Override
  public int hashCode() {
    return Objects.hash(subject, displayName, roles, status, tokensValidFrom);
  }

  @Override
  public String toString() {
    return "User[" + subject + ", " + status + ", roles=" + roles + "]";
  }

  /** Collects the values of a {@link User}. Not thread-safe. */
  public static final class Builder {
    private final String subject;
    private @Nullable String displayName;
    private Set<String> roles = Set.of();
    private Status status = Status.ACTIVE;
    private @Nullable Instant tokensValidFrom;

    private Builder(String subject) {
      if (subject.isEmpty()) {
        throw new IllegalArgumentException("a subject must not be empty");
      }
      this.subject = subject;
    }

    /** For people to read; the subject unless given. */
    public Builder displayName(String value) {
      displayName = value;
      return this;
    }

    /** Names of roles; none unless given. */
    public Builder roles(Set<String> value) {
      roles = value;
      return this;
    }

    /** {@link Status#ACTIVE} unless given. */
    public Builder status(Status value) {
      status = value;
      return this;
    }

    /** Revokes tokens issued before; null for none. */
    public Builder tokensValidFrom(@Nullable Instant value) {
      tokensValidFrom = value;
      return this;
    }

    /** Makes the user. */
    public User build() {
      return new User(this);
    }
  }
}
