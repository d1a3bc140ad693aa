package io.tokamak.gateway.node;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.NodeDown;
import io.tokamak.objects.TokamakException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * The gateway as a client of its node: connects in the background, tries again until it works, and
 * then looks every second whether the node answers.
 *
 * <p>Thread-safe.
 */
@Component
public final class NodeConnection implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(NodeConnection.class);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
    private static final long PROBE_MILLIS = 1000;

    /** Between two attempts to connect at all, each of which waits for the node itself. */
    private static final long ATTEMPT_MILLIS = 100;

    private final GatewayProperties properties;
    private final ApplicationEventPublisher events;
    private volatile @Nullable TokamakClient client;
    private volatile @Nullable String trouble = "not connected yet";
    private volatile boolean isEnding;

    /** As it said last. */
    private volatile @Nullable NodeInfo found;

    private volatile CountDownLatch stop = new CountDownLatch(1);
    private volatile @Nullable Thread thread;

    NodeConnection(GatewayProperties properties, ApplicationEventPublisher events) {
        this.properties = properties;
        this.events = events;
    }

    /**
     * The client, connected at least once.
     *
     * @throws NodeDown when no node was found yet
     */
    public TokamakClient client() {
        TokamakClient connected = client;
        if (connected == null) {
            throw notFoundYet();
        }
        return connected;
    }

    /**
     * The id of the node.
     *
     * @throws NodeDown when no node was found yet
     */
    public String nodeId() {
        NodeInfo known = found;
        if (known == null) {
            throw notFoundYet();
        }
        return known.id();
    }

    private NodeDown notFoundYet() {
        return new NodeDown(folder().toString(), String.valueOf(trouble), RETRY_AFTER);
    }

    /**
     * To be asked by who waits: a gateway that stops finishes what it does, and waits for nothing.
     *
     * @throws NodeDown when it stops
     */
    void checkGoesOn() {
        if (isEnding) {
            throw new NodeDown(folder().toString(), "the gateway stops", RETRY_AFTER);
        }
    }

    /** Tells the waits first of all that the gateway stops. */
    @Component
    static final class Ending implements SmartLifecycle {
        private final NodeConnection connection;
        private volatile boolean isRunning;

        Ending(NodeConnection connection) {
            this.connection = connection;
        }

        @Override
        public void start() {
            connection.isEnding = false;
            isRunning = true;
        }

        @Override
        public void stop() {
            connection.isEnding = true;
            isRunning = false;
        }

        @Override
        public boolean isRunning() {
            return isRunning;
        }

        /** Before the servers, which let the calls under way end. */
        @Override
        public int getPhase() {
            return DEFAULT_PHASE;
        }
    }

    /** Where the node is. */
    public Path folder() {
        return properties.folder();
    }

    /** Why the node does not answer, for people; null: it does. */
    public @Nullable String trouble() {
        return trouble;
    }

    @Override
    public void start() {
        CountDownLatch ended = new CountDownLatch(1);
        stop = ended;
        thread = Thread.ofPlatform().daemon().name("node-connection").start(() -> run(ended));
    }

    private void run(CountDownLatch ended) {
        try {
            do {
                try {
                    look();
                } catch (TokamakException e) {
                    note(e.detail());
                } catch (RuntimeException | Error e) { // it is the only one that ever looks
                    LOG.error("cannot look after the node", e);
                    note(e.toString());
                }
            } while (!ended.await(
                    client == null ? ATTEMPT_MILLIS : PROBE_MILLIS, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        TokamakClient connected = client;
        if (connected == null) {
            connected =
                    TokamakClient.connect(
                            ConnectOptions.defaults()
                                    .withFolder(properties.folder())
                                    .withName("gateway")
                                    .withTimeout(properties.nodeTimeout()));
            client = connected;
        }
        NodeInfo info = connected.node();
        NodeInfo before = found;
        if (before != null && trouble == null && !before.startedAt().equals(info.startedAt())) {
            note("it was started anew");
        }
        found = info;
        if (trouble != null) {
            trouble = null;
            events.publishEvent(new NodeReadiness(true, info.id()));
            LOG.info("node {} in {}", info.id(), properties.folder());
        }
    }

    private void note(String why) {
        if (trouble == null || (client == null && !why.equals(trouble))) {
            LOG.warn("no node in {}: {}", properties.folder(), why);
        }
        boolean wasReady = trouble == null;
        trouble = why;
        if (wasReady) {
            NodeInfo lost = found;
            events.publishEvent(new NodeReadiness(false, lost == null ? null : lost.id()));
        }
    }

    @Override
    public void stop() {
        stop.countDown();
        Thread running = thread;
        thread = null;
        if (running != null) {
            running.interrupt();
        }
        TokamakClient connected = client;
        client = null;
        if (connected != null) {
            connected.close();
        }
    }

    @Override
    public boolean isRunning() {
        return thread != null;
    }

    /** Before the web server starts, after it has stopped: its requests need the client. */
    @Override
    public int getPhase() {
        return 0;
    }
}
