package io.tokamak.gateway.objects;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A path with variables. Compared with the raw path: no dot segment is removed, nothing decoded.
 */
final class PathTemplate {
    private static final Pattern VARIABLE = Pattern.compile("\\{(\\w+)}");

    private final String text;

    /** What stands before each variable, and after the last. */
    private final List<String> literals;

    private final List<PathVariable> variables;

    PathTemplate(String text) {
        this.text = text;
        List<PathVariable> found = new ArrayList<>();
        List<String> between = new ArrayList<>();
        Matcher matcher = VARIABLE.matcher(text);
        int end = 0;
        while (matcher.find()) {
            found.add(PathVariable.of(matcher.group(1)));
            between.add(text.substring(end, matcher.start()));
            end = matcher.end();
        }
        between.add(text.substring(end));
        this.variables = List.copyOf(found);
        this.literals = List.copyOf(between);
    }

    String text() {
        return text;
    }

    List<PathVariable> variables() {
        return variables;
    }

    /** The values in a raw path; null: it is another one. */
    @Nullable PathValues match(String rawPath) {
        if (!rawPath.startsWith(literals.getFirst())) {
            return null;
        }
        int last = variables.size() - 1;
        if (last < 0) {
            return rawPath.length() == text.length() ? PathValues.NONE : null;
        }
        List<String> values = new ArrayList<>(variables.size());
        int begin = literals.getFirst().length();
        for (int i = 0; i <= last; i++) {
            String next = literals.get(i + 1);
            int end;
            if (i < last) {
                end = rawPath.indexOf(next, begin);
            } else {
                end = rawPath.endsWith(next) ? rawPath.length() - next.length() : -1;
            }
            if (end < begin) {
                return null;
            }
            String value = rawPath.substring(begin, end);
            if (!variables.get(i).admits(value)) {
                return null;
            }
            values.add(value);
            begin = end + next.length();
        }
        return new PathValues(variables, values);
    }
}
