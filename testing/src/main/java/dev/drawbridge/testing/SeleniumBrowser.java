package dev.drawbridge.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.MutableCapabilities;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.chromium.ChromiumNetworkConditions;
import org.openqa.selenium.chromium.HasCdp;
import org.openqa.selenium.chromium.HasNetworkConditions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.remote.RemoteWebDriver;

/** A browser behind the classic WebDriver protocol. */
final class SeleniumBrowser implements Browser {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Dimension SIZE = new Dimension(1000, 750);

  private final BrowserKind kind;
  private final RemoteWebDriver driver;
  private final Deque<Process> processes;
  private final String tab;
  private final boolean first;
  private final Shared shared;

  /** What the tabs of one browser share. */
  private static final class Shared {
    /** The tab that the driver has turned to; null when that is not known. */
    @Nullable SeleniumBrowser front;
  }

  private SeleniumBrowser(
      BrowserKind kind,
      RemoteWebDriver driver,
      Deque<Process> processes,
      @Nullable SeleniumBrowser opener) {
    this.kind = kind;
    this.driver = driver;
    this.processes = processes;
    this.tab = driver.getWindowHandle();
    this.first = opener == null;
    this.shared = opener == null ? new Shared() : opener.shared;
    this.shared.front = this;
    driver.manage().timeouts().scriptTimeout(TIMEOUT).pageLoadTimeout(TIMEOUT);
  }

  static Browser chromium(Path browser, Path driver) throws IOException {
    ChromeOptions options = new ChromeOptions();
    options.setBinary(browser.toFile());
    // No sandbox: Chromium refuses to start as root with it, and it loads only our own pages.
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--no-proxy-server");
    // Pages by https that tests deliver have certificates of their own.
    options.setAcceptInsecureCerts(true);
    // Both paths are given, so Selenium looks for no download.
    ChromeDriverService service =
        new ChromeDriverService.Builder()
            .usingDriverExecutable(driver.toFile())
            .usingAnyFreePort()
            .build();
    try {
      return new SeleniumBrowser(
          BrowserKind.CHROMIUM, new ChromeDriver(service, options), new ArrayDeque<>(), null);
    } catch (WebDriverException e) {
      service.stop();
      throw new IOException(e.getMessage(), e);
    }
  }

  static Browser webkit(Path xvfb, Path driver, Path browser) throws IOException {
    Deque<Process> processes = new ArrayDeque<>();
    try {
      // -displayfd: the server chooses a free display and prints its number.
      Processes.Started display =
          Processes.start(
              new ProcessBuilder(
                  xvfb.toString(),
                  "-displayfd",
                  "1",
                  "-screen",
                  "0",
                  "1280x800x24",
                  "-nolisten",
                  "tcp"),
              line -> line.strip().matches("[0-9]+"));
      processes.push(display.process());
      int port = Ports.free();
      ProcessBuilder builder = new ProcessBuilder(driver.toString(), "--port=" + port);
      builder.environment().put("DISPLAY", ":" + display.readyLine().strip());
      builder.environment().put("GDK_BACKEND", "x11");
      builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
      processes.push(builder.start());
      MutableCapabilities capabilities = new MutableCapabilities();
      capabilities.setCapability("browserName", "MiniBrowser");
      capabilities.setCapability("acceptInsecureCerts", true);
      capabilities.setCapability(
          "webkitgtk:browserOptions",
          Map.of("binary", browser.toString(), "args", List.of("--automation")));
      URI address = URI.create("http://127.0.0.1:" + port);
      awaitDriver(address);
      return new SeleniumBrowser(
          BrowserKind.WEBKIT, new RemoteWebDriver(address.toURL(), capabilities), processes, null);
    } catch (IOException | WebDriverException e) {
      processes.forEach(Processes::end);
      throw new IOException(e.getMessage(), e);
    }
  }

  /** The driver prints nothing when it is ready, so its status route is asked. */
  private static void awaitDriver(URI address) throws IOException {
    long end = System.nanoTime() + TIMEOUT.toNanos();
    while (true) {
      try (var stream = address.resolve("/status").toURL().openStream()) {
        stream.readAllBytes();
        return;
      } catch (IOException e) {
        if (System.nanoTime() > end) {
          throw e;
        }
        Thread.onSpinWait();
      }
    }
  }

  @Override
  public BrowserKind kind() {
    return kind;
  }

  @Override
  public void open(URI page) {
    try {
      turnHere();
      driver.get(page.toString());
    } catch (WebDriverException e) {
      throw new BrowserException("cannot open " + page, e);
    }
  }

