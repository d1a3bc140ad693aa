package io.tokamak.checker;

import static io.tokamak.layout.PoolFile.BLOCK_BYTES;

import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.NativeFailure;
import io.tokamak.memory.OpenFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** One walk over the session files: who lives, what is leased, what is pinned. */
final class SessionWalk {
    private static final Pattern NAME = Pattern.compile("[0-9a-f]{32}");
    private static final int FILE_MODE = 0666;
    private static final int REGULAR = 0100000;

    private final StoreFiles files;
    private final Findings findings;
    private final long poolLength;
    private final Map<Integer, Integer> filesByNumber = new HashMap<>();
    private final List<StoreReport.Session> sessions = new ArrayList<>();
    private final List<Lease> leases = new ArrayList<>();
    private long[] pins = new long[64];
    private int pinCount;
    private boolean hidden;

    SessionWalk(StoreFiles files, Findings findings) {
        this.files = files;
        this.findings = findings;
        this.poolLength = files.store().getLong(StoreFile.POOL_LENGTH_OFFSET);
    }

    List<StoreReport.Session> sessions() {
        return sessions;
    }

    List<Lease> leases() {
        return leases;
    }

    /** Pinned pool offsets, sorted, each once. */
    long[] pins() {
        return Arrays.stream(pins, 0, pinCount).sorted().distinct().toArray();
    }

    /** Whether this user may not see the sessions. */
    boolean isHidden() {
        return hidden;
    }

