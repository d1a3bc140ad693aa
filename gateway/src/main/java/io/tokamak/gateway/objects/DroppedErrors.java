package io.tokamak.gateway.objects;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Hooks;

/**
 * Errors that come when nobody waits for them any more: of connections that have ended, which their
 * callers may end at any time, and we when a caller takes nothing or breaks HTTP/2; anything else
 * is a fault of ours. Netty reports both alike, as errors.
 */
@Component
final class DroppedErrors implements InitializingBean, DisposableBean {
    private static final Logger LOG = LoggerFactory.getLogger(DroppedErrors.class);

    private final LoggerContext logging = (LoggerContext) LoggerFactory.getILoggerFactory();
    private final TurboFilter ends = new Ends();

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
        logging.addTurboFilter(ends);
    }

    @Override
    public void destroy() {
        logging.getTurboFilterList().remove(ends);
    }

    /** Says what Netty says of a connection's end with less noise. */
    private static final class Ends extends TurboFilter {
        @Override
        public FilterReply decide(
                @Nullable Marker marker,
                ch.qos.logback.classic.Logger logger,
                Level level,
                @Nullable String format,
                Object @Nullable [] parameters,
                @Nullable Throwable error) {
            boolean isEnd =
                    error instanceof Http2Exception
                            || (error instanceof IOException && !isOfAll(error));
            boolean isOfNetty =
                    logger.getName().startsWith("reactor.netty.")
                            || logger.getName().startsWith("io.netty.channel.")
                            || logger.getName().startsWith("io.netty.handler.codec.http2.");
            if (!isEnd || !isOfNetty || !level.isGreaterOrEqual(Level.WARN)) {
                return FilterReply.NEUTRAL;
            }
            LOG.debug("a connection has ended: {}", format, error);
            return FilterReply.DENY;
        }

        /** No connection comes in any more: file descriptors have run out, mostly. */
        private static boolean isOfAll(Throwable error) {
            String message = String.valueOf(error.getMessage());
            return message.startsWith("accept") || message.endsWith("Too many open files");
        }
    }
}
