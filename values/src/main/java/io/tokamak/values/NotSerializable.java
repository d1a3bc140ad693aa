package io.tokamak.values;

import org.jspecify.annotations.Nullable;

/** A value, or a part of it, that has no stored form. */
@SuppressWarnings("serial") // never serialized
public final class NotSerializable extends ValueException {
    /**
     * @param detail the path of the part, its class, and why: {@code order.lines[3].lock:
     *     java.util.concurrent.locks.ReentrantLock belongs to the threads of this process}
     * @param remedy what would help
     */
    public NotSerializable(String detail, String remedy, @Nullable Throwable cause) {
        super("not-serializable", detail, remedy, cause);
    }

    public NotSerializable(String detail, String remedy) {
        this(detail, remedy, null);
    }
}
