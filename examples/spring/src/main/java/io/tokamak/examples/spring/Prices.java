package io.tokamak.examples.spring;

import io.tokamak.client.ObjectView;
import io.tokamak.client.PutOptions;
import io.tokamak.client.TokamakClient;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectName;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.stereotype.Service;

/** The prices of a year, as an object of doubles. */
@Service
public class Prices {
    private static final int COUNT = 100_000;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final TokamakClient client;

    Prices(TokamakClient client) {
        this.client = client;
    }

    /**
     * What is computed once and then found by every program.
     *
     * @param count of the prices
     */
    public record Summary(int year, long count, double mean) {}

    /** Whether this program was the first to store them. */
    public boolean store() {
        double[] prices = new double[COUNT];
        for (int i = 0; i < COUNT; i++) {
            prices[i] = i % 1000;
        }
        return client.put(MemorySegment.ofArray(prices), PutOptions.named(name(2026))).created();
    }

    /** Reads in place: nothing is copied. */
    @Cacheable("summaries")
    public Summary summary(int year) {
        System.out.println("prices: computing the summary of " + year);
        try (ObjectView view = client.get(name(year), Deadline.after(PATIENCE))) {
            MemorySegment prices = view.segment();
            long count = prices.byteSize() / Double.BYTES;
            double sum = 0;
            for (long i = 0; i < count; i++) {
                sum += prices.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
            }
            return new Summary(year, count, sum / count);
        }
    }

    private static ObjectName name(int year) {
        return new ObjectName("prices", "year/" + year);
    }
}
