package io.tokamak.cli;

import io.tokamak.client.Locality;
import io.tokamak.client.ObjectView;
import io.tokamak.client.Place;
import io.tokamak.client.TokamakClient;
import io.tokamak.memory.NativeFailure;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.NotCoLocated;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "map",
        header = "Pins an object and says where its bytes lie, for a program that maps them.",
        customSynopsis = {
            "tokamak map [OPTIONS] ID|NS/KEY",
            "       tokamak map [OPTIONS] ID|NS/KEY -- COMMAND [ARGUMENT...]",
        },
        description = {
            "%nAny program on the node's host reads an object in place with open and mmap: LENGTH"
                + " bytes of the file PATH, from OFFSET on. They are the object's for as long as it"
                + " is pinned, even when it is deleted meanwhile; afterwards they may be another"
                + " object's. PATH is to be opened for reading only.",
            "With a COMMAND: this program becomes that one, as with env or nice: same process, same"
                + " standard streams, its own exit code. {path}, {offset} and {length} in its"
                + " arguments are replaced; TOKAMAK_MAP_PATH, TOKAMAK_MAP_OFFSET,"
                + " TOKAMAK_MAP_LENGTH and TOKAMAK_MAP_ID are in its environment. The pin ends when"
                + " it ends, however it ends, and whatever it left running.",
            "Without: prints folder, file, offset and length, and holds the pin until standard"
                + " input ends. What was read is to be believed only if the exit code then is 0: it"
                + " is 1 when the store was discarded, or the node forgot the pin. Whoever dies"
                + " closes the pipe, so no pin is forgotten. In a script, give it a pipe of its"
                + " own: the standard input of what runs in the background is /dev/null, which ends"
                + " at once.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tokamak map models/llm -- python3 -c 'import numpy, sys",
            "  print(numpy.memmap(sys.argv[1], \"u1\", \"r\", int(sys.argv[2]),"
                    + " int(sys.argv[3])).sum())' \\",
            "      {path} {offset} {length}",
            "  tokamak map logs/day -- sh -c 'tail -c +$((TOKAMAK_MAP_OFFSET + 1))"
                    + " $TOKAMAK_MAP_PATH |",
            "      head -c $TOKAMAK_MAP_LENGTH | grep error'",
            "  coproc tokamak map --json models/llm; read -r place <&${COPROC[0]}      in bash;"
                    + " then",
            "  …; exec {COPROC[1]}>&-; wait $COPROC_PID                           release, and"
                    + " check",
        })
final class MapCommand implements Callable<Integer> {
    private static final String VARIABLE_PREFIX = "TOKAMAK_MAP_";
    private static final int PART_BYTES = 4096;

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // by picocli
    private Tokamak tokamak;

    @Parameters(
            index = "0",
            paramLabel = Target.LABEL,
            converter = Target.Converter.class,
            description = "The object: 32 hex digits, or a name.")
    @SuppressWarnings("NullAway.Init") // by picocli
    private Target target;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "COMMAND",
            description = "A program and its arguments, after --.")
    private List<String> command = List.of();

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            converter = Converters.Waits.class,
            description =
                    "How long to wait for an object that is not there yet. Default: not at all.")
    private Duration timeout = Duration.ZERO;

    @Override
    public Integer call() throws IOException {
        try (TokamakClient client = tokamak.connection().connect()) {
            requireZeroCopy(client.locality());
            try (ObjectView view = target.get(client, Deadline.after(timeout))) {
                Place place = requirePlace(view.place(), client.locality());
                if (command.isEmpty()) {
                    print(place, view);
                    hold();
                    requireHeld(place);
                } else {
                    execute(place, view);
                }
            }
        }
        return Failure.FINE;
    }

    /** Before anything is streamed here for nothing. */
    private void requireZeroCopy(Locality locality) {
        if (!locality.zeroCopy()) {
            throw notCoLocated(locality);
        }
    }

    private Place requirePlace(@Nullable Place place, Locality locality) {
        if (place == null) {
            throw notCoLocated(locality);
        }
        return place;
    }

    private NotCoLocated notCoLocated(Locality locality) {
        return new NotCoLocated(locality.reason(), tokamak.connection().toString());
    }

    private void print(Place place, ObjectView view) throws IOException {
        if (tokamak.json()) {
            tokamak.output()
                    .json(
                            new Json()
                                    .with("id", view.id())
                                    .with("folder", place.folder())
                                    .with("file", place.file())
                                    .with("offset", place.offset())
                                    .with("length", place.length()));
        } else {
            tokamak.output().line("folder  %s", place.folder());
            tokamak.output().line("file    %s", place.file());
            tokamak.output().line("offset  %d", place.offset());
            tokamak.output().line("length  %d", place.length());
        }
        tokamak.output().flush();
    }

    private void hold() {
        if (Terminals.is(Terminals.INPUT)) {
            tokamak.output().errors().println("pinned until Ctrl-D");
        }
        byte[] ignored = new byte[PART_BYTES];
        try (FileInputStream input = new FileInputStream(FileDescriptor.in)) {
            int count = 0;
            while (count >= 0) {
                count = input.read(ignored);
            }
        } catch (IOException closed) {
            // nobody holds the other end: that is what was waited for
        }
    }

    private static void requireHeld(Place place) throws IOException {
        if (!place.isHeld()) {
            throw new IOException(
                    "the pin was lost: the store was discarded, or its node has forgotten this"
                            + " session; what was read meanwhile may have been another object's");
        }
    }

    private void execute(Place place, ObjectView view) throws IOException {
        Map<String, String> values =
                Map.of(
                        "path", place.folder().resolve(place.file()).toString(),
                        "offset", Long.toString(place.offset()),
                        "length", Long.toString(place.length()));
        Map<String, String> environment =
                Map.of(
                        VARIABLE_PREFIX + "ID", view.id().toString(),
                        VARIABLE_PREFIX + "PATH", values.get("path"),
                        VARIABLE_PREFIX + "OFFSET", values.get("offset"),
                        VARIABLE_PREFIX + "LENGTH", values.get("length"));
        try {
            place.execute(command.stream().map(word -> filled(word, values)).toList(), environment);
        } catch (NativeFailure failure) {
            throw new IOException(
                    command.getFirst()
                            + (failure.isMissing()
                                    ? ": no such program"
                                    : ": cannot be executed: " + failure.errnoName()),
                    failure);
        }
    }

    private static String filled(String word, Map<String, String> values) {
        String filled = word;
        for (Map.Entry<String, String> value : values.entrySet()) {
            filled = filled.replace("{" + value.getKey() + "}", value.getValue());
        }
        return filled;
    }
}