    void walk() throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(files.folder().sessions())) {
            for (Path entry : entries) {
                walkFile(entry);
            }
        } catch (AccessDeniedException denied) {
            hidden = true;
            findings.info(
                    Check.SESSIONS_HIDDEN,
                    "sessions",
                    "this user may not list them; leases count as free here, and pins are not"
                            + " seen");
        } catch (NoSuchFileException | NotDirectoryException absent) {
            // the look at the files said so
        } catch (DirectoryIteratorException failed) {
            throw failed.getCause();
        }
    }

    private void walkFile(Path path) throws IOException {
        Path fileName = path.getFileName();
        if (fileName == null || !NAME.matcher(fileName.toString()).matches()) {
            findings.warning(
                    Check.SESSION_FILE,
                    "file " + fileName + " in sessions",
                    "its name is not 32 hex digits");
            return;
        }
        // The whole name would be the key to the session.
        String place = "session file " + fileName.toString().substring(0, 4) + "…";
        try {
            StoreFiles.Attributes attributes = StoreFiles.attributes(path);
            if (attributes != null && isSessionFile(place, attributes)) {
                walkSession(path, place);
            }
        } catch (NativeFailure failure) {
            if (failure.isPermission()) {
                findings.warning(Check.SESSION_FILE, place, "this user may not read it");
            } else if (!failure.isMissing()) { // buried since it was listed
                throw failure;
            }
        }
    }

    private boolean isSessionFile(String place, StoreFiles.Attributes attributes) {
        if (!attributes.isOf(REGULAR)) {
            findings.error(Check.SESSION_FILE, place, "it is no regular file");
            return false;
        }
        if (attributes.owner() != files.owner()) {
            findings.error(
                    Check.SESSION_FILE,
                    place,
                    "it belongs to user "
                            + attributes.owner()
                            + ", the folder to "
                            + files.owner());
        }
        if ((attributes.mode() & 0777) != FILE_MODE) {
            StoreFiles.checkMode(findings, place, attributes.mode(), FILE_MODE);
        }
        if (attributes.length() != SessionFile.LENGTH) {
            findings.error(
                    Check.SESSION_FILE,
                    place,
                    attributes.length() + " bytes, must be " + SessionFile.LENGTH);
            return false;
        }
        return true;
    }

    /** Without a mapping: the client may truncate the file at any time. */
    private void walkSession(Path path, String file) throws IOException {
        ByteBuffer words;
        boolean alive;
        try (OpenFile open = OpenFile.openReadOnly(path)) {
            words =
                    ByteBuffer.wrap(
                                    Arrays.copyOf(
                                            open.read(0, (int) SessionFile.LENGTH),
                                            (int) SessionFile.LENGTH))
                            .order(ByteOrder.LITTLE_ENDIAN);
            alive = open.isLockedElsewhere();
        }
        long layout = getLong(words, SessionFile.LAYOUT_OFFSET);
        if (layout != StoreFile.LAYOUT) {
            // It is written last: a node killed while it offered a session leaves a file without
            // it.
            findings.add(
                    layout == 0 ? Severity.INFO : Severity.ERROR,
                    Check.SESSION_WORDS,
                    file,
                    "layout word "
                            + Long.toHexString(layout)
                            + ", must be "
                            + Long.toHexString(StoreFile.LAYOUT));
            return;
        }
        int number = getInt(words, SessionFile.SESSION_NUMBER_OFFSET);
        String place = "session " + Integer.toUnsignedString(number);
        checkWords(words, number, place);
        int state = getInt(words, SessionFile.STATE_OFFSET);
        if (!alive && state != SessionFile.STATE_OFFERED) {
            findings.info(
                    Check.SESSION_DEAD,
                    place,
                    "nobody holds its lock; it was of pid "
                            + getInt(words, SessionFile.PID_OFFSET));
        }
        if (state == SessionFile.STATE_FENCED) {
            findings.info(Check.SESSION_FENCED, place, "it is fenced");
        }
        int pinsHere = walkPins(words, place);
        long leasedHere = walkLanes(words, place);
        sessions.add(
                new StoreReport.Session(
                        number,
                        getInt(words, SessionFile.PID_OFFSET),
                        name(words),
                        alive,
                        state == SessionFile.STATE_FENCED,
                        pinsHere,
                        leasedHere));
    }

    private void checkWords(ByteBuffer words, int number, String place) {
        int next = files.store().getIntAcquire(StoreFile.NEXT_SESSION_OFFSET);
        if (number == 0 || Integer.compareUnsigned(number, next) >= 0) {
            findings.error(
                    Check.SESSION_WORDS,
                    place,
                    "its number must be more than 0 and below " + next + ", the store's next");
        }
        if (filesByNumber.merge(number, 1, Integer::sum) > 1) {
            findings.error(
                    Check.SESSION_WORDS, place, "another session's file has the same number");
        }
        int state = getInt(words, SessionFile.STATE_OFFSET);
        if (state < SessionFile.STATE_OFFERED || state > SessionFile.STATE_FENCED) {
            findings.error(Check.SESSION_WORDS, place, "state " + state);
        }
        checkWord(words, place, "laneCount", SessionFile.LANE_COUNT_OFFSET, SessionFile.LANE_COUNT);
        checkWord(words, place, "pinLimit", SessionFile.PIN_LIMIT_OFFSET, SessionFile.PIN_LIMIT);
        checkWord(
                words,
                place,
                "accessLimit",
                SessionFile.ACCESS_LIMIT_OFFSET,
                SessionFile.ACCESS_LIMIT);
        long accesses =
                getLong(words, SessionFile.ACCESS_TAIL_OFFSET)
                        - getLong(words, SessionFile.ACCESS_HEAD_OFFSET);
        if (accesses < 0 || accesses > SessionFile.ACCESS_LIMIT) {
            findings.warning(
                    Check.SESSION_WORDS,
                    place,
                    "its ring of accesses holds "
                            + accesses
                            + " entries of "
                            + SessionFile.ACCESS_LIMIT);
        }
    }

    private void checkWord(ByteBuffer words, String place, String what, long offset, int wanted) {
        int actual = getInt(words, offset);
        if (actual != wanted) {
            findings.error(
                    Check.SESSION_WORDS, place, what + " is " + actual + ", must be " + wanted);
        }
    }

    private int walkPins(ByteBuffer words, String place) {
        int highWater = getInt(words, SessionFile.PIN_HIGH_WATER_OFFSET);
        if (highWater < 0 || highWater > SessionFile.PIN_LIMIT) {
            findings.error(
                    Check.PIN_WORD,
                    place,
                    "pinHighWater is " + highWater + ", must be 0 to " + SessionFile.PIN_LIMIT);
            highWater = SessionFile.PIN_LIMIT;
        }
        int set = 0;
        for (int pin = 0; pin < SessionFile.PIN_LIMIT; pin++) {
            long word = getLong(words, SessionFile.pinOffset(pin));
            if (word == 0) {
                continue;
            }
            long location = PoolFile.pinnedLocation(word);
            if (pin >= highWater) {
                findings.error(
                        Check.PIN_WORD,
                        "pin " + pin + " of " + place,
                        "it is set, and the high-water word is " + highWater + ": no scan sees it");
            }
            if (word < 0
                    || word > poolLength / PoolFile.GRANULE_BYTES
                    || location < PoolFile.DATA_OFFSET) {
                findings.error(
                        Check.PIN_WORD,
                        "pin " + pin + " of " + place,
                        "it names pool+"
                                + location
                                + ", records lie from "
                                + PoolFile.DATA_OFFSET
                                + " to "
                                + poolLength);
                continue;
            }
            set++;
            addPin(location);
        }
        return set;
    }

    private void addPin(long location) {
        if (pinCount == pins.length) {
            pins = Arrays.copyOf(pins, 2 * pins.length);
        }
        pins[pinCount++] = location;
    }

    private long walkLanes(ByteBuffer words, String session) {
        long leased = 0;
        for (int lane = 0; lane < SessionFile.LANE_COUNT; lane++) {
            long at = SessionFile.laneOffset(lane);
            int kind = getInt(words, at + SessionFile.KIND_OFFSET);
            if (kind == SessionFile.KIND_FREE) {
                continue;
            }
            String place = "lane " + lane + " of " + session;
            if (kind != SessionFile.KIND_SHARED && kind != SessionFile.KIND_SINGLE) {
                findings.error(Check.LANE_WORDS, place, "kind " + kind);
                continue;
            }
            leased += walkLane(words, at, place, kind);
        }
        return leased;
    }

    /** Of the two extents the older one counts for as long as the node drains it. */
    private long walkLane(ByteBuffer words, long lane, String place, int kind) {
        long offered = getLong(words, lane + SessionFile.OFFERED_OFFSET);
        long drained = getLong(words, lane + SessionFile.DRAINED_OFFSET);
        if (offered <= 0) {
            findings.error(Check.LANE_WORDS, place, "its newest extent has the number " + offered);
            return 0;
        }
        long oldest;
        if (SessionFile.isInExtent(drained, offered)) {
            oldest = offered;
        } else if (offered > 1 && SessionFile.isInExtent(drained, offered - 1)) {
            oldest = offered - 1;
        } else {
            findings.error(
                    Check.LANE_WORDS,
                    place,
                    "it is drained up to extent "
                            + (drained >>> 48)
                            + " (low 16 bits), offered is extent "
                            + offered);
            return 0;
        }
        long leased = 0;
        for (long extent = oldest; extent <= offered; extent++) {
            long from = extent == oldest ? SessionFile.positionOffset(drained) : 0;
            leased += walkExtent(words, lane, place, kind, extent, from);
        }
        return leased;
    }

    private long walkExtent(
            ByteBuffer words, long lane, String place, int kind, long extent, long drained) {
        long start = getLong(words, lane + SessionFile.extentOffset(extent));
        long length = getLong(words, lane + SessionFile.extentOffset(extent) + Long.BYTES);
        // A lane for one record that was published keeps no byte more than the record has.
        boolean isShortened = kind == SessionFile.KIND_SINGLE && drained == length;
        if (start < PoolFile.DATA_OFFSET
                || start % BLOCK_BYTES != 0
                || length <= 0
                || length % (isShortened ? PoolFile.GRANULE_BYTES : BLOCK_BYTES) != 0
                || length > poolLength - start) {
            findings.error(
                    Check.LANE_WORDS,
                    place,
                    "extent %d at pool+%d with %d bytes, drained up to %d; extents are whole blocks of %d from %d to %d"
                            .formatted(
                                    extent,
                                    start,
                                    length,
                                    drained,
                                    BLOCK_BYTES,
                                    PoolFile.DATA_OFFSET,
                                    poolLength));
            return 0;
        }
        if (drained > length) {
            findings.error(
                    Check.LANE_WORDS,
                    place,
                    "extent "
                            + extent
                            + " is drained up to "
                            + drained
                            + " of "
                            + length
                            + " bytes");
            return 0;
        }
        if (isShortened) {
            return 0; // the record's bytes are its object's, and may be anybody's since
        }
        long tailWord = getLong(words, lane + SessionFile.tailOffset(extent));
        // The word still holds the position in the extent before the last one until the writer
        // moves on to this one.
        long tail =
                SessionFile.isInExtent(tailWord, extent)
                        ? SessionFile.positionOffset(tailWord)
                        : drained;
        if (tail < drained || tail > length) {
            findings.warning(
                    Check.LANE_RECORDS,
                    place,
                    "extent "
                            + extent
                            + " is committed up to "
                            + tail
                            + ", drained up to "
                            + drained
                            + ", and has "
                            + length
                            + " bytes");
            tail = drained;
        }
        leases.add(
                new Lease(
                        place,
                        start + drained,
                        start + tail,
                        start + length,
                        kind == SessionFile.KIND_SHARED));
        return length - drained;
    }

    private static String name(ByteBuffer words) {
        byte[] bytes = new byte[SessionFile.NAME_BYTES_MAX];
        words.get((int) SessionFile.NAME_OFFSET, bytes);
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        String name = new String(bytes, 0, length, StandardCharsets.UTF_8);
        return name.codePoints()
                .map(c -> Character.isISOControl(c) ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static long getLong(ByteBuffer words, long offset) {
        return words.getLong((int) offset);
    }

    private static int getInt(ByteBuffer words, long offset) {
        return words.getInt((int) offset);
    }
}
