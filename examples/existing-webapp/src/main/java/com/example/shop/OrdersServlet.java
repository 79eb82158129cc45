package com.example.shop;

import dev.drawbridge.endpoint.Connections;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Shows a customer's orders and takes new ones. */
public final class OrdersServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private final transient ConcurrentMap<String, List<String>> orders = new ConcurrentHashMap<>();

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setContentType("text/plain;charset=utf-8");
    response.getWriter().print(orders.getOrDefault(customer(request), List.of()));
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response) {
    String customer = customer(request);
    String item = String.valueOf(request.getParameter("item"));
    orders.computeIfAbsent(customer, name -> new CopyOnWriteArrayList<>()).add(item);
    Connections.of(getServletContext())
        .forUser(customer)
        .send("order.placed", Map.of("item", item));
    response.setStatus(HttpServletResponse.SC_NO_CONTENT);
  }

  private static String customer(HttpServletRequest request) {
    return String.valueOf(request.getSession().getAttribute(LoginFilter.CUSTOMER));
  }
}
