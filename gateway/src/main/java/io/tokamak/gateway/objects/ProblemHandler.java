package io.tokamak.gateway.objects;

import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebExceptionHandler;
import reactor.core.publisher.Mono;

/** Makes problems of what fails outside the table: above all, of paths that lead nowhere. */
@Component
@Order(-2) // before Spring Boot's error page
final class ProblemHandler implements WebExceptionHandler {
    private final Answers answers;

    ProblemHandler(Answers answers) {
        this.answers = answers;
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable failure) {
        return failure instanceof ResponseStatusException
                ? answers.problem(exchange.getRequest(), exchange.getResponse(), null, failure)
                : Mono.error(failure);
    }
}
