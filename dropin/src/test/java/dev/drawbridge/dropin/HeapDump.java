package dev.drawbridge.dropin;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Reads of a heap dump which classes are loaded: one record for each class in each class loader.
 * The format is the JVM's HPROF 1.0.2, with ids of eight bytes. Stateless.
 */
final class HeapDump {
  private static final int UTF8 = 0x01;
  private static final int LOAD_CLASS = 0x02;
  private static final int ID_BYTES = 8;

  private HeapDump() {}

  /** How many class loaders have a class of this name. */
  static long copiesOf(String type, Path dump) throws IOException {
    byte[] name = type.replace('.', '/').getBytes(StandardCharsets.UTF_8);
    Set<Long> ids = new HashSet<>();
    long copies = 0;
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(dump), 1 << 20))) {
      while (in.read() > 0) {
        // The format's name, to its end.
      }
      if (in.readInt() != ID_BYTES) {
        throw new IOException("ids of another size than of " + ID_BYTES + " bytes: " + dump);
      }
      in.skipNBytes(Long.BYTES);
      for (int tag = in.read(); tag >= 0; tag = in.read()) {
        in.skipNBytes(Integer.BYTES);
        long length = Integer.toUnsignedLong(in.readInt());
        if (tag == UTF8 && length == ID_BYTES + name.length) {
          long id = in.readLong();
          if (java.util.Arrays.equals(in.readNBytes(name.length), name)) {
            ids.add(id);
          }
        } else if (tag == LOAD_CLASS) {
          in.skipNBytes(Integer.BYTES + ID_BYTES + Integer.BYTES);
          // Names come before the classes that have them.
          if (ids.contains(in.readLong())) {
            copies++;
          }
        } else {
          in.skipNBytes(length);
        }
      }
    }
    return copies;
  }
}
