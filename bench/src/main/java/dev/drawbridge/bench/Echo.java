package dev.drawbridge.bench;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The data of {@code echo}: a text of our own drivers, and the members that others may send.
 *
 * @param text of any length within the message limit
 * @param others null when there are none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Echo(
    @Nullable String text, @JsonAnySetter @JsonAnyGetter @Nullable Map<String, JsonNode> others) {}
