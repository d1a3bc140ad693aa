package io.tokamak.benchmarks;

import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Attaches clients that put one object each and then do nothing until let go. */
final class IdleTask implements Task {
    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        List<TokamakClient> clients = new ArrayList<>();
        for (int i = 0; i < arguments.count("clients"); i++) {
            TokamakClient client = Worker.connect("bench-idle-" + i);
            client.put(Payloads.make(64, i), PutOptions.DEFAULTS);
            clients.add(client);
        }
        arguments.awaitGo();
        double sessions = clients.getFirst().node().sessions().size();
        clients.forEach(TokamakClient::close);
        return Map.of("sessions", sessions);
    }
}
