package dev.drawbridge.filters.jwt.authentication;

import dev.drawbridge.filters.jwt.issuer.IssuerTemplate;
import dev.drawbridge.filters.jwt.keys.KeySource;
import dev.drawbridge.filters.jwt.token.AudienceRule;
import dev.drawbridge.filters.jwt.token.RolesRule;
import dev.drawbridge.filters.jwt.token.SubjectRule;
import dev.drawbridge.filters.jwt.token.TokenUse;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One issuer as it is configured, complete and checked. Immutable.
 *
 * @param issuer the exact {@code iss}, or a template
 * @param tenants who are allowed in the place of a template's tenant; empty where there is none
 * @param keys where its keys come from; no other issuer's
 * @param use for what its tokens are
 * @param audience for whom they are
 * @param subject who its users are; its prefix may hold the tenant's place
 * @param roles what its users may do
 * @param signs true where somebody has said that its secret signs our own tokens
 */
public record TrustedIssuer(
    String issuer,
    List<String> tenants,
    KeySource keys,
    TokenUse use,
    AudienceRule audience,
    SubjectRule subject,
    RolesRule roles,
    boolean signs) {

  /** Copies the list. */
  public TrustedIssuer {
    tenants = List.copyOf(tenants);
  }

  /** The same with keys that are known already. */
  TrustedIssuer with(KeySource known) {
    return new TrustedIssuer(issuer, tenants, known, use, audience, subject, roles, signs);
  }

  /** The template that its issuer is, null when it is exact. */
  @Nullable IssuerTemplate template() {
    return IssuerTemplate.in(issuer);
  }

  /** One exact issuer, with the prefix of its subjects. */
  public record Exact(String issuer, @Nullable String tenant, String prefix) {}

  /** The exact issuers: itself, or one for each tenant. */
  List<Exact> exact() {
    IssuerTemplate template = template();
    return template == null
        ? List.of(new Exact(issuer, null, subject.prefix()))
        : tenants.stream()
            .map(
                tenant ->
                    new Exact(
                        template.issuerOf(tenant),
                        tenant,
                        subject.prefix().replace(IssuerTemplate.PLACE, tenant)))
            .toList();
  }
}