  @Override
  public JsonNode evaluate(String expression) {
    Object answer;
    try {
      turnHere();
      answer =
          ((JavascriptExecutor) driver)
              .executeAsyncScript(
                  """
                  const done = arguments[arguments.length - 1];
                  (async () => '=' + JSON.stringify({value: await (%s)}))().then(done, e => done('!' + e));
                  """
                      .formatted(expression));
    } catch (WebDriverException e) {
      throw new BrowserException("cannot evaluate " + expression, e);
    }
    return value(expression, String.valueOf(answer));
  }

  private static JsonNode value(String expression, String answer) {
    if (!answer.startsWith("=")) {
      throw new BrowserException(answer.substring(1) + " in " + expression);
    }
    try {
      JsonNode value = JSON.readTree(answer.substring(1)).get("value");
      return value == null ? JSON.nullNode() : value;
    } catch (JsonProcessingException e) {
      throw new BrowserException("no JSON from " + expression, e);
    }
  }

  @Override
  public Browser newTab(URI page) {
    try {
      driver.switchTo().newWindow(WindowType.TAB);
    } catch (WebDriverException e) {
      throw new BrowserException("cannot open a tab", e);
    }
    Browser opened = new SeleniumBrowser(kind, driver, new ArrayDeque<>(), this);
    opened.open(page);
    return opened;
  }

  @Override
  public void hidden(boolean hidden) {
    try {
      turnHere();
      if (hidden) {
        driver.manage().window().minimize();
      } else {
        driver.manage().window().setSize(SIZE);
      }
    } catch (WebDriverException e) {
      throw new BrowserException("cannot hide or show the window", e);
    }
  }

  @Override
  public boolean offline(boolean offline) {
    // WebKit's driver has no command for it.
    if (!(driver instanceof HasNetworkConditions network)) {
      return false;
    }
    try {
      turnHere();
      if (offline) {
        ChromiumNetworkConditions none = new ChromiumNetworkConditions();
        none.setOffline(true);
        network.setNetworkConditions(none);
      } else {
        network.deleteNetworkConditions();
      }
    } catch (WebDriverException e) {
      throw new BrowserException("cannot switch the network", e);
    }
    return true;
  }

  @Override
  public boolean look(@Nullable Look look) {
    // Of Chromium's own: the classic protocol knows no such thing.
    if (!(driver instanceof HasCdp devTools)) {
      return false;
    }
    try {
      turnHere();
      if (look == null) {
        devTools.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
        devTools.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of()));
      } else {
        devTools.executeCdpCommand(
            "Emulation.setDeviceMetricsOverride",
            Map.of(
                "width",
                look.width() / look.zoom(),
                "height",
                look.height() / look.zoom(),
                "deviceScaleFactor",
                look.zoom(),
                "mobile",
                false));
        devTools.executeCdpCommand(
            "Emulation.setEmulatedMedia",
            Map.of(
                "features",
                List.of(
                    Map.of("name", "prefers-color-scheme", "value", look.dark() ? "dark" : "light"),
                    Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
      }
    } catch (WebDriverException e) {
      throw new BrowserException("cannot look at the page so", e);
    }
    return true;
  }

  @Override
  public boolean press(CharSequence keys) {
    try {
      turnHere();
      new Actions(driver).sendKeys(keys).perform();
    } catch (WebDriverException e) {
      throw new BrowserException("cannot press keys", e);
    }
    return true;
  }

  @Override
  public byte[] picture() {
    if (!(driver instanceof HasCdp devTools)) {
      return new byte[0];
    }
    JsonNode size = evaluate("[innerWidth, document.documentElement.scrollHeight]");
    Map<String, Object> whole =
        Map.of(
            "x",
            0,
            "y",
            0,
            "width",
            size.get(0).asInt(),
            "height",
            size.get(1).asInt(),
            "scale",
            1);
    try {
      Map<String, Object> picture =
          devTools.executeCdpCommand(
              "Page.captureScreenshot", Map.of("captureBeyondViewport", true, "clip", whole));
      return Base64.getDecoder().decode(String.valueOf(picture.get("data")));
    } catch (WebDriverException e) {
      throw new BrowserException("cannot take a picture", e);
    }
  }

  /** Commands go to the tab that the driver has turned to. */
  private void turnHere() {
    if (shared.front != this) {
      driver.switchTo().window(tab);
      shared.front = this;
    }
  }

  private void closeTab() {
    try {
      turnHere();
      driver.close();
    } catch (WebDriverException e) {
      // It is gone already.
    }
    shared.front = null;
  }

  @Override
  public void close() {
    if (!first) {
      closeTab();
      return;
    }
    try {
      driver.quit();
    } catch (WebDriverException e) {
      // It is gone already, and the processes below are ended in any case.
    }
    processes.forEach(Processes::end);
  }
}
