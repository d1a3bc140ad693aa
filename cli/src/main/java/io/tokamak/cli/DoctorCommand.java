package io.tokamak.cli;

import io.tokamak.checker.Finding;
import io.tokamak.checker.Severity;
import io.tokamak.checker.StoreChecker;
import io.tokamak.checker.StoreReport;
import io.tokamak.client.Locality;
import io.tokamak.client.NodeInfo;
import io.tokamak.client.TokamakClient;
import io.tokamak.layout.Folder;
import io.tokamak.memory.CgroupLimits;
import io.tokamak.memory.FileSystem;
import io.tokamak.objects.ByteSize;
import io.tokamak.objects.TokamakException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "doctor",
        header =
                "Looks whether everything is as it should be, and says what to do where it is not.",
        description = {
            "%nShared memory and its limits, huge pages, permissions, co-location, the node, and"
                + " the invariants of the store: every slot, record, lease and pin. It changes"
                + " nothing and may run at any time; it also runs when there is no node. Exit code"
                + " 1 when something is broken.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tokamak doctor",
            "  tokamak doctor --strict        at a node that has nothing to do, or is stopped:"
                    + " every look counts",
        })
final class DoctorCommand implements Callable<Integer> {
    private static final int PINGS = 20;
    private static final Path SHMEM_HUGE_PAGES =
            Path.of("/sys/kernel/mm/transparent_hugepage/shmem_enabled");

    /** Page tables for four-kibibyte pages, per byte that a process touches. */
    private static final int BYTES_PER_PAGE_TABLE_BYTE = 512;

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // by picocli
    private Tokamak tokamak;

    @Option(
            names = "--strict",
            description =
                    "Nobody writes now: counts what is seen once, and reads what no client can"
                            + " reach, too.")
    private boolean strict;

    private final List<Result> results = new ArrayList<>();

    private enum State {
        OK,
        NOTE,
        WARN,
        BROKEN;

        static State of(Severity severity) {
            return switch (severity) {
                case INFO -> NOTE;
                case WARNING -> WARN;
                case ERROR -> BROKEN;
            };
        }
    }

    private record Result(State state, String area, String detail, String remedy) {
        Json json() {
            return new Json()
                    .with("state", state.name().toLowerCase(Locale.ROOT))
                    .with("area", area)
                    .with("detail", detail)
                    .with("remedy", remedy.isEmpty() ? null : remedy);
        }
    }

    @Override
    public Integer call() throws IOException {
        Folder folder = tokamak.connection().folder();
        if (!Files.isDirectory(folder.path())) {
            broken(
                    "folder",
                    folder.path() + " is no folder",
                    "start a node: ./tokamak up, or name its --folder");
        } else {
            checkMemory(folder);
            checkHugePages(folder);
            checkPermissions(folder);
            checkNodeAndStore(folder);
        }
        return finish();
    }

    private int finish() throws IOException {
        boolean broken = results.stream().anyMatch(result -> result.state == State.BROKEN);
        if (tokamak.json()) {
            tokamak.output()
                    .json(
                            new Json()
                                    .with("sound", !broken)
                                    .with("results", results.stream().map(Result::json).toList()));
        } else {
            for (Result result : results) {
                tokamak.output()
                        .line(
                                "%-7s %-14s %s",
                                result.state.name().toLowerCase(Locale.ROOT),
                                result.area,
                                result.detail);
                if (!result.remedy.isEmpty()) {
                    tokamak.output().line("%-22s -> %s", "", result.remedy);
                }
            }
        }
        return broken ? Failure.OTHERWISE : Failure.FINE;
    }

    private void ok(String area, String detail) {
        results.add(new Result(State.OK, area, detail, ""));
    }

    private void note(String area, String detail, String remedy) {
        results.add(new Result(State.NOTE, area, detail, remedy));
    }

    private void warn(String area, String detail, String remedy) {
        results.add(new Result(State.WARN, area, detail, remedy));
    }

