package io.tokamak.session;

import io.tokamak.layout.SessionFile;
import io.tokamak.memory.Memory;
import io.tokamak.objects.TooManyPins;
import java.util.Arrays;
import java.util.List;

/**
 * The cache lines of pin words that one platform thread owns. For that thread alone, and for who
 * inherits from it.
 */
final class PinLines {
    private final PinTable table;
    private final Memory session;
    private int[] lines = {};

    /** The thread's. */
    final Pinned pinned = new Pinned(this);

    /**
     * Number of the word that was taken last, counted over all lines: the likeliest to be free, and
     * warm.
     */
    private int cursor;

    /** Its offset in the session file; 0 as long as there is no line. */
    private int cursorOffset;

    PinLines(PinTable table, Memory session) {
        this.table = table;
        this.session = session;
    }

    /**
     * The offset of a free word, which stays free until the caller fills it.
     *
     * @throws TooManyPins when there is none
     */
    int freeWord() {
        int offset = cursorOffset;
        return offset != 0 && session.getLongOpaque(offset) == 0 ? offset : search();
    }

    private int search() {
        int words = lines.length * SessionFile.PINS_PER_LINE;
        for (int i = 1; i < words; i++) {
            int word = cursor + i < words ? cursor + i : cursor + i - words;
            int offset = offsetOf(word);
            if (session.getLongOpaque(offset) == 0) {
                return moveTo(word);
            }
        }
        return grow();
    }

    /**
     * By a quarter, so that the search above costs a few words for each pin whatever the number of
     * pins.
     */
    private int grow() {
        int before = lines.length;
        int wanted = before + 1 + before / 4;
        int[] grown = Arrays.copyOf(lines, wanted);
        int count = before;
        try {
            while (count < wanted) {
                grown[count] = table.takeLine();
                count++;
            }
        } catch (TooManyPins full) {
            if (count == before) {
                throw full;
            }
        }
        lines = Arrays.copyOf(grown, count);
        for (int word = before * SessionFile.PINS_PER_LINE; ; word++) {
            if (session.getLongOpaque(offsetOf(word))
                    == 0) { // a line that is handed over has a free word
                return moveTo(word);
            }
        }
    }

    private int moveTo(int word) {
        cursor = word;
        cursorOffset = offsetOf(word);
        return cursorOffset;
    }

    private int offsetOf(int word) {
        return lines[word / SessionFile.PINS_PER_LINE]
                + word % SessionFile.PINS_PER_LINE * Long.BYTES;
    }

    /** After the owner's death. */
    void giveUp(List<Integer> heirs) {
        for (int line : lines) {
            heirs.add(line);
        }
    }
}
