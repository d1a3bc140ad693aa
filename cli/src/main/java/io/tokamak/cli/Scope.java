package io.tokamak.cli;

import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectName;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Some named objects, as they are given on the command line: {@code NS[/PREFIX]}.
 *
 * @param prefix of their keys; null: all of the namespace
 */
record Scope(String namespace, @Nullable String prefix) {
    static final String LABEL = "NS[/PREFIX]";

    static Scope parse(String text) {
        int slash = text.indexOf('/');
        String namespace = slash < 0 ? text : text.substring(0, slash);
        String prefix = slash < 0 || slash == text.length() - 1 ? null : text.substring(slash + 1);
        new ObjectName(namespace, prefix == null ? "any" : prefix); // checks both
        return new Scope(namespace, prefix);
    }

    @Override
    public String toString() {
        return namespace + "/" + (prefix == null ? "" : prefix);
    }

    static final class Converter implements ITypeConverter<Scope> {
        @Override
        public Scope convert(String text) {
            try {
                return parse(text);
            } catch (InvalidRequest invalid) {
                throw new TypeConversionException(invalid.getMessage());
            }
        }
    }
}
