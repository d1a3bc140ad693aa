package io.tokamak.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the doctor found, in the order in which it looked. */
final class Diagnosis {
    enum State {
        OK,
        NOTE,
        WARN,
        BROKEN;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * @param remedy empty: nothing is to be done
     */
    record Result(State state, String area, String detail, String remedy) {
        Json json() {
            return new Json()
                    .with("state", state.text())
                    .with("area", area)
                    .with("detail", detail)
                    .with("remedy", remedy.isEmpty() ? null : remedy);
        }
    }

    private final List<Result> results = new ArrayList<>();

    void add(State state, String area, String detail, String remedy) {
        results.add(new Result(state, area, detail, remedy));
    }

    void ok(String area, String detail) {
        add(State.OK, area, detail, "");
    }

    /** Good to know. */
    void note(String area, String detail, String remedy) {
        add(State.NOTE, area, detail, remedy);
    }

    /** It works, and will not always, or not for everybody. */
    void warn(String area, String detail, String remedy) {
        add(State.WARN, area, detail, remedy);
    }

    void broken(String area, String detail, String remedy) {
        add(State.BROKEN, area, detail, remedy);
    }

    boolean isBroken() {
        return results.stream().anyMatch(result -> result.state == State.BROKEN);
    }

    List<Result> results() {
        return List.copyOf(results);
    }
}
