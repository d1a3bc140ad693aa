package io.tokamak.objects;

import java.time.Instant;

/**
 * A process that keeps an object's bytes from being reused.
 *
 * @param session number of its session, as unsigned
 * @param process its id, as the process saw it when it attached
 * @param language of its client
 * @param name that it gave itself
 * @param since when the node first saw it
 * @param count of pins that it has on the object
 */
public record Pin(
        int session, int process, String language, String name, Instant since, int count) {}
