package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import java.net.URI;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.opentest4j.TestAbortedException;

/** The ways of {@link FailureMatrixTest} are explained alike in Firefox and WebKitGTK. */
@ExtendWith(Browsers.class)
class FailureMatrixEnginesTest {

  @Test
  void eachWayIsExplainedAsInChromium() throws Exception {
    Browsers.inEach(
        EnumSet.of(BrowserKind.FIREFOX, BrowserKind.WEBKIT), FailureMatrixEnginesTest::playAll);
  }

  private static void playAll(Browser browser) {
    List<String> different = new ArrayList<>();
    try (MatrixPages pages = new MatrixPages();
        MatrixServer dev = FailureMatrixTest.developmentServer(MatrixContainer.JETTY)) {
      MatrixBrowser page = new MatrixBrowser(browser, pages.page());
      for (Way way : Ways.all(dev, pages)) {
        String difference = play(way, page, browser.kind());
        if (!difference.isEmpty()) {
          different.add(way.name() + ": " + difference);
        }
      }
      browser.open(URI.create("about:blank"));
    }
    assertThat(different).isEmpty();
  }

  /** What is not as the way says; empty when nothing is. */
  private static String play(Way way, MatrixBrowser page, BrowserKind kind) {
    try {
      Way.Seen seen = way.scene().play(page);
      JsonNode error = seen.error();
      String code = error.path("code").asText();
      // WebKitGTK's library does not know the close code 1012.
      boolean untold =
          kind == BrowserKind.WEBKIT
              && way.fix().endsWith("1012")
              && error.path("closeCode").asInt() == 1006;
      boolean alike =
          (untold || code.equals(way.code())) && seen.diagnosis().equals(way.diagnosis());
      return alike ? "" : "server's record " + seen.diagnosis() + ", " + error;
    } catch (TestAbortedException e) {
      // A proxy that is not installed.
      return "";
    } catch (Exception | AssertionError e) {
      return e.toString();
    } finally {
      page.rest();
    }
  }
}
