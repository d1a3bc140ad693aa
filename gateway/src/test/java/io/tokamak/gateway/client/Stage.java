package io.tokamak.gateway.client;

import io.tokamak.client.TokamakClient;
import io.tokamak.gateway.node.NodeProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** One node and its gateway for all tests that change neither; they end with the last test. */
final class Stage implements ParameterResolver {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** What stands on it. */
    record Set(NodeProcess node, RunningGateway gateway) implements AutoCloseable {
        TokamakClient mapped() {
            return TokamakClient.connect(
                    gateway.options().withTimeout(PATIENCE).withFolder(node.folder()));
        }

        TokamakClient remote() {
            return TokamakClient.connect(
                    gateway.options().withTimeout(PATIENCE).withZeroCopy(false));
        }

        @Override
        public void close() throws IOException {
            gateway.close();
            node.close();
        }
    }

    private static Set build() {
        try {
            NodeProcess node = new NodeProcess();
            return new Set(node, new RunningGateway(node.folder(), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Set.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(ExtensionContext.Namespace.create(Stage.class))
                .computeIfAbsent(Set.class, _ -> build(), Set.class);
    }
}
