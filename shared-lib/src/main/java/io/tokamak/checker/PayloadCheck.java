package io.tokamak.checker;

import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Looks at the bytes of each sealed object. */
@FunctionalInterface
public interface PayloadCheck {
    /**
     * @param payload in place and read-only; valid during the call
     * @return what is wrong with it, or null
     */
    @Nullable String verify(ObjectId id, ObjectMetadata metadata, MemorySegment payload);
}
