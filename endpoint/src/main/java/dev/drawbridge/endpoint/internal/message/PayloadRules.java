package dev.drawbridge.endpoint.internal.message;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rules beyond the shape of data. Thread-safe. */
interface PayloadRules {
  /** No rules. */
  PayloadRules NONE =
      new PayloadRules() {
        @Override
        public boolean allow(Object data) {
          return true;
        }

        @Override
        public List<Detail> check(Object data, JsonMapper mapper, JsonText json) {
          return List.of();
        }
      };

  /** True when the data is good. May throw whatever a rule of the application throws. */
  boolean allow(Object data);

  /**
   * One detail per broken rule, empty when the data is good.
   *
   * @param json what the data was made of, which knows the names on the wire
   */
  List<Detail> check(Object data, JsonMapper mapper, JsonText json);

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
