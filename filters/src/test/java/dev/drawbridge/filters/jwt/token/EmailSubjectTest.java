package dev.drawbridge.filters.jwt.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.refusal.RefusedException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An e-mail address is a subject where the issuer says that it is verified, whatever its name. */
class EmailSubjectTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static String outcome(String claim, String json) throws Exception {
    SubjectRule rule = SubjectRule.of(claim, true);
    ObjectNode claims = (ObjectNode) JSON.readTree(json.replace('\'', '"'));
    RefusedException refused =
        catchThrowableOfType(RefusedException.class, () -> rule.subject(claims));
    return refused == null ? rule.subject(claims) : refused.refusal().code().word();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "email | {'email':'a@b','email_verified':true}",
        "email | {'email':'a@b','email_verified':'true'}",
        "/email | {'email':'a@b','email_verified':true}",
        "/user/email | {'user':{'email':'a@b','email_verified':true}}",
        "Email | {'Email':'a@b','email_verified':true}",
        "mail | {'mail':'a@b','email_verified':true}",
        "emailAddress | {'emailAddress':'a@b','email_verified':true}",
        "email_address | {'email_address':'a@b','email_verified':true}",
        "/emails/0 | {'emails':['a@b'],'email_verified':true}",
        "/user/emails/0 | {'user':{'emails':['a@b'],'email_verified':true}}",
        "https://e.example/email | {'https://e.example/email':'a@b','email_verified':true}",
        "https://e.example/email"
            + " | {'https://e.example/email':'a@b','https://e.example/email_verified':true,'email_verified':false}",
        "https://e.example/email"
            + " | {'https://e.example/email':'a@b','https://e.example/email_verified':true,'email':'x@y'}",
        "https://e.example/email"
            + " | {'https://e.example/email':'a@b','email':'a@b','email_verified':true}",
        "mail | {'mail':'a@b','email':'a@b','email_verified':true}",
        "primary_email | {'primary_email':'a@b','email_verified':true}",
        "primaryEmail | {'primaryEmail':'a@b','email':'a@b','email_verified':true}",
        "email_id | {'email_id':'a@b','email_verified':true}",
        "/emails/0/value | {'emails':[{'value':'a@b'}],'email_verified':true}",
        "/https:~1~1e.example~1email | {'https://e.example/email':'a@b','email_verified':true}",
        "custom:email | {'custom:email':'a@b','custom:email_verified':'true'}",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
            + " | {'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress':'a@b','email_verified':true}"
      })
  void verifiedAddressIsASubject(String claim, String json) throws Exception {
    assertThat(outcome(claim, json)).isEqualTo("a@b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "email | {'email':'a@b'}",
        "email | {'email':'a@b','email_verified':false}",
        "email | {'email':'a@b','email_verified':'false'}",
        "email | {'email':'a@b','email_verified':'True'}",
        "email | {'email':'a@b','email_verified':'true '}",
        "email | {'email':'a@b','email_verified':''}",
        "email | {'email':'a@b','email_verified':'yes'}",
        "email | {'email':'a@b','email_verified':1}",
        "email | {'email':'a@b','email_verified':'1'}",
        "email | {'email':'a@b','email_verified':null}",
        "email | {'email':'a@b','email_verified':[true]}",
        "email | {'email':'a@b','email_verified':{'a':true}}",
        "mail | {'mail':'a@b','email':'x@y','email_verified':true}",
        "mail | {'mail':'a@b','email':'A@b','email_verified':true}",
        "mail | {'mail':'a@b','email':null,'email_verified':true}",
        "mail | {'mail':'a@b','email':['a@b'],'email_verified':true}",
        "Email | {'Email':'a@b','email':'x@y','email_verified':true}",
        "emailAddress | {'emailAddress':'a@b','email':'x@y','email_verified':true}",
        "/emails/0 | {'emails':['a@b'],'email':'x@y','email_verified':true}",
        "/user/mail | {'user':{'mail':'a@b','email':'x@y','email_verified':true}}",
        "https://e.example/email | {'https://e.example/email':'a@b','email':'x@y','email_verified':true}",
        "https://e.example/mail"
            + " | {'https://e.example/mail':'a@b','https://e.example/email':'x@y','https://e.example/email_verified':true}",
        "primary_email | {'primary_email':'a@b'}",
        "primary_email | {'primary_email':'a@b','email':'x@y','email_verified':true}",
        "user_email | {'user_email':'a@b'}",
        "userEmail | {'userEmail':'a@b'}",
        "contact_email | {'contact_email':'a@b'}",
        "contact-e-mail | {'contact-e-mail':'a@b'}",
        "email_id | {'email_id':'a@b','email_verified':false}",
        "emailId | {'emailId':'a@b'}",
        "EMAIL_ADDRESS_1 | {'EMAIL_ADDRESS_1':'a@b'}",
        "mailAddress | {'mailAddress':'a@b'}",
        "custom:work_email | {'custom:work_email':'a@b'}",
        "https://e.example/user_email | {'https://e.example/user_email':'a@b'}",
        "/emails/0/value | {'emails':[{'value':'a@b'}]}",
        "/email/address | {'email':{'address':'a@b'}}",
        "/email | {'email':'a@b'}",
        "/user/email | {'user':{'email':'a@b'},'email_verified':true}",
        "Email | {'Email':'a@b'}",
        "e-mail | {'e-mail':'a@b'}",
        "mail | {'mail':'a@b'}",
        "emailAddress | {'emailAddress':'a@b'}",
        "/emails/0 | {'emails':['a@b']}",
        "/emails/0 | {'emails':['a@b',true],'email_verified':false}",
        "https://e.example/email | {'https://e.example/email':'a@b'}",
        "https://e.example/email"
            + " | {'https://e.example/email':'a@b','https://e.example/email_verified':false,'email_verified':true}",
        "/https:~1~1e.example~1email | {'https://e.example/email':'a@b','email_verified':false}",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
            + " | {'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress':'a@b'}"
      })
  void addressThatNobodyHasVerifiedIsNone(String claim, String json) throws Exception {
    assertThat(outcome(claim, json)).isEqualTo("token_email_unverified");
  }

  @ParameterizedTest
  @ValueSource(strings = {"email", "mail", "primary_email"})
  void numberIsNoAddress(String claim) throws Exception {
    assertThat(outcome(claim, "{'%s':7,'email_verified':true}".formatted(claim)))
        .isEqualTo("token_subject_invalid");
  }

  /** The name of a host says nothing of the claim. */
  @ParameterizedTest
  @ValueSource(strings = {"https://mail.example/user", "urn:gmail.example:id"})
  void namespaceThatIsCalledMailIsNoAddress(String claim) throws Exception {
    assertThat(outcome(claim, "{'%s':'a@b'}".formatted(claim))).isEqualTo("a@b");
  }

  /** Names that the issuer gives; that one looks like an address says nothing. */
  @ParameterizedTest
  @ValueSource(strings = {"upn", "preferred_username", "unique_name", "sub", "nickname", "name"})
  void nameThatLooksLikeAnAddressIsAName(String claim) throws Exception {
    assertThat(outcome(claim, "{'%s':'a@b','email_verified':false}".formatted(claim)))
        .isEqualTo("a@b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sub",
        "oid",
        "email",
        "/email",
        "/user/email",
        "/emails/0",
        "https://e.example/email",
        "/a/https:~1~1e.example~1email",
        "primary_email",
        "/emails/0/value"
      })
  void tokenOfOurOwnNamesItsUserByTheSameRule(String claim) {
    SubjectRule rule = SubjectRule.of(claim, true);

    assertThat(rule.subject(JSON.valueToTree(rule.claims("a@b")))).isEqualTo("a@b");
  }
}
