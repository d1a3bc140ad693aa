package io.tokamak.gateway.objects;

import io.netty.channel.EventLoop;
import io.netty.util.AsciiString;
import io.tokamak.client.PutOptions;
import io.tokamak.client.Stored;
import io.tokamak.client.TokamakClient;
import io.tokamak.gateway.node.GatewayProperties;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.Upload;
import io.tokamak.gateway.node.UploadSlots;
import io.tokamak.objects.Attributes;
import io.tokamak.objects.Group;
import io.tokamak.objects.Incarnation;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.Lifetime;
import io.tokamak.objects.MediaType;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;

/** Puts. */
@Component
final class Uploads implements CallHandlers {
    static final String ATTRIBUTE_PREFIX = "tokamak-attr-";

    private static final Duration DEADLINE = Duration.ofSeconds(10);
    private static final int REPLICAS_MAX = 16;

    /** What is left of a refused body is read, up to here, rather than the connection closed. */
    private static final long DRAIN_BYTES_MAX = 1 << 20;

    private final NodeConnection connection;
    private final GatewayProperties properties;
    private final UploadSlots slots;
    private final Answers answers;
    private volatile @Nullable Plain lastPlain;

    Uploads(
            NodeConnection connection,
            GatewayProperties properties,
            UploadSlots slots,
            Answers answers) {
        this.connection = connection;
        this.properties = properties;
        this.slots = slots;
        this.answers = answers;
    }

    /**
     * Options of puts that say nothing of the object but its media type, which most small ones do:
     * the client encodes the metadata of the same options once.
     *
     * @param mediaType as the header has it; null: there is none
     */
    private record Plain(@Nullable String mediaType, PutOptions options) {}

    /** What a put left behind. */
    private record Outcome(Stored stored, ObjectInfo info, int replicas) {}

    @Override
    public Map<Call, Handler> handlers() {
        return Map.of(
                Call.POST_OBJECT, request -> put(request, null),
                Call.PUT_NAMED, request -> put(request, request.path().name()));
    }

    /**
     * What was asked for.
     *
     * @param home the node that stores it
     * @param length of the body; negative: not announced
     * @param digest SHA-256 of the body; null: not checked
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Order(
            PutOptions options, String home, int replicas, long length, byte @Nullable [] digest) {
        Upload begin(TokamakClient client) {
            return new Upload(
                    client,
                    options,
                    length < 0 ? OptionalLong.empty() : OptionalLong.of(length),
                    digest);
        }
    }

    private Mono<Void> put(CallRequest request, @Nullable ObjectName name) {
        Body body = new Body(request.http(), properties);
        HttpHeaders headers = request.http().getHeaders();
        long length = headers.getContentLength();
        boolean isSmall =
                name == null
                        && length >= 0
                        && length <= Upload.SMALL_BYTES_MAX
                        && headers.getFirst(HttpHeaders.EXPECT) == null; // it comes when allowed
        Mono<Outcome> put = isSmall ? putSmall(request, body) : putLarge(request, name, body);
        return Conditions.kept(headers, put, outcome -> outcome.stored().created())
                .doOnCancel(body::abandon)
                .flatMap(outcome -> answer(request.response(), outcome));
    }

    /**
     * A small body has come with its head, mostly: then it is stored on the event loop, as soon as
     * the loop has handed out what it has read.
     */
    private Mono<Outcome> putSmall(CallRequest request, Body body) {
        EventLoop loop = request.channel().eventLoop();
        body.begin();
        return Mono.<Boolean>create(sink -> loop.execute(() -> sink.success(body.isHere())))
                .flatMap(isHere -> isHere ? putHere(request, body) : putLarge(request, null, body));
    }

    private Mono<Outcome> putHere(CallRequest request, Body body) {
        Order order;
        Upload upload;
        Stored stored;
        try (UploadSlots.Slot _ = slots.take()) {
            order = order(request, null);
            upload = order.begin(connection.client());
            receive(body, upload);
            stored = upload.trySeal();
        } finally {
            body.close();
        }
        return stored != null
                ? Mono.just(outcome(order, stored))
                : Blocking.call(_ -> seal(order, upload));
    }

