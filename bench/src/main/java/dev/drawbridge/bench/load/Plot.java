package dev.drawbridge.bench.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Draws what grows with the number of connections as an SVG of panels side by side. */
final class Plot {
  private static final int WIDTH = 300;
  private static final int HEIGHT = 200;
  private static final int MARGIN = 60;
  private static final String[] COLOURS = {"#d95f02", "#1b9e77", "#7570b3", "#e7298a"};

  private final Map<String, Map<String, List<double[]>>> panels = new LinkedHashMap<>();

  /** Adds a point to a target's line in a panel, which is made when it is new. */
  void add(String panel, String target, double connections, double value) {
    panels
        .computeIfAbsent(panel, name -> new LinkedHashMap<>())
        .computeIfAbsent(target, name -> new ArrayList<>())
        .add(new double[] {connections, value});
  }

  /** Writes the file. */
  void write(Path file) throws IOException {
    StringBuilder svg = new StringBuilder(4096);
    int width = panels.size() * (WIDTH + MARGIN) + MARGIN;
    int height = HEIGHT + 2 * MARGIN;
    text(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
            + " font-size=\"12\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
        width,
        height);
    int left = MARGIN;
    for (Map.Entry<String, Map<String, List<double[]>>> panel : panels.entrySet()) {
      draw(svg, left, panel.getKey(), panel.getValue());
      left += WIDTH + MARGIN;
    }
    Files.writeString(file, svg.append("</svg>\n"));
  }

  private static void draw(
      StringBuilder svg, int left, String title, Map<String, List<double[]>> lines) {
    double right = largest(lines, 0);
    double top = largest(lines, 1) * 1.1;
    int bottom = MARGIN + HEIGHT;
    text(svg, "<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s</text>%n", left, 30, title);
    text(
        svg,
        "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#444\"/>%n",
        left,
        MARGIN,
        bottom,
        left + WIDTH);
    for (int i = 0; i <= 4; i++) {
      double y = bottom - HEIGHT * i / 4.0;
      text(
          svg,
          "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n",
          left - 4,
          y + 4,
          number(top * i / 4));
      text(
          svg,
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
          left + WIDTH * i / 4.0,
          bottom + 16,
          number(right * i / 4));
    }
    int index = 0;
    for (Map.Entry<String, List<double[]>> line : lines.entrySet()) {
      String colour = COLOURS[index % COLOURS.length];
      StringBuilder path = new StringBuilder();
      for (double[] point : line.getValue()) {
        double x = left + point[0] / right * WIDTH;
        double y = bottom - point[1] / top * HEIGHT;
        text(path, "%s%.1f %.1f", path.isEmpty() ? "M" : "L", x, y);
        text(svg, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>%n", x, y, colour);
      }
      text(svg, "<path d=\"%s\" fill=\"none\" stroke=\"%s\"/>%n", path, colour);
      text(
          svg,
          "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>%n",
          left + 8,
          bottom + 34 + 14 * index,
          colour,
          line.getKey());
      index++;
    }
  }

  private static double largest(Map<String, List<double[]>> lines, int coordinate) {
    return lines.values().stream()
        .flatMap(List::stream)
        .mapToDouble(point -> point[coordinate])
        .max()
        .orElse(1);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value >= 10 || value == 0 ? "%.0f" : "%.1f", value);
  }

  private static void text(StringBuilder to, String format, Object... values) {
    to.append(String.format(Locale.ROOT, format, values));
  }
}
