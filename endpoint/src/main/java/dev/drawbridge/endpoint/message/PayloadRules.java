package dev.drawbridge.endpoint.message;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rules beyond the shape of data. Thread-safe. */
interface PayloadRules {
  /** No rules. */
  PayloadRules NONE = data -> List.of();

  /** One detail per broken rule, empty when the data is good. */
  List<Detail> check(Object data);

  /** Jakarta Validation when the application brings a provider, else none. */
  static PayloadRules find() {
    Logger log = LoggerFactory.getLogger(PayloadRules.class);
    try {
      return JakartaRules.find();
    } catch (NoClassDefFoundError e) {
      log.debug("no Jakarta Validation on the class path: annotations of records are not checked");
      return NONE;
    }
  }
}
