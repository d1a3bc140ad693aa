package io.tokamak.spring;

import io.tokamak.client.TokamakClient;

/**
 * Puts something around the client, such as meters. Beans of this type are applied in their order
 * to the auto-configured client; without one the program has the client itself.
 */
@FunctionalInterface
public interface TokamakClientDecorator {
    /** A client that passes on what it does not change, {@code close} included. */
    TokamakClient decorate(TokamakClient client);
}
