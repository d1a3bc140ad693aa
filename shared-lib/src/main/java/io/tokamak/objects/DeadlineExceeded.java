package io.tokamak.objects;

import java.time.Duration;

/** The time given was over first. Whether the call had an effect says the message. */
@SuppressWarnings("serial") // never serialized
public final class DeadlineExceeded extends TokamakException {
    public static final String CODE = "deadline-exceeded";

    /**
     * @param what what was waited for, and how far it came
     * @param waited how long
     */
    public DeadlineExceeded(String what, Duration waited) {
        super(
                CODE,
                what + " did not end within " + Durations.format(waited),
                "retry with a later deadline",
                Numbers.of("waitedMillis", waited.toMillis()));
    }

    @Override
    public boolean isRetryable() {
        return true;
    }
}
