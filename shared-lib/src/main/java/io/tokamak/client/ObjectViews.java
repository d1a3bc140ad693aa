package io.tokamak.client;

import java.util.List;

/**
 * Views of several objects, in the order asked for, ended together. Confined to the thread that got
 * them.
 */
public interface ObjectViews extends AutoCloseable, Iterable<ObjectView> {
    int size();

    ObjectView get(int index);

    List<ObjectView> asList();

    /** Closes every view. Idempotent. */
    @Override
    void close();
}
