package io.tokamak.client;

import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;

/** Views that were asked for together. */
final class HeldViews implements ObjectViews {
    private final List<ObjectView> views;

    /**
     * @param views none of which is null; kept
     */
    HeldViews(ObjectView[] views) {
        this.views = Collections.unmodifiableList(Arrays.asList(views));
    }

    @Override
    public int size() {
        return views.size();
    }

    @Override
    public ObjectView get(int index) {
        return views.get(index);
    }

    @Override
    public List<ObjectView> asList() {
        return views;
    }

    @Override
    public Iterator<ObjectView> iterator() {
        return views.iterator();
    }

    @Override
    public void close() {
        RuntimeException first = null;
        for (int i = 0; i < views.size(); i++) {
            try {
                views.get(i).close();
            } catch (RuntimeException e) {
                if (first == null) {
                    first = e;
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