    private void broken(String area, String detail, String remedy) {
        results.add(new Result(State.BROKEN, area, detail, remedy));
    }

    private void checkMemory(Folder folder) throws IOException {
        FileSystem system = FileSystem.of(folder.path());
        if (!system.isTmpfs()) {
            warn(
                    "memory",
                    folder.path()
                            + " is not on tmpfs: objects are on a disk, and writes wait for it",
                    "use a folder below /dev/shm or on a tmpfs of its own");
        }
        long poolBytes = Files.exists(folder.pool()) ? Files.size(folder.pool()) : 0;
        OptionalLong limit = CgroupLimits.memoryLimitBytes();
        String limits =
                limit.isPresent()
                        ? "the control group allows " + ByteSize.format(limit.getAsLong())
                        : "no control group limits it";
        String detail =
                "pool of %s; the file system has %s of %s left, %s"
                        .formatted(
                                ByteSize.format(poolBytes),
                                ByteSize.format(system.availableBytes()),
                                system.totalBytes() == 0
                                        ? "no limit"
                                        : ByteSize.format(system.totalBytes()),
                                limits);
        if (limit.isPresent() && limit.getAsLong() < poolBytes) {
            broken(
                    "memory",
                    detail,
                    "raise the limit above the pool's size, or lower tokamak.pool.size: a full pool"
                            + " gets its process killed");
        } else if (system.availableBytes() < poolBytes / 32) {
            warn(
                    "memory",
                    detail,
                    "leave room for the index, which grows with the number of objects: remount with"
                            + " a larger size=");
        } else {
            ok("memory", detail);
        }
    }

    private void checkHugePages(Folder folder) throws IOException {
        String mount = mountOptions(folder.path().toRealPath());
        boolean mounted =
                mount.contains("huge=always")
                        || mount.contains("huge=within_size")
                        || mount.contains("huge=advise");
        String shmem =
                Files.isReadable(SHMEM_HUGE_PAGES)
                        ? Files.readString(SHMEM_HUGE_PAGES).strip()
                        : "unknown";
        boolean forced = shmem.contains("[force]");
        if (forced || (mounted && !shmem.contains("[deny]"))) {
            ok("huge pages", "on for this tmpfs");
            return;
        }
        long poolBytes = Files.exists(folder.pool()) ? Files.size(folder.pool()) : 0;
        note(
                "huge pages",
                "off: a process that touches the whole pool needs "
                        + ByteSize.format(poolBytes / BYTES_PER_PAGE_TABLE_BYTE)
                        + " of page tables",
                "mount -t tmpfs -o huge=always,size=… tmpfs FOLDER's parent; not worth it for a"
                        + " small pool");
    }

