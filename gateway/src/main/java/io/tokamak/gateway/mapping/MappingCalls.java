package io.tokamak.gateway.mapping;

import io.tokamak.client.ObjectView;
import io.tokamak.client.Place;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.Target;
import io.tokamak.gateway.objects.Answers;
import io.tokamak.gateway.objects.Blocking;
import io.tokamak.gateway.objects.Call;
import io.tokamak.gateway.objects.CallHandlers;
import io.tokamak.gateway.objects.CallRequest;
import io.tokamak.gateway.objects.JsonRequests;
import io.tokamak.gateway.objects.Parameters;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.Durations;
import io.tokamak.objects.InvalidRequest;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

/** Makes, renews and releases mappings over REST. */
@Component
final class MappingCalls implements CallHandlers {
    private final NodeConnection connection;
    private final CoLocation coLocation;
    private final MappingTable<PlacedPin> mappings;
    private final MappingProperties properties;
    private final JsonRequests requests;
    private final Answers answers;

    MappingCalls(
            NodeConnection connection,
            CoLocation coLocation,
            MappingTable<PlacedPin> mappings,
            MappingProperties properties,
            JsonRequests requests,
            Answers answers) {
        this.connection = connection;
        this.coLocation = coLocation;
        this.mappings = mappings;
        this.properties = properties;
        this.requests = requests;
        this.answers = answers;
    }

    @Override
    public Map<Call, Handler> handlers() {
        return Map.of(
                Call.MAP_OBJECT,
                this::map,
                Call.MAP_NAMED,
                this::map,
                Call.RENEW_MAPPING,
                request -> answer(request, HttpStatus.OK, _ -> describe(renew(request))),
                Call.RELEASE_MAPPING,
                request -> answer(request, HttpStatus.OK, _ -> release(request.path().mapping())));
    }

    private Mono<Void> map(CallRequest request) {
        Target target = request.path().target();
        return answer(
                request,
                HttpStatus.CREATED,
                isCancelled -> {
                    Mapping<PlacedPin> mapping = map(request, target, isCancelled);
                    if (isCancelled.getAsBoolean()) { // nobody will learn its id
                        mappings.release(mapping.id());
                    }
                    request.response()
                            .getHeaders()
                            .set(HttpHeaders.LOCATION, "/v1/mappings/" + mapping.id());
                    return describe(mapping);
                });
    }

    private Mapping<PlacedPin> map(
            CallRequest request, Target target, BooleanSupplier isCancelled) {
        JsonNode body = read(request, "nonce", "ttl");
        String nonce = nonce(body);
        Duration asked = ttl(body);
        CoLocation.Proof proof = coLocation.check(nonce);
        return mappings.add(
                () -> {
                    try (ObjectView view = target.get(connection, Deadline.NONE, isCancelled)) {
                        return PlacedPin.of(view, proof);
                    }
                },
                asked == null ? properties.ttl() : asked);
    }

    private Mapping<PlacedPin> renew(CallRequest request) {
        return mappings.renew(request.path().mapping(), ttl(read(request, "ttl")));
    }

    private JsonNode read(CallRequest request, String... known) {
        return requests.read(request, JsonRequests.SMALL_BYTES_MAX, List.of(known));
    }

    private Map<String, ?> release(String id) {
        mappings.release(id);
        return Map.of("mapping", id);
    }

    private static String nonce(JsonNode request) {
        JsonNode nonce = request.path("nonce");
        if (!nonce.isString()) {
            throw Parameters.bad(
                    "nonce",
                    nonce.isMissingNode() ? "is missing" : "is no string",
                    "send what the file nonce in the node's folder says");
        }
        return nonce.stringValue();
    }

    /** Null: none is given. */
    private @Nullable Duration ttl(JsonNode request) {
        JsonNode ttl = request.path("ttl");
        if (ttl.isMissingNode() || ttl.isNull()) {
            return null;
        }
        if (!ttl.isString()) { // a number would have no unit
            throw badTtl("is no string");
        }
        Duration asked = Durations.parse(ttl.stringValue());
        if (asked.compareTo(MappingProperties.TTL_MIN) < 0
                || asked.compareTo(properties.ttlMax()) > 0) {
            throw badTtl("is " + Durations.format(asked));
        }
        return asked;
    }

    private InvalidRequest badTtl(String why) {
        SequencedMap<String, Object> numbers = new LinkedHashMap<>();
        numbers.put("min", Durations.format(MappingProperties.TTL_MIN));
        numbers.put("max", Durations.format(properties.ttlMax()));
        return new InvalidRequest(
                InvalidRequest.BAD_DURATION,
                "the ttl of a mapping "
                        + why
                        + ", not a duration from %s to %s"
                                .formatted(numbers.get("min"), numbers.get("max")),
                "ask for one in between, and renew it",
                numbers);
    }

    private static Map<String, ?> describe(Mapping<PlacedPin> mapping) {
        Place place = mapping.hold().place();
        SequencedMap<String, Object> json = new LinkedHashMap<>();
        json.put("mapping", mapping.id());
        json.put("folder", place.folder().toString());
        json.put("file", place.file());
        json.put("offset", place.offset());
        json.put("length", place.length());
        json.put("expires", mapping.expires().toString());
        return json;
    }

    private Mono<Void> answer(
            CallRequest request,
            HttpStatus status,
            Function<BooleanSupplier, Map<String, ?>> call) {
        return Blocking.<Map<String, ?>>call(call)
                .flatMap(json -> answers.json(request.response(), status, json));
    }
}
