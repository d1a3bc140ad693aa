package io.tokamak.gateway.objects;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Hooks;

/**
 * Errors that come when nobody waits for them any more: of connections that their callers have
 * reset, which are theirs to reset; anything else is a fault of ours.
 */
@Component
final class DroppedErrors implements InitializingBean {
    private static final Logger LOG = LoggerFactory.getLogger(DroppedErrors.class);

    @Override
    public void afterPropertiesSet() {
        Hooks.onErrorDropped(
                error -> {
                    if (error instanceof IOException) {
                        LOG.debug("a connection has ended", error);
                    } else {
                        LOG.error("an error that nobody waited for", error);
                    }
                });
    }
}
