package io.tokamak.examples.spring;

import io.tokamak.client.TokamakClient;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.annotation.Bean;

/**
 * A hundred thousand prices in shared memory: whichever program of the host comes first stores
 * them, every other one reads them where they lie, and what was computed from them is found in the
 * cache.
 */
@SpringBootApplication
@EnableCaching
public class PricesApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(PricesApplication.class, arguments);
    }

    @Bean
    ApplicationRunner report(TokamakClient client, Prices prices) {
        return _ -> {
            System.out.println("prices: " + client.locality().reason());
            System.out.println(
                    prices.store() ? "prices: stored" : "prices: stored before, by somebody else");
            System.out.println("prices: " + prices.summary(2026));
        };
    }
}
