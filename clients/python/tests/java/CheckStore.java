import io.tokamak.checker.Severity;
import io.tokamak.checker.StoreChecker;
import io.tokamak.layout.Folder;
import java.nio.file.Path;

/** Checks the store in a folder beside its node. Exits with 1 and says what is wrong, if anything is. */
public final class CheckStore {
    public static void main(String[] arguments) throws Exception {
        var report =
                StoreChecker.check(
                        new Folder(Path.of(arguments[0])), StoreChecker.Mode.LIVE);
        var problems =
                report.findings().stream()
                        .filter(finding -> finding.severity() != Severity.INFO)
                        .toList();
        problems.forEach(System.out::println);
        System.exit(problems.isEmpty() ? 0 : 1);
    }
}
