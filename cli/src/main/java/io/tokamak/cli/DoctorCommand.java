package io.tokamak.cli;

import io.tokamak.checker.StoreChecker;
import io.tokamak.layout.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "doctor",
        header =
                "Looks whether everything is as it should be, and says what to do where it is not.",
        description = {
            "%nShared memory and its limits at every level, swap, huge pages, open files, the"
                + " clock; owners, groups and permissions of the folder and its files, the host's"
                + " boot; whether this user can read in place, and put; whether the node answers;"
                + " and the invariants of the store: every slot, record, lease and pin. With --url:"
                + " whether the gateway answers, and whether it streams or objects are read in"
                + " place.",
            "It changes nothing and may run at any time, also when there is no node. States are ok,"
                + " note (good to know), warn (it will not always work, or not for everybody) and"
                + " broken. Exit code 1 when something is broken.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tokamak doctor",
            "  tokamak doctor --strict        at a node that has nothing to do, or is stopped:"
                    + " every look counts",
            "  tokamak doctor --json | jq '.results[] | select(.state == \"broken\")'",
        })
final class DoctorCommand implements Callable<Integer> {
    @ParentCommand
    @SuppressWarnings("NullAway.Init") // by picocli
    private Tokamak tokamak;

    @Option(
            names = "--strict",
            description =
                    "Nobody writes now: counts what is seen once, and reads what no client can"
                            + " reach, too.")
    private boolean strict;

    @Override
    public Integer call() throws IOException {
        Connection connection = tokamak.connection();
        Diagnosis diagnosis = new Diagnosis();
        if (connection.url() != null) {
            new GatewayChecks(diagnosis, connection).run();
        } else {
            examineFolder(diagnosis, connection);
        }
        print(diagnosis);
        return diagnosis.isBroken() ? Failure.OTHERWISE : Failure.FINE;
    }

    private void examineFolder(Diagnosis diagnosis, Connection connection) throws IOException {
        Folder folder = connection.folder();
        if (!Files.isDirectory(folder.path())) {
            diagnosis.broken(
                    "folder",
                    folder.path() + " is no folder",
                    "start a node: ./tokamak up, or name its --folder");
            return;
        }
        if (!Files.isExecutable(folder.path())) {
            diagnosis.broken(
                    "permissions",
                    "%s may not enter %s, which is for group %s"
                            .formatted(
                                    System.getProperty("user.name"),
                                    folder.path(),
                                    Files.getAttribute(folder.path(), "unix:group")),
                    "usermod -aG that group this user, and log in anew; or go through a gateway:"
                            + " --url");
            return;
        }
        new HostChecks(diagnosis, folder).run();
        new FolderChecks(diagnosis, folder).run();
        new NodeChecks(
                        diagnosis,
                        connection,
                        strict ? StoreChecker.Mode.STRICT : StoreChecker.Mode.LIVE)
                .run();
    }

    private void print(Diagnosis diagnosis) throws IOException {
        if (tokamak.json()) {
            tokamak.output()
                    .json(
                            new Json()
                                    .with("sound", !diagnosis.isBroken())
                                    .with(
                                            "results",
                                            diagnosis.results().stream()
                                                    .map(Diagnosis.Result::json)
                                                    .toList()));
            return;
        }
        for (Diagnosis.Result result : diagnosis.results()) {
            tokamak.output()
                    .line("%-7s %-14s %s", result.state().text(), result.area(), result.detail());
            if (!result.remedy().isEmpty()) {
                tokamak.output().line("%-22s -> %s", "", result.remedy());
            }
        }
    }
}
