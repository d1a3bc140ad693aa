package io.tokamak.spring.values;

import io.tokamak.client.TokamakClient;
import io.tokamak.spring.TokamakAutoConfiguration;
import io.tokamak.values.Codec;
import io.tokamak.values.Values;
import io.tokamak.values.plain.JsonCodec;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import tools.jackson.databind.json.JsonMapper;

/**
 * Values by the client: beans of type {@link Codec} are asked in their order, before JSON by the
 * program's mapper and the codecs of the class path.
 */
@AutoConfiguration(after = TokamakAutoConfiguration.class)
@ConditionalOnClass(Values.class)
@ConditionalOnSingleCandidate(TokamakClient.class)
public class TokamakValuesAutoConfiguration {

    /** Made for whoever asks for it: a program that does not starts without its libraries. */
    @Bean
    @Lazy
    @ConditionalOnMissingBean
    Values tokamakValues(
            TokamakClient client, ObjectProvider<Codec> own, ObjectProvider<JsonMapper> mappers) {
        Values.Builder values = Values.builder(client);
        own.orderedStream().forEach(values::codec);
        mappers.ifAvailable(mapper -> values.codec(new JsonCodec(mapper)));
        return values.build();
    }
}
