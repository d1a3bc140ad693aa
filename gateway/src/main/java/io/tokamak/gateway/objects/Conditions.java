package io.tokamak.gateway.objects;

import io.tokamak.objects.ObjectExists;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import reactor.core.publisher.Mono;

/**
 * Conditions on calls that change something: RFC 9110, section 13.1. One that cannot be kept is
 * refused, since passed over it would let happen what the caller meant to rule out: a deletion of
 * an object that has come after the one that was read, say.
 */
final class Conditions {
    private static final String ANY = "*";
    private static final List<RequestHeader> ALL =
            List.of(RequestHeader.IF_MATCH, RequestHeader.IF_NONE_MATCH);

    private Conditions() {}

    /**
     * @throws Refusal {@code condition-not-supported}
     */
    static void check(Call call, HttpHeaders headers) {
        if (call.isSafe()) {
            return;
        }
        for (RequestHeader condition : ALL) {
            String text = Uploads.joined(headers, condition.text());
            if (text != null && !isKept(call, condition, text)) {
                throw Refusal.conditionNotSupported(condition.text());
            }
        }
    }

    private static boolean isKept(Call call, RequestHeader condition, String text) {
        return call.headers().contains(condition)
                && (condition == RequestHeader.IF_MATCH || text.strip().equals(ANY));
    }

    /**
     * @param ifMatch null: it was not sent
     * @param tag of the object that is there
     * @throws Refusal {@code precondition-failed}
     */
    static void checkIfMatch(@Nullable String ifMatch, String tag) {
        if (!EntityTags.permits(ifMatch, tag)) {
            throw Refusal.preconditionFailed(
                    RequestHeader.IF_MATCH.text(), "the object's ETag is " + tag);
        }
    }

    /**
     * What a put has come to, if its condition lets it be.
     *
     * @param created whether it made the object, or found it there
     * @return fails with {@code precondition-failed} where {@code If-None-Match: *} was sent and
     *     the name had an object, the very same or another
     */
    static <T> Mono<T> kept(HttpHeaders headers, Mono<T> put, Predicate<T> created) {
        if (headers.getFirst(RequestHeader.IF_NONE_MATCH.text()) == null) {
            return put;
        }
        return put.filter(created)
                .switchIfEmpty(Mono.error(Conditions::isThere))
                .onErrorMap(ObjectExists.class, _ -> isThere());
    }

    private static Refusal isThere() {
        return Refusal.preconditionFailed(
                RequestHeader.IF_NONE_MATCH.text(), "the name has an object");
    }
}
