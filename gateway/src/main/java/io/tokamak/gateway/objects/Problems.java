package io.tokamak.gateway.objects;

import io.tokamak.objects.NodeDown;
import io.tokamak.objects.ProblemDetails;
import io.tokamak.objects.QuotaExceeded;
import io.tokamak.objects.TokamakException;
import io.tokamak.objects.Unauthenticated;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/** The one place where failures become answers: {@code application/problem+json} of RFC 9457. */
public final class Problems {
    /** Of every problem document. */
    static final List<String> FIELDS =
            List.of("type", "title", "status", "detail", "code", "remedy");

    private Problems() {}

    /**
     * An answer.
     *
     * @param body of the problem document, in order
     * @param headers to be sent with it
     */
    public record Answer(
            HttpStatus status, SequencedMap<String, Object> body, Map<String, String> headers) {}

    /** What a failure is answered with. */
    public static Answer answer(Throwable failure) {
        return switch (failure) {
            case Refusal refusal ->
                    answer(
                            refusal.status(),
                            refusal.code(),
                            refusal.detail(),
                            refusal.remedy(),
                            refusal.numbers(),
                            refusal.headers());
            case TokamakException known ->
                    answer(
                            status(known),
                            known.code(),
                            known.detail(),
                            known.remedy(),
                            known.numbers(),
                            headers(known));
            case ResponseStatusException web -> web(web);
            default ->
                    answer(
                            HttpStatus.INTERNAL_SERVER_ERROR,
                            "internal-error",
                            "the gateway failed",
                            "look into its log",
                            new LinkedHashMap<>(),
                            Map.of());
        };
    }

    private static Answer web(ResponseStatusException failure) {
        HttpStatus status = HttpStatus.resolve(failure.getStatusCode().value());
        if (status == null) {
            status = HttpStatus.INTERNAL_SERVER_ERROR;
        }
        String reason = failure.getReason();
        String code =
                status == HttpStatus.NOT_FOUND
                        ? "no-such-path"
                        : status.getReasonPhrase().toLowerCase(Locale.ROOT).replace(' ', '-');
        return answer(
                status,
                code,
                reason == null ? status.getReasonPhrase() : reason,
                "look into the table of calls",
                new LinkedHashMap<>(),
                Map.of());
    }

    private static HttpStatus status(TokamakException failure) {
        return HttpStatus.valueOf(ProblemDetails.status(failure));
    }

    private static Map<String, String> headers(TokamakException failure) {
        return switch (failure) {
            case Unauthenticated _ -> Map.of("WWW-Authenticate", "Bearer realm=\"tokamak\"");
            case NodeDown down ->
                    Map.of(
                            "Retry-After",
                            Long.toString(Math.max(1, down.retryAfter().toSeconds())));
            case QuotaExceeded _ -> Map.of("Retry-After", "1");
            case TokamakException other when status(other) == HttpStatus.SERVICE_UNAVAILABLE ->
                    Map.of("Retry-After", "1");
            default -> Map.of();
        };
    }

    private static Answer answer(
            HttpStatus status,
            String code,
            String detail,
            String remedy,
            SequencedMap<String, Object> numbers,
            Map<String, String> headers) {
        SequencedMap<String, Object> body = new LinkedHashMap<>();
        body.put("type", ProblemDetails.type(code));
        body.put("title", ProblemDetails.title(code));
        body.put("status", status.value());
        body.put("detail", detail);
        body.put("code", code);
        body.put("remedy", remedy);
        numbers.forEach(body::putIfAbsent);
        return new Answer(status, body, headers);
    }
}