    private Order order(CallRequest request, @Nullable ObjectName name) {
        HttpHeaders headers = request.http().getHeaders();
        Parameters parameters = request.parameters();
        return new Order(
                isPlain(request, name) ? plainOptions(headers) : options(headers, parameters, name),
                connection.nodeId(),
                parameters.number("replicas", 1, REPLICAS_MAX, 1, InvalidRequest.BAD_PARAMETER),
                headers.getContentLength(),
                Digests.expected(joined(headers, "Repr-Digest")));
    }

    /** Whether a put says nothing of the object but its media type. */
    private static boolean isPlain(CallRequest request, @Nullable ObjectName name) {
        if (name != null || !request.parameters().isEmpty()) {
            return false;
        }
        HttpServerRequest server = ServerHttpRequestDecorator.getNativeRequest(request.http());
        Iterator<Map.Entry<CharSequence, CharSequence>> headers =
                server.requestHeaders().iteratorCharSequence();
        while (headers.hasNext()) {
            CharSequence header = headers.next().getKey();
            if (AsciiString.contentEqualsIgnoreCase(header, HttpHeaders.CONTENT_ENCODING)
                    || AsciiString.regionMatches(
                            header, true, 0, ATTRIBUTE_PREFIX, 0, ATTRIBUTE_PREFIX.length())) {
                return false;
            }
        }
        return true;
    }

    private PutOptions plainOptions(HttpHeaders headers) {
        String mediaType = headers.getFirst(HttpHeaders.CONTENT_TYPE);
        Plain known = lastPlain;
        if (known == null || !Objects.equals(known.mediaType(), mediaType)) {
            known = new Plain(mediaType, options(headers, Parameters.NONE, null));
            lastPlain = known;
        }
        return known.options();
    }

    private Outcome seal(Order order, Upload upload) {
        try (UploadSlots.Slot _ = slots.take()) {
            return outcome(order, upload.seal());
        }
    }

    private Outcome outcome(Order order, Stored stored) {
        ObjectInfo there = stored.created() ? null : connection.client().head(stored.id());
        return new Outcome(
                stored,
                there != null ? there : fresh(stored, order.options(), order.home()),
                order.replicas());
    }

    /**
     * Describes what was put just now without asking the node, which would have to be woken to
     * drain the lane first. Where it has not said the time yet, it is that of the commit here.
     */
    private static ObjectInfo fresh(Stored stored, PutOptions options, String home) {
        boolean isNamed = stored.name() != null;
        Instant created =
                isNamed
                        ? Incarnation.createdAt(stored.incarnation())
                        : Instant.now().truncatedTo(ChronoUnit.MILLIS);
        Lifetime lifetime = lifetime(options);
        return new ObjectInfo(
                stored.id(),
                stored.incarnation(),
                metadata(options, lifetime),
                stored.sizeBytes(),
                created,
                lifetime.end(created, isNamed),
                home,
                List.of());
    }

    private static ObjectMetadata metadata(PutOptions options, Lifetime lifetime) {
        return new ObjectMetadata(
                options.name(),
                options.mediaType(),
                options.contentEncoding(),
                options.attributes(),
                lifetime,
                options.group());
    }

    private static Lifetime lifetime(PutOptions options) {
        Lifetime given = options.lifetime();
        return given == null ? Lifetime.byDefault() : given;
    }

    private Mono<Outcome> putLarge(CallRequest request, @Nullable ObjectName name, Body body) {
        return Blocking.call(_ -> store(request, name, body));
    }

    /** In a thread that may block. */
    private Outcome store(CallRequest asked, @Nullable ObjectName name, Body body) {
        try {
            Order order = order(asked, name);
            try (UploadSlots.Slot _ = slots.take();
                    Upload upload = order.begin(connection.client())) {
                if (upload.isPlaced()) { // a copy for each piece, and no other thread
                    body.takeAll(buffer -> write(buffer, upload));
                } else {
                    receive(body, upload);
                }
                return outcome(order, upload.seal());
            }
        } catch (RuntimeException e) {
            settle(asked, body, asked.http().getHeaders().getContentLength(), e);
            throw e;
        } finally {
            body.close();
        }
    }

