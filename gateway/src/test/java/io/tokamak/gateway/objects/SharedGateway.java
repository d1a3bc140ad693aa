package io.tokamak.gateway.objects;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** One node and its gateway for all tests that leave both as they are; they end with the last. */
final class SharedGateway implements ParameterResolver {

    private static RestGateway start() {
        try {
            return new RestGateway("--tokamak.upload-timeout=2s");
        } catch (Exception e) {
            throw new IllegalStateException("no gateway to test", e);
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == RestGateway.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(ExtensionContext.Namespace.create(SharedGateway.class))
                .computeIfAbsent(RestGateway.class, _ -> start(), RestGateway.class);
    }
}
