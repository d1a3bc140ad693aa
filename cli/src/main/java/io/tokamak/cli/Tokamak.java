package io.tokamak.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
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
                        + " node, or through a gateway.",
        descriptionHeading = "%n",
        commandListHeading = "%nCommands:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tokamak put --name models/llm weights.safetensors   keep a file under a name",
            "  tokamak get models/llm -o weights.safetensors       and write it to a file again",
            "  tokamak ls models                                   what is in a namespace",
            "  tokamak --url tokamak://host:9090 ls                through a gateway",
            "  tokamak COMMAND --help                              more about one command",
        },
        versionProvider = Tokamak.Version.class)
public final class Tokamak implements Runnable {
    private static final List<Class<?>> COMMANDS =
            List.of(
                    PutCommand.class,
                    GetCommand.class,
                    StatCommand.class,
                    RemoveCommand.class,
                    ListCommand.class,
                    WaitCommand.class,
                    WatchCommand.class,
                    MapCommand.class,
                    TopCommand.class,
                    DoctorCommand.class,
                    DemoCommand.class,
                    CompletionCommand.class,
                    DemoReader.class,
                    TrainingCommand.class);

    private static final int WIDTH = 100;
    private static final String ENVIRONMENT_HEADING_KEY = "environmentHeading";
    private static final String ENVIRONMENT_KEY = "environment";
    private static final char UNDECODABLE = '\uFFFD';

    @Option(
            names = "--folder",
            paramLabel = "FOLDER",
            scope = ScopeType.INHERIT,
            description = "The node's folder on this host.")
    private @Nullable String folder;

    @Option(
            names = "--url",
            paramLabel = "URL",
            scope = ScopeType.INHERIT,
            description =
                    "A gateway instead: tokamak://HOST:PORT, with TLS tokamaks://HOST:PORT. On its"
                            + " node's host objects are read in place all the same.")
    private @Nullable String url;

    @Option(
            names = "--stream",
            scope = ScopeType.INHERIT,
            description = "With a gateway: stream, also on its node's host.")
    private boolean streams;

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
        CommandLine line = commandLine(output, args);
        int code = line.execute(args);
        return output.close() ? code : Failure.OTHERWISE;
    }

    /**
     * What reads a command line.
     *
     * @param given commands that they name are known, all if they name none: to know one takes
     *     longer than most of them run
     */
    static CommandLine commandLine(Output output, String... given) {
        Tokamak tokamak = new Tokamak(output);
        CommandLine line = new CommandLine(tokamak);
        List<String> words = Arrays.asList(given);
        List<Class<?>> named =
                COMMANDS.stream().filter(command -> words.contains(nameOf(command))).toList();
        (named.isEmpty() ? COMMANDS : named).forEach(line::addSubcommand);
        line.setOut(output.text());
        line.setErr(output.errors());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler((failed, args) -> misused(output, failed, args));
        line.setExecutionExceptionHandler(
                (failed, command, parsed) -> Failure.report(failed, output, tokamak.json));
        line.setUsageHelpWidth(WIDTH);
        line.setExecutionStrategy(
                parsed -> {
                    tokamak.requireDecoded(parsed.originalArgs());
                    return new CommandLine.RunLast().execute(parsed);
                });
        Map<String, String> codes = new LinkedHashMap<>();
        codes.put(" 0", "fine");
        codes.put(" 1", "otherwise; standard error says what, and what to do");
        codes.put(" 2", "wrong usage");
        codes.put(" 3", "no such object");
        codes.put(" 4", "the name is taken by another object");
        codes.put(" 5", "the node cannot be reached");
        codes.put("130", "ended by Ctrl-C");
        document(line, codes);
        return line;
    }

    private static String nameOf(Class<?> command) {
        return command.getAnnotation(Command.class).name();
    }

    private static void document(CommandLine line, Map<String, String> exitCodes) {
        line.getCommandSpec()
                .usageMessage()
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(exitCodes)
                .parameterListHeading("%nArguments:%n")
                .optionListHeading("%nOptions:%n");
        line.getHelpSectionMap()
                .put(ENVIRONMENT_HEADING_KEY, help -> help.createHeading("%nEnvironment:%n"));
        line.getHelpSectionMap()
                .put(ENVIRONMENT_KEY, help -> help.createTextTable(environment()).toString());
        List<String> keys = new ArrayList<>(line.getHelpSectionKeys());
        keys.addAll(
                keys.indexOf(UsageMessageSpec.SECTION_KEY_FOOTER_HEADING),
                List.of(ENVIRONMENT_HEADING_KEY, ENVIRONMENT_KEY));
        line.setHelpSectionKeys(keys);
        line.getSubcommands().values().forEach(subcommand -> document(subcommand, exitCodes));
    }

    private static Map<String, String> environment() {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put(
                "  " + Connection.FOLDER_VARIABLE,
                "for --folder; else it is " + Connection.DEFAULT_FOLDER);
        variables.put(
                "  " + Connection.URL_VARIABLE,
                "for --url; beats " + Connection.FOLDER_VARIABLE + ", not --folder");
        variables.put("  " + Connection.TOKEN_VARIABLE, "what the gateway asks for");
        return variables;
    }

    private static int misused(Output output, ParameterException failed, String[] args) {
        String command = failed.getCommandLine().getCommandSpec().qualifiedName();
        boolean json = Arrays.asList(args).contains("--json"); // not parsed, or not to its end
        Failure.misused(failed, command, output, json);
        return Failure.USAGE;
    }

    /** A name that was decoded wrongly would be another name, and nobody would find it. */
    private void requireDecoded(List<String> args) {
        for (String arg : args) {
            if (arg.indexOf(UNDECODABLE) >= 0) {
                throw new ParameterException(
                        spec.commandLine(),
                        "not in this locale's encoding, "
                                + System.getProperty("sun.jnu.encoding")
                                + ": "
                                + arg
                                + "; set LC_ALL=C.UTF-8");
            }
        }
    }

    Connection connection() {
        if (folder != null && url != null) {
            throw new ParameterException(
                    spec.commandLine(), "--folder and --url: one of them says where to go");
        }
        return Connection.of(folder, url, streams, System.getenv());
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
