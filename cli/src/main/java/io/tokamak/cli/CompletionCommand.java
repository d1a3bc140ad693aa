package io.tokamak.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "completion",
        header = "Prints a script that completes commands and options in a shell.",
        description = {
            "%nIt completes the commands of the launcher, too, and files where files are meant."
                    + " Install it for one user by",
            "",
            "  tokamak completion bash > ~/.local/share/bash-completion/completions/tokamak",
            "",
            "(needs the package bash-completion; or source it in ~/.bashrc), or in ~/.zshrc by",
            "",
            "  source <(tokamak completion zsh)",
        },
        footerHeading = "%nExamples:%n",
        footer = "  source <(./tokamak completion bash)          for this shell alone")
final class CompletionCommand implements Callable<Integer> {
    private enum Shell {
        BASH,
        ZSH;

        /** As it is given. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // by picocli
    private Tokamak tokamak;

    @Parameters(paramLabel = "SHELL", description = "bash or zsh.")
    @SuppressWarnings("NullAway.Init") // by picocli
    private Shell shell;

    @Override
    public Integer call() throws IOException {
        CommandLine all = Tokamak.commandLine(tokamak.output());
        addLauncher(all);
        tokamak.output()
                .line(
                        switch (shell) {
                            case BASH, ZSH -> AutoComplete.bash("tokamak", all); // it finds out
                        });
        return Failure.FINE;
    }

    /** What the launcher does itself. */
    private static void addLauncher(CommandLine line) {
        line.addSubcommand("up", CommandSpec.create());
        line.addSubcommand("down", CommandSpec.create().addOption(flag("--discard")));
        line.addSubcommand("status", CommandSpec.create());
        line.addSubcommand(
                "logs",
                CommandSpec.create()
                        .addOption(flag("-f"))
                        .addPositional(
                                PositionalParamSpec.builder()
                                        .completionCandidates(List.of("node", "gateway"))
                                        .build()));
        line.addSubcommand("test", CommandSpec.create());
        line.addSubcommand("bench", CommandSpec.create());
        line.addSubcommand("verify", CommandSpec.create());
    }

    private static OptionSpec flag(String name) {
        return OptionSpec.builder(name).build();
    }
}
