package io.tokamak.client;

import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectInfo;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Some of the objects that match, and how to go on; cursor null: there are no more. */
public record ListPage(List<ObjectInfo> objects, @Nullable String cursor) {
    static final int LIMIT_MAX = 1000;

    public ListPage {
        objects = List.copyOf(objects);
    }

    /**
     * @throws InvalidRequest {@code bad-limit}
     */
    static void checkLimit(int limit) {
        if (limit < 1 || limit > LIMIT_MAX) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_LIMIT, "limit is " + limit, "give 1 to " + LIMIT_MAX);
        }
    }

    /**
     * The objects of all pages, each asked for when the one before was read.
     *
     * @param pages gives the page at a cursor; null: the first
     */
    static Stream<ObjectInfo> all(Function<@Nullable String, ListPage> pages) {
        return Stream.iterate(
                        Optional.of(pages.apply(null)),
                        Optional::isPresent,
                        page -> page.map(ListPage::cursor).map(pages))
                .flatMap(page -> page.orElseThrow().objects().stream());
    }
}
