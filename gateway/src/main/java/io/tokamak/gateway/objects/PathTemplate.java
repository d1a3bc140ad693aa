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

    /** What every such path begins with; all of it when there is no variable. */
    private final String prefix;

    private final Pattern pattern;
    private final List<PathVariable> variables;

    PathTemplate(String text) {
        this.text = text;
        List<PathVariable> found = new ArrayList<>();
        StringBuilder expression = new StringBuilder();
        Matcher matcher = VARIABLE.matcher(text);
        int end = 0;
        while (matcher.find()) {
            PathVariable variable = PathVariable.of(matcher.group(1));
            found.add(variable);
            expression.append(Pattern.quote(text.substring(end, matcher.start())));
            expression.append('(').append(variable.pattern()).append(')');
            end = matcher.end();
        }
        expression.append(Pattern.quote(text.substring(end)));
        this.variables = List.copyOf(found);
        this.prefix = found.isEmpty() ? text : text.substring(0, text.indexOf('{'));
        this.pattern = Pattern.compile(expression.toString(), Pattern.DOTALL);
    }

    String text() {
        return text;
    }

    List<PathVariable> variables() {
        return variables;
    }

    /** The values in a raw path; null: it is another one. */
    @Nullable PathValues match(String rawPath) {
        if (!rawPath.startsWith(prefix)) {
            return null;
        }
        if (variables.isEmpty()) {
            return rawPath.length() == prefix.length() ? PathValues.NONE : null;
        }
        Matcher matcher = pattern.matcher(rawPath);
        if (!matcher.matches()) {
            return null;
        }
        List<String> values = new ArrayList<>(variables.size());
        for (int i = 1; i <= variables.size(); i++) {
            values.add(matcher.group(i));
        }
        return new PathValues(variables, values);
    }
}
