package io.tokamak.client;

import io.tokamak.objects.ObjectInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Some of the objects that match, and how to go on; cursor null: there are no more. */
public record ListPage(List<ObjectInfo> objects, @Nullable String cursor) {
    public ListPage {
        objects = List.copyOf(objects);
    }
}
