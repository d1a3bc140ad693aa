package io.tokamak.gateway.objects;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.springframework.http.HttpMethod;

/** That an answer is one that the table of calls promises: its status, its code, its headers. */
final class TableContract {
    private static final List<String> OF_HTTP =
            List.of(
                    ":status",
                    "content-length",
                    "content-type",
                    "transfer-encoding",
                    "connection",
                    "date");

    private TableContract() {}

    static void check(HttpRequest request, HttpResponse<byte[]> response) {
        String path = request.uri().getRawPath();
        if (!path.startsWith("/v1/")) {
            return;
        }
        Call call;
        try {
            call = Call.find(HttpMethod.valueOf(request.method()), path).call();
        } catch (Refusal refusal) {
            assertThat(response.statusCode()).isEqualTo(refusal.status().value());
            return;
        }
        String asked = request.method() + " " + path + " answered " + response.statusCode();
        Stream<String> headers;
        if (response.statusCode() >= 400) {
            List<Problem> possible =
                    call.problems().stream()
                            .filter(problem -> problem.status().value() == response.statusCode())
                            .toList();
            assertThat(possible).as(asked).isNotEmpty();
            if (!request.method().equals("HEAD")) {
                assertThat(possible.stream().map(Problem::code))
                        .as(asked)
                        .contains(RestGateway.json(response).get("code").asString());
                assertThat(RestGateway.json(response).propertyNames())
                        .as(asked)
                        .allMatch(
                                field ->
                                        Problems.FIELDS.contains(field)
                                                || possible.stream()
                                                        .anyMatch(
                                                                problem ->
                                                                        problem.numbers()
                                                                                .containsKey(
                                                                                        field)));
            }
            headers =
                    possible.stream()
                            .flatMap(problem -> problem.example().headers().keySet().stream());
        } else {
            headers = promised(call, response);
        }
        checkHeaders(asked, response, headers);
    }

    /** Of an answer whose body has no end. */
    static void checkStream(Call call, HttpResponse<?> response) {
        checkHeaders(call.name(), response, promised(call, response));
    }

    private static Stream<String> promised(Call call, HttpResponse<?> response) {
        List<Call.Reply> possible =
                call.replies().stream()
                        .filter(reply -> reply.status() == response.statusCode())
                        .toList();
        assertThat(possible).as(call + " answered " + response.statusCode()).isNotEmpty();
        return possible.stream()
                .flatMap(reply -> reply.headers().stream())
                .map(ResponseHeader::text);
    }

    private static void checkHeaders(
            String asked, HttpResponse<?> response, Stream<String> headers) {
        List<String> known = headers.map(name -> name.toLowerCase(Locale.ROOT)).toList();
        assertThat(response.headers().map().keySet())
                .as(asked)
                .allMatch(
                        name ->
                                known.contains(name)
                                        || OF_HTTP.contains(name)
                                        || name.startsWith("tokamak-attr-"));
    }
}
