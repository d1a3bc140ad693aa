package io.tokamak.node;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Starts a node. */
@SpringBootApplication(proxyBeanMethods = false)
public class NodeApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(NodeApplication.class, arguments);
    }
}
