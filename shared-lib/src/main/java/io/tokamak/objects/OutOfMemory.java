package io.tokamak.objects;

/** No room by the deadline. Free, wait, retry: the message says who holds what. */
@SuppressWarnings("serial") // never serialized
public final class OutOfMemory extends TokamakException {
    public static final String CODE = "out-of-memory";

    private final MemoryShortage shortage;

    public OutOfMemory(MemoryShortage shortage) {
        this(shortage, shortage.detail(), shortage.remedy());
    }

    /** It is not the pool that is full. */
    public OutOfMemory(MemoryShortage shortage, String detail, String remedy) {
        super(CODE, detail, remedy, shortage.numbers());
        this.shortage = shortage;
    }

    public MemoryShortage shortage() {
        return shortage;
    }

    @Override
    public boolean isRetryable() {
        return true;
    }
}
