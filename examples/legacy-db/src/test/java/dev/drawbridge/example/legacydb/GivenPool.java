package dev.drawbridge.example.legacydb;

import java.util.Hashtable;
import javax.naming.Context;
import javax.naming.Name;
import javax.naming.spi.ObjectFactory;
import javax.sql.DataSource;

/** Binds a pool of the test's in the container, which would otherwise hide it from the test. */
public final class GivenPool implements ObjectFactory {
  /** Set before the container starts. */
  static DataSource given;

  @Override
  public Object getObjectInstance(
      Object object, Name name, Context context, Hashtable<?, ?> environment) {
    return given;
  }
}
