package io.tokamak.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line's entry. */
@Command(
        name = "tokamak",
        synopsisSubcommandLabel = "COMMAND",
        description =
                "Puts, reads and deletes immutable objects in the shared memory of this host's"
                        + " node.",
        descriptionHeading = "%n",
        commandListHeading = "%nCommands:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tokamak put --name models/llm weights.safetensors   keep a file under a name",
            "  tokamak get models/llm -o weights.safetensors       and write it to a file again",
            "  tokamak ls models                                   what is in a namespace",
            "  tokamak COMMAND --help                              more about one command",
        },
        subcommands = {
            PutCommand.class,
            GetCommand.class,
            StatCommand.class,
            RemoveCommand.class,
            ListCommand.class,
            WaitCommand.class,
            DoctorCommand.class,
            DemoCommand.class,
            DemoReader.class,
            TrainingCommand.class,
        },
        versionProvider = Tokamak.Version.class)
public final class Tokamak implements Runnable {
    private static final int WIDTH = 100;

    @Option(
            names = "--folder",
            paramLabel = "FOLDER",
            scope = ScopeType.INHERIT,
            description =
                    "The node's folder. Default: the environment's TOKAMAK_FOLDER, else"
                            + " /dev/shm/tokamak/node-1.")
    private String folder = Connection.defaultFolder();

    @Option(
            names = "--json",
            scope = ScopeType.INHERIT,
            description =
                    "Answers are JSON, one object a line; errors are problem JSON on standard"
                            + " error.")
    private boolean json;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Shows this help.")
    @SuppressWarnings("UnusedVariable") // read by picocli
    private boolean help;

    @Option(names = "--version", versionHelp = true, description = "Shows the version.")
    @SuppressWarnings("UnusedVariable") // read by picocli
    private boolean version;

    @Spec
    @SuppressWarnings("NullAway.Init") // by picocli
    private CommandSpec spec;

    private final Output output;

    Tokamak(Output output) {
        this.output = output;
    }

    public static void main(String[] args) {
        QuietLogging.enable();
        // Threads of the client do not end by themselves.
        System.exit(run(Output.ofProcess(), args));
    }

    static int run(Output output, String... args) {
        CommandLine line = commandLine(output);
        int code = line.execute(args);
        return output.close() ? code : Failure.OTHERWISE;
    }

    static CommandLine commandLine(Output output) {
        CommandLine line = new CommandLine(new Tokamak(output));
        line.setOut(output.text());
        line.setErr(output.errors());
        line.setParameterExceptionHandler((failed, args) -> misused(output, failed, args));
        line.setExecutionExceptionHandler(
                (failed, command, parsed) ->
                        Failure.report(failed, output, parsed.originalArgs().contains("--json")));
        line.setUsageHelpWidth(WIDTH);
        Map<String, String> codes = new LinkedHashMap<>();
        codes.put(" 0", "fine");
        codes.put(" 1", "otherwise; standard error says what, and what to do");
        codes.put(" 2", "wrong usage");
        codes.put(" 3", "no such object");
        codes.put(" 4", "the name is taken by another object");
        codes.put(" 5", "the node cannot be reached");
        document(line, codes);
        return line;
    }

    private static void document(CommandLine line, Map<String, String> exitCodes) {
        line.getCommandSpec()
                .usageMessage()
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(exitCodes)
                .parameterListHeading("%nArguments:%n")
                .optionListHeading("%nOptions:%n");
        line.getSubcommands().values().forEach(subcommand -> document(subcommand, exitCodes));
    }

    private static int misused(Output output, ParameterException failed, String[] args) {
        String command = failed.getCommandLine().getCommandSpec().qualifiedName();
        Failure.misused(failed, command, output, Arrays.asList(args).contains("--json"));
        return Failure.USAGE;
    }

    /** A node's folder and how to reach it. */
    Connection connection() {
        return new Connection(folder);
    }

    Output output() {
        return output;
    }

    /** Whether answers are JSON. */
    boolean json() {
        return json;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Tokamak.class.getPackage().getImplementationVersion();
            return new String[] {"tokamak " + (version == null ? "(development)" : version)};
        }
    }
}
