package io.tokamak.cli;

import io.tokamak.client.NodeActivity;
import io.tokamak.client.NodeInfo;
import io.tokamak.objects.ByteSize;
import io.tokamak.objects.ObjectName;
import io.tokamak.objects.Pin;
import io.tokamak.objects.TokamakException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What {@code top} shows, as lines of text.
 *
 * @param rates null: totals since the node's start are shown instead
 */
record TopView(NodeActivity activity, @Nullable Rates rates) {
    private static final Comparator<NodeInfo.Session> MOST_HELD_FIRST =
            Comparator.<NodeInfo.Session>comparingLong(
                            session -> session.pinnedBytes() + session.leasedBytes())
                    .reversed()
                    .thenComparing(NodeInfo.Session::attachedAt);

    /**
     * @param now for ages, by the node's clock or one like it
     */
    List<String> lines(Instant now) {
        List<String> lines = new ArrayList<>();
        NodeInfo node = activity.node();
        lines.add(
                "node %s, %s for %s, %,d objects"
                        .formatted(
                                node.id(),
                                node.state(),
                                age(node.startedAt(), now),
                                node.objects()));
        addPool(lines, node.ledger());
        NodeActivity.Counters counters = activity.counters();
        if (counters == null) {
            lines.add("the gateway does not say who is attached, nor what they pin");
            return lines;
        }
        lines.add(rates == null ? totals(counters) : perSecond(rates));
        if (counters.allocationFailures() + counters.fencedSessions() > 0) {
            lines.add(
                    "since the start: %,d leases found no room, %,d sessions were fenced"
                            .formatted(counters.allocationFailures(), counters.fencedSessions()));
        }
        addSessions(lines, now);
        addPinned(lines, now);
        return lines;
    }

    /** What was seen last, and that it is old. */
    static List<String> away(List<String> last, TokamakException away) {
        List<String> lines = new ArrayList<>();
        lines.add(away.detail() + "; trying on");
        lines.addAll(last.isEmpty() ? last : last.subList(1, last.size()));
        return lines;
    }

    private static void addPool(List<String> lines, NodeInfo.Ledger ledger) {
        lines.add(
                "pool %s: live %s, free %s, leased %s"
                        .formatted(
                                ByteSize.format(ledger.capacity()),
                                ByteSize.format(ledger.inUse()),
                                ByteSize.format(ledger.free()),
                                ByteSize.format(ledger.leased())));
        lines.add(
                "condemned %s, withheld %s; pinned, live or condemned, %s"
                        .formatted(
                                ByteSize.format(ledger.condemned()),
                                ByteSize.format(ledger.withheld()),
                                ByteSize.format(ledger.pinned())));
    }

    private static String totals(NodeActivity.Counters counters) {
        return "since the start: puts %,d (%s), gets %,d, deletes %,d (%s), misses %,d"
                .formatted(
                        counters.published(),
                        ByteSize.format(counters.sealedBytes()),
                        counters.gets(),
                        counters.deleted(),
                        ByteSize.format(counters.deletedBytes()),
                        counters.misses());
    }

    private static String perSecond(Rates rates) {
        return "each second: puts %,.1f (%s), gets %,.1f, deletes %,.1f (%s), misses %,.1f"
                .formatted(
                        rates.puts(),
                        ByteSize.format((long) rates.putBytes()),
                        rates.gets(),
                        rates.deletes(),
                        ByteSize.format((long) rates.deletedBytes()),
                        rates.misses());
    }

    private void addSessions(List<String> lines, Instant now) {
        lines.add("");
        lines.add(
                "%10s %8s %-8s %9s %6s %9s %6s %8s  %s"
                        .formatted(
                                "SESSION",
                                "PROCESS",
                                "LANGUAGE",
                                "PINNED",
                                "PINS",
                                "LEASED",
                                "LANES",
                                "ATTACHED",
                                "NAME"));
        activity.node().sessions().stream()
                .sorted(MOST_HELD_FIRST)
                .forEach(
                        session ->
                                lines.add(
                                        "%10s %8d %-8s %9s %6d %9s %6d %8s  %s%s"
                                                .formatted(
                                                        Integer.toUnsignedString(session.number()),
                                                        session.pid(),
                                                        session.language(),
                                                        ByteSize.format(session.pinnedBytes()),
                                                        session.pins(),
                                                        ByteSize.format(session.leasedBytes()),
                                                        session.lanes(),
                                                        age(session.attachedAt(), now),
                                                        session.name(),
                                                        session.fenced() ? " (fenced)" : "")));
    }

    private void addPinned(List<String> lines, Instant now) {
        lines.add("");
        lines.add(
                "%9s %8s %8s %-8s  %s"
                        .formatted("SIZE", "AGE", "PINNED", "STATE", "OBJECT, BY PROCESS"));
        for (NodeActivity.Pinned pinned : activity.pinned()) {
            ObjectName name = pinned.object().metadata().name();
            Instant since =
                    pinned.object().pins().stream()
                            .map(Pin::since)
                            .min(Comparator.naturalOrder())
                            .orElse(now);
            lines.add(
                    "%9s %8s %8s %-8s  %s by %s"
                            .formatted(
                                    ByteSize.format(pinned.object().sizeBytes()),
                                    age(pinned.object().created(), now),
                                    age(since, now),
                                    pinned.deleted() ? "deleted" : "live",
                                    name == null ? pinned.object().id() : name,
                                    holders(pinned.object().pins())));
        }
        int more = activity.pinnedCount() - activity.pinned().size();
        if (more > 0) {
            lines.add("and %,d more".formatted(more));
        }
    }

    private static String holders(List<Pin> pins) {
        return pins.stream()
                .map(
                        pin ->
                                pin.process()
                                        + " ("
                                        + pin.name()
                                        + (pin.count() > 1 ? ", " + pin.count() + " pins)" : ")"))
                .collect(Collectors.joining(", "));
    }

    /** In its two largest units: 3d 4h, 5m 6s, 7s. */
    static String age(Instant since, Instant now) {
        Duration age = Duration.between(since, now);
        if (age.toDays() > 0) {
            return age.toDays() + "d " + age.toHoursPart() + "h";
        }
        if (age.toHours() > 0) {
            return age.toHours() + "h " + age.toMinutesPart() + "m";
        }
        if (age.toMinutes() > 0) {
            return age.toMinutes() + "m " + age.toSecondsPart() + "s";
        }
        return Math.max(0, age.toSeconds()) + "s";
    }
}
