package io.tokamak.values;

import io.tokamak.client.TokamakClient;
import io.tokamak.values.TestStore.Route;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives tests one store, started once for all of them, and clients of it. */
@ExtendWith(WithStore.Shared.class)
interface WithStore {
    /** The store and its clients. */
    final class Clients implements AutoCloseable {
        final TestStore store;
        private final Map<Route, TokamakClient> byRoute = new EnumMap<>(Route.class);

        private Clients() {
            try {
                store = TestStore.withGateway("512MB");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            for (Route route : Route.values()) {
                byRoute.put(route, store.connect(route));
            }
        }

        TokamakClient client(Route route) {
            return java.util.Objects.requireNonNull(byRoute.get(route));
        }

        Values values(Route route) {
            return Values.over(client(route));
        }

        @Override
        public void close() throws IOException {
            byRoute.values().forEach(TokamakClient::close);
            store.close();
        }
    }

    /** Resolves parameters of the type {@link Clients}. */
    final class Shared implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Clients.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(Namespace.create(WithStore.class))
                    .computeIfAbsent(Clients.class, type -> new Clients(), Clients.class);
        }
    }
}
