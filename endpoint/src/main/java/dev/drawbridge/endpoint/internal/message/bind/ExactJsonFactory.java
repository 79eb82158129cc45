package dev.drawbridge.endpoint.internal.message.bind;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerationException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.core.io.IOContext;
import com.fasterxml.jackson.core.json.WriterBasedJsonGenerator;
import java.io.IOException;
import java.io.Writer;

/**
 * Writes what JSON can say, and fails where it cannot: there is no word for NaN and the infinities.
 * Thread-safe once built.
 */
public final class ExactJsonFactory extends JsonFactory {
  private static final long serialVersionUID = 1L;

  /** With the settings of a builder. */
  public ExactJsonFactory(JsonFactoryBuilder builder) {
    super(builder);
  }

  private ExactJsonFactory(ExactJsonFactory source) {
    super(source, null);
  }

  @Override
  public JsonFactory copy() {
    return new ExactJsonFactory(this);
  }

  @Override
  protected JsonGenerator _createGenerator(Writer out, IOContext context) {
    Exact generator = new Exact(context, _generatorFeatures, getCodec(), out, _quoteChar);
    if (_maximumNonEscapedChar > 0) {
      generator.setHighestNonEscapedChar(_maximumNonEscapedChar);
    }
    if (_characterEscapes != null) {
      generator.setCharacterEscapes(_characterEscapes);
    }
    return generator;
  }

  private static final class Exact extends WriterBasedJsonGenerator {
    Exact(IOContext context, int features, ObjectCodec codec, Writer out, char quote) {
      super(context, features, codec, out, quote);
    }

    @Override
    public void writeNumber(double value) throws IOException {
      require(Double.isFinite(value));
      super.writeNumber(value);
    }

    @Override
    public void writeNumber(float value) throws IOException {
      require(Float.isFinite(value));
      super.writeNumber(value);
    }

    private void require(boolean finite) throws IOException {
      if (!finite) {
        throw new JsonGenerationException("JSON has no word for NaN and the infinities", this);
      }
    }
  }
}
