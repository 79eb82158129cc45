package dev.drawbridge.spring.internal;

import dev.drawbridge.endpoint.Endpoint;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Consumer;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.core.ResolvableType;

/** The beans that register message types: {@code Consumer<Endpoint.Builder>}. Stateless. */
final class HandlerBeans {
  static final ResolvableType TYPE =
      ResolvableType.forClassWithGenerics(Consumer.class, Endpoint.Builder.class);

  private final ListableBeanFactory beans;

  /**
   * One of them.
   *
   * @param name of the bean
   */
  record Handler(String name, Consumer<Endpoint.Builder> registers) {}

  HandlerBeans(ListableBeanFactory beans) {
    this.beans = beans;
  }

  /** In the order of {@code @Order}, then of their definition. */
  List<Handler> ordered() {
    IdentityHashMap<Object, String> names = new IdentityHashMap<>();
    for (String name : beans.getBeanNamesForType(TYPE)) {
      names.put(beans.getBean(name), name);
    }
    List<Handler> ordered = new ArrayList<>();
    beans
        .<Consumer<Endpoint.Builder>>getBeanProvider(TYPE)
        .orderedStream()
        .forEach(bean -> ordered.add(new Handler(names.getOrDefault(bean, "?"), bean)));
    return ordered;
  }
}