    private static void receive(Body body, Upload upload) {
        for (DataBuffer buffer = body.next(); buffer != null; buffer = body.next()) {
            try {
                write(buffer, upload);
            } finally {
                DataBufferUtils.release(buffer);
            }
        }
    }

    private static void write(DataBuffer buffer, Upload upload) {
        try (DataBuffer.ByteBufferIterator parts = buffer.readableByteBuffers()) {
            parts.forEachRemaining(upload::write);
        }
    }

    /** Leaves the connection ready for another request, or lets it end with the answer. */
    private static void settle(
            CallRequest request, Body body, long length, RuntimeException failure) {
        if (body.isFinished() || failure instanceof Body.Lost) {
            return;
        }
        boolean isWorthIt =
                length >= 0
                        && length - body.received() <= DRAIN_BYTES_MAX
                        && request.http().getHeaders().getFirst(HttpHeaders.EXPECT) == null
                        && !(failure instanceof Refusal);
        if (isWorthIt) {
            try {
                body.drain(DRAIN_BYTES_MAX);
                return;
            } catch (RuntimeException e) {
                failure.addSuppressed(e);
            }
        }
        request.response().getHeaders().set(HttpHeaders.CONNECTION, "close");
    }

    private static PutOptions options(
            HttpHeaders headers, Parameters parameters, @Nullable ObjectName name) {
        Attributes.Builder attributes = Attributes.builder();
        headers.forEach(
                (header, values) -> {
                    String lowerCase = header.toLowerCase(Locale.ROOT);
                    if (lowerCase.startsWith(ATTRIBUTE_PREFIX)) {
                        for (String value : values) {
                            attributes.add(
                                    lowerCase.substring(ATTRIBUTE_PREFIX.length()),
                                    HeaderText.decode(value));
                        }
                    }
                });
        String group = parameters.text("group");
        PutOptions options =
                PutOptions.DEFAULTS
                        .withName(name)
                        .withMediaType(MediaType.of(headers.getFirst(HttpHeaders.CONTENT_TYPE)))
                        .withContentEncoding(joined(headers, HttpHeaders.CONTENT_ENCODING))
                        .withAttributes(attributes.build())
                        .withLifetime(
                                Lifetime.of(parameters.lifetime("ttl"), parameters.lifetime("idle"))
                                        .from(Instant.now()))
                        .withGroup(
                                group == null
                                        ? null
                                        : group(group, name == null ? null : name.namespace()))
                        .withTimeout(parameters.wait("deadline", DEADLINE));
        var _ = metadata(options, Lifetime.byDefault()); // its rules, before the body comes
        return options;
    }

    /**
     * The group that a parameter means: in that namespace; where there is none, {@code
     * namespace/group}, and without a slash one of the default namespace.
     */
    static Group group(String text, @Nullable String namespace) {
        if (namespace != null) {
            return new Group(namespace, text);
        }
        int slash = text.indexOf('/');
        return slash < 0
                ? new Group(ObjectName.DEFAULT_NAMESPACE, text)
                : new Group(text.substring(0, slash), text.substring(slash + 1));
    }

    /** A header's values as one list; null: it is absent. */
    static @Nullable String joined(HttpHeaders headers, String name) {
        List<String> values = headers.get(name);
        return values == null || values.isEmpty() ? null : String.join(", ", values);
    }

    private Mono<Void> answer(ServerHttpResponse response, Outcome outcome) {
        Stored stored = outcome.stored();
        response.getHeaders().set(HttpHeaders.LOCATION, Paths.of(stored.id(), stored.name()));
        response.getHeaders()
                .set(HttpHeaders.ETAG, EntityTags.of(stored.id(), stored.incarnation()));
        response.getHeaders().set("Tokamak-Id", stored.id().toString());
        SequencedMap<String, @Nullable Object> json = Descriptions.object(outcome.info());
        if (outcome.replicas() > 1) { // a node has one copy; others are not asked yet
            json.put("asked", outcome.replicas());
            json.put("reached", 1);
            return answers.json(response, HttpStatus.ACCEPTED, json);
        }
        return answers.json(response, stored.created() ? HttpStatus.CREATED : HttpStatus.OK, json);
    }
}
