package io.tokamak.spring;

import io.tokamak.client.ConnectOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.InvalidState;
import io.tokamak.objects.TokamakException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextRefreshedEvent;

/**
 * Has the client connect in the background once the program has started: the first call finds it
 * connected, and who forgot the node reads what to do before anything is called.
 */
final class ConnectAfterStart implements ApplicationListener<ContextRefreshedEvent> {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectAfterStart.class);

    private final TokamakClient client;
    private final ConnectOptions options;

    ConnectAfterStart(TokamakClient client, ConnectOptions options) {
        this.client = client;
        this.options = options;
    }

    @Override
    public void onApplicationEvent(ContextRefreshedEvent started) {
        Thread.ofPlatform().daemon().name("tokamak-connect").start(this::connect);
    }

    private void connect() {
        try {
            LOG.info("{}", client.locality().reason());
        } catch (InvalidState closed) {
            LOG.debug("the program has ended before it was connected", closed);
        } catch (TokamakException e) {
            FailureAnalysis analysis = NoStoreFailureAnalyzer.analysis(new NoStore(options, e));
            LOG.error("{} {}", analysis.getDescription(), analysis.getAction());
        }
    }
}
