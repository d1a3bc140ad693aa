package io.tokamak.node.objects;

import io.tokamak.layout.SessionFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sessions that the node knows, fenced ones included. The owner thread's. */
final class SessionTable {
    private static final Logger LOG = LoggerFactory.getLogger(SessionTable.class);

    /** A process needs one; what libraries in it have each for itself is a handful. */
    static final int SESSIONS_OF_PROCESS_MAX = 64;

    /** Their files are at most an eighth of a GiB. */
    static final int SESSIONS_OF_USER_MAX = 1_024;

    private final Map<String, AttachedSession> byName = new HashMap<>();
    private final List<AttachedSession> all = new ArrayList<>();
    private long fencedCount;
    private long gets;

    /**
     * @throws CommandRefused when the peer has all the sessions that it may have
     */
    void admit(Peer peer) {
        if (peer.equals(Peer.NODE)) {
            return;
        }
        int ofProcess = 0;
        int ofUser = 0;
        for (AttachedSession session : all) {
            ofUser += session.peer.uid() == peer.uid() ? 1 : 0;
            ofProcess += session.peer.equals(peer) ? 1 : 0;
        }
        if (peer.pid() > 0 && ofProcess >= SESSIONS_OF_PROCESS_MAX) {
            throw CommandRefused.usedUp(
                    "sessions of process " + peer.pid(),
                    ofProcess,
                    SESSIONS_OF_PROCESS_MAX,
                    "connect once in a process, and close the client at its end");
        }
        if (ofUser >= SESSIONS_OF_USER_MAX) {
            throw CommandRefused.usedUp(
                    "sessions of user " + peer.uid(),
                    ofUser,
                    SESSIONS_OF_USER_MAX,
                    "end some of the user's processes, or share a client between them");
        }
    }

    void add(AttachedSession session) {
        byName.put(session.name, session);
        all.add(session);
    }

    void remove(AttachedSession session) {
        byName.remove(session.name);
        all.remove(session);
    }

    /** Adds what its client has got since the last time. */
    void countGets(AttachedSession session) {
        var _ = guarded(session, () -> gets += session.readGets());
    }

    /** Objects that clients say to have got. */
    long gets() {
        all.forEach(this::countGets);
        return gets;
    }

    Collection<AttachedSession> all() {
        return all;
    }

    @Nullable AttachedSession find(String name) {
        return byName.get(name);
    }

    /**
     * @throws CommandRefused when there is no such session, or it is fenced
     */
    AttachedSession require(String name) {
        AttachedSession session = byName.get(name);
        if (session == null) {
            throw CommandRefused.noSession();
        }
        if (session.state == AttachedSession.State.FENCED) {
            throw CommandRefused.fenced(session.number);
        }
        return session;
    }

    /**
     * The session may do nothing new from now on; what it holds is kept until its process is gone.
     */
    void fence(AttachedSession session, String why) {
        if (session.state == AttachedSession.State.FENCED) {
            return;
        }
        fencedCount++;
        LOG.warn(
                "session {} (pid {}, {}) is fenced: {}",
                session.number,
                session.pid(),
                session.processName(),
                why);
        session.state = AttachedSession.State.FENCED;
        session.storeState(SessionFile.STATE_FENCED);
    }

    long fencedCount() {
        return fencedCount;
    }

    /**
     * Runs what touches a session's file. A fault there, which the JVM reports as an InternalError,
     * means that the client truncated its file, or says to use a part that it did not allocate
     * while the file system is full: that session alone is fenced (I17).
     *
     * @return whether it ran to its end
     */
    boolean guarded(AttachedSession session, Runnable action) {
        if (session.isUnreadable()) {
            return false;
        }
        try {
            action.run();
            return true;
        } catch (InternalError e) {
            if (!fenceTruncated()) {
                // Restored behind the fault: it can only have been this one.
                session.setUnreadable();
                fence(session, "its file was truncated for a moment");
            }
            return false;
        }
    }

    /**
     * Fences the sessions whose file is too short, or has holes where it is used. The JVM may
     * report a fault a little late, while another session is looked at: so every file is.
     *
     * @return whether there was one
     */
    boolean fenceTruncated() {
        boolean found = false;
        for (AttachedSession session : List.copyOf(all)) {
            String fault = session.isUnreadable() ? null : faultOf(session);
            if (fault != null) {
                session.setUnreadable();
                fence(session, fault);
                found = true;
            }
        }
        return found;
    }

    /** What makes an access to the file of a session fail, or null. */
    private static @Nullable String faultOf(AttachedSession session) {
        if (isTruncated(session)) {
            return "its file was truncated";
        }
        return hasHole(session) ? "it uses pin words that it did not allocate" : null;
    }

    /** Whether less is allocated than the client says to use. */
    private static boolean hasHole(AttachedSession session) {
        try {
            return session.file.status().allocatedBytes() < session.usedBytes();
        } catch (IOException e) {
            return true;
        }
    }

    static boolean isTruncated(AttachedSession session) {
        try {
            return session.file.size() < SessionFile.LENGTH;
        } catch (IOException e) {
            return true;
        }
    }
}
