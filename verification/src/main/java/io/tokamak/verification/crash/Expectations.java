package io.tokamak.verification.crash;

import io.tokamak.objects.ObjectId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the workers were promised, kept by the one process that nobody kills. Thread-safe. */
final class Expectations {
    private enum Promise {
        PRESENT,
        /** A delete is under way. */
        EITHER,
        ABSENT
    }

    private static final int NAMED_AT_MOST = 10;

    private final Map<ObjectId, Promise> promises = new HashMap<>();
    private final List<String> wrong = new ArrayList<>();

    /** A line of a worker. */
    synchronized void heard(String line) {
        String[] words = line.split(" ", -1);
        switch (words[0]) {
            case "put" -> promises.put(ObjectId.parse(words[1]), Promise.PRESENT);
            case "deleting" -> promises.put(ObjectId.parse(words[1]), Promise.EITHER);
            case "deleted" -> promises.put(ObjectId.parse(words[1]), Promise.ABSENT);
            case "wrong" -> wrong.add(line);
            default -> {} // named: the workers delete each other's
        }
    }

    synchronized List<String> takeWrong() {
        List<String> taken =
                new ArrayList<>(wrong.subList(0, Math.min(wrong.size(), NAMED_AT_MOST)));
        if (wrong.size() > NAMED_AT_MOST) {
            taken.add("and %d more".formatted(wrong.size() - NAMED_AT_MOST));
        }
        wrong.clear();
        return taken;
    }

    synchronized void compare(Set<ObjectId> present) {
        promises.forEach(
                (id, promise) -> {
                    if (promise == Promise.PRESENT && !present.contains(id)) {
                        wrong.add("acknowledged and lost: " + id);
                    }
                    if (promise == Promise.ABSENT && present.contains(id)) {
                        wrong.add("deleted and back: " + id);
                    }
                });
        // What is settled is settled: a deleted id is never used again.
        promises.values()
                .removeIf(promise -> promise == Promise.ABSENT && promises.size() > 200_000);
        wrong.removeIf(String::isEmpty);
    }
}