    /** Of the mount point that is the longest prefix of the path. */
    private static String mountOptions(Path path) throws IOException {
        String options = "";
        int longest = -1;
        for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
            String[] fields = line.split(" ", 5);
            if (fields.length > 3 && path.startsWith(fields[1]) && fields[1].length() > longest) {
                longest = fields[1].length();
                options = fields[3];
            }
        }
        return options;
    }

    private void checkPermissions(Folder folder) {
        boolean reads =
                Files.isReadable(folder.store())
                        && Files.isReadable(folder.index())
                        && Files.isReadable(folder.pool());
        boolean writes = Files.isWritable(folder.pool());
        String user = System.getProperty("user.name");
        if (!reads) {
            broken(
                    "permissions",
                    user + " may not read the store's files",
                    "add the user to the node's group of readers: usermod -aG GROUP " + user);
        } else if (!writes) {
            note(
                    "permissions",
                    user + " may read in place, and may not put",
                    "add the user to the node's group of writers, if it is to put");
        } else {
            ok("permissions", user + " may read in place and put");
        }
        if (Files.isReadable(folder.nonce())
                && Files.isRegularFile(folder.nonce(), LinkOption.NOFOLLOW_LINKS)) {
            ok(
                    "co-location",
                    "the folder's nonce can be read: a gateway grants mappings to this user");
        } else {
            warn(
                    "co-location",
                    "the folder's nonce cannot be read",
                    "add the user to the node's group of readers; until then a gateway streams to"
                            + " it");
        }
    }

    private void checkNodeAndStore(Folder folder) throws IOException {
        StoreReport report = null;
        try (TokamakClient client = tokamak.connection().connect()) {
            checkNode(client);
            NodeInfo.Ledger before = client.node().ledger();
            report = checkStore(folder);
            if (report != null && report.stable()) {
                compare(before, client.node().ledger(), report.ledger());
            }
        } catch (TokamakException failed) {
            broken("node", failed.detail(), failed.remedy());
            if (report == null) {
                checkStore(folder);
            }
        }
    }

    private void checkNode(TokamakClient client) {
        NodeInfo info = client.node();
        long best = Long.MAX_VALUE;
        for (int i = 0; i < PINGS; i++) {
            long start = System.nanoTime();
            info = client.node();
            best = Math.min(best, System.nanoTime() - start);
        }
        ok(
                "node",
                "%s is %s since %s, answers in %d us; %d objects, %d sessions"
                        .formatted(
                                info.id(),
                                info.state(),
                                info.startedAt(),
                                best / 1000,
                                info.objects(),
                                info.sessions().size()));
        Locality locality = client.locality();
        if (locality.zeroCopy()) {
            ok("zero-copy", locality.reason());
        } else {
            warn("zero-copy", "off: " + locality.reason(), "see permissions and co-location");
        }
    }

    private @Nullable StoreReport checkStore(Folder folder) throws IOException {
        if (!Files.isReadable(folder.store())
                || !Files.isReadable(folder.index())
                || !Files.isReadable(folder.pool())) {
            return null;
        }
        StoreReport report =
                StoreChecker.check(
                        folder, strict ? StoreChecker.Mode.STRICT : StoreChecker.Mode.LIVE);
        for (Finding finding : report.findings()) {
            results.add(
                    new Result(
                            State.of(finding.severity()),
                            "I" + finding.invariant() + " " + finding.check().code(),
                            finding.place() + ": " + finding.what(),
                            finding.remedy()));
        }
        StoreReport.Ledger ledger = report.ledger();
        if (report.isSound()) {
            ok(
                    "invariants",
                    "%d objects hold %s; free %s, leased %s, condemned %s, withheld %s, together %s%s"
                            .formatted(
                                    ledger.objects(),
                                    ByteSize.format(ledger.inUse()),
                                    ByteSize.format(ledger.free()),
                                    ByteSize.format(ledger.leased()),
                                    ByteSize.format(ledger.condemned()),
                                    ByteSize.format(ledger.withheld()),
                                    ByteSize.format(ledger.capacity()),
                                    report.stable() ? "" : " (it changed meanwhile)"));
        }
        return report;
    }

    /** Two that count by themselves come to the same result, if nothing happened between. */
    private void compare(NodeInfo.Ledger before, NodeInfo.Ledger said, StoreReport.Ledger counted) {
        if (!said.equals(before)) {
            note("ledger", "the node was at work, so its ledger cannot be compared", "");
        } else if (said.inUse() != counted.inUse()
                || said.leased() != counted.leased()
                || said.condemned() != counted.condemned()
                || said.free() + said.withheld() != counted.free() + counted.withheld()) {
            warn(
                    "ledger",
                    "the node says %s, its files say in use %d, free %d, leased %d, condemned %d, withheld %d"
                            .formatted(
                                    said,
                                    counted.inUse(),
                                    counted.free(),
                                    counted.leased(),
                                    counted.condemned(),
                                    counted.withheld()),
                    "look again; if it stays so, restart the node, which counts anew, and report"
                            + " it");
        } else {
            ok("ledger", "the node's is the same as that of its files");
        }
    }
}
