package io.tokamak.cli;

import io.tokamak.objects.ByteSize;
import io.tokamak.objects.Durations;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.ObjectName;
import java.time.Duration;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Texts of the command line as values of the product; wrong ones are explained by the product's own
 * rules.
 */
final class Converters {
    private Converters() {}

    private static <T> T convert(String text, Function<String, T> parse) {
        try {
            return parse.apply(text);
        } catch (InvalidRequest invalid) {
            throw new TypeConversionException(invalid.getMessage());
        }
    }

    /** More than nothing. */
    static final class Lifetimes implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            return Converters.convert(text, Durations::parse);
        }
    }

    /** Zero is allowed: look, and do not wait. */
    static final class Waits implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            return Converters.convert(text, Durations::parseOrZero);
        }
    }

    static final class Sizes implements ITypeConverter<Long> {
        @Override
        public Long convert(String text) {
            return Converters.convert(text, ByteSize::parse);
        }
    }

    static final class Names implements ITypeConverter<ObjectName> {
        @Override
        public ObjectName convert(String text) {
            return Converters.convert(text, ObjectName::parse);
        }
    }

    static final class MediaTypes implements ITypeConverter<MediaType> {
        @Override
        public MediaType convert(String text) {
            return Converters.convert(text, MediaType::of);
        }
    }
}
