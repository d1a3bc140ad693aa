package io.tokamak.benchmarks;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;

/** A Spring program with nothing in it but what configures itself. Says when it has started. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
class SpringProgram {
    static final String STARTED = "started, client beans: ";

    @SuppressWarnings("SystemOut") // read by who started it
    public static void main(String[] args) {
        try (var context = SpringApplication.run(SpringProgram.class, args)) {
            // By name: without the starter its types may be there, but no bean is.
            System.out.println(STARTED + (context.containsBean("tokamakClient") ? 1 : 0));
        }
    }
}
