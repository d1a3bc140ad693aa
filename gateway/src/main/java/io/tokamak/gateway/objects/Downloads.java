package io.tokamak.gateway.objects;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.tokamak.client.ObjectCopy;
import io.tokamak.client.ObjectView;
import io.tokamak.client.TokamakClient;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.Pinned;
import io.tokamak.gateway.node.Target;
import io.tokamak.objects.Deadline;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectInfo;
import io.tokamak.objects.ObjectMetadata;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.ServerHttpResponseDecorator;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Gets. A small object is copied, mostly without a pin, before the first byte is sent; a large one
 * is written from where it lies, by copying writes: a page handed to the kernel by reference could
 * be reused before it is sent.
 */
@Component
final class Downloads implements CallHandlers {
    private static final int SMALL_BYTES_MAX = 64 << 10;

    /** Of one write. */
    private static final int CHUNK_BYTES = 512 << 10;

    /**
     * Of one write to a stream of HTTP/2: {@link Readers} sees by whole ones alone how far its
     * reader is.
     */
    private static final int STREAM_CHUNK_BYTES = 64 << 10;

    private final NodeConnection connection;
    private final Catalog catalog;
    private final KeptDigests digests = new KeptDigests();

    Downloads(NodeConnection connection, Catalog catalog) {
        this.connection = connection;
        this.catalog = catalog;
    }

    @Override
    public Map<Call, Handler> handlers() {
        return Map.of(
                Call.GET_OBJECT, this::get,
                Call.GET_NAMED, this::get,
                Call.HEAD_OBJECT, this::bytes,
                Call.HEAD_NAMED, this::bytes);
    }

    private Mono<Void> get(CallRequest request) {
        String view = request.parameters().text("view");
        if (view != null && !view.equals("info")) {
            throw Parameters.bad("view", "is " + view, "leave it out, or give info");
        }
        return view == null ? bytes(request) : catalog.describe(request);
    }

    /**
     * An object found.
     *
     * @param copy of a small one
     * @param pin of a large one; both null: only the head was asked for
     * @param digest SHA-256; null: not asked for
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Found(
            ObjectId id,
            String tag,
            long size,
            ObjectMetadata metadata,
            byte @Nullable [] copy,
            @Nullable Pinned pin,
            byte @Nullable [] digest) {
        void release() {
            if (pin != null) {
                pin.release();
            }
        }
    }

    private Mono<Void> bytes(CallRequest asked) {
        ServerHttpRequest request = asked.http();
        Target target = asked.path().target();
        Duration wait = asked.parameters().wait("wait", Duration.ZERO);
        boolean isDigestWanted =
                Digests.isWanted(Uploads.joined(request.getHeaders(), "Want-Repr-Digest"));
        boolean isHead = request.getMethod().equals(HttpMethod.HEAD);
        if (!isHead && !isDigestWanted) { // most are there, and need nothing that may block
            TokamakClient client = connection.client();
            ObjectCopy copy = target.copyIfPresent(client, SMALL_BYTES_MAX);
            if (copy != null) {
                return answer(asked, found(copy), false);
            }
            Found found = target.getIfPresent(client, view -> found(view, null));
            if (found != null) {
                return Mono.using(() -> found, _ -> answer(asked, found, false), Found::release);
            }
        }
        return Blocking.using(
                isCancelled ->
                        isHead
                                ? head(target, wait, isDigestWanted, isCancelled)
                                : find(target, wait, isDigestWanted, isCancelled),
                found -> answer(asked, found, isHead),
                Found::release);
    }

    private Found head(
            Target target, Duration wait, boolean isDigestWanted, BooleanSupplier isCancelled) {
        Deadline deadline = Deadline.after(wait);
        while (true) {
            ObjectInfo info = target.head(connection, deadline, isCancelled);
            String tag = EntityTags.of(info.id(), info.incarnation());
            byte[] digest = isDigestWanted ? digest(info, tag, isCancelled) : null;
            if (digest != null || !isDigestWanted) {
                return new Found(
                        info.id(), tag, info.sizeBytes(), info.metadata(), null, null, digest);
            }
            if (isCancelled.getAsBoolean()) {
                throw target.notFound();
            }
        }
    }

    /**
     * The digest of what was described, whose bytes are looked through for it; null: another object
     * has come under its name since, or none is there.
     */
    private byte @Nullable [] digest(ObjectInfo info, String tag, BooleanSupplier isCancelled) {
        try (ObjectView view = connection.client().inspect(info.id())) {
            return view != null && view.incarnation() == info.incarnation()
                    ? digests.sha256(tag, view.segment(), isCancelled)
                    : null;
        }
    }

    private Found find(
            Target target, Duration wait, boolean isDigestWanted, BooleanSupplier isCancelled) {
        try (ObjectView view = target.get(connection, Deadline.after(wait), isCancelled)) {
            return found(
                    view,
                    isDigestWanted ? digests.sha256(tag(view), view.segment(), isCancelled) : null);
        }
    }

    private static String tag(ObjectView view) {
        return EntityTags.of(view.id(), view.incarnation());
    }

    private static Found found(ObjectCopy copy) {
        return new Found(
                copy.id(),
                EntityTags.of(copy.id(), copy.incarnation()),
                copy.payload().length,
                copy.metadata(),
                copy.payload(),
                null,
                null);
    }

    private static Found found(ObjectView view, byte @Nullable [] digest) {
        long size = view.sizeBytes();
        boolean isSmall = size <= SMALL_BYTES_MAX;
        return new Found(
                view.id(),
                tag(view),
                size,
                view.metadata(),
                isSmall ? view.segment().toArray(ValueLayout.JAVA_BYTE) : null,
                isSmall ? null : Pinned.of(view),
                digest);
    }

    private static Mono<Void> answer(CallRequest asked, Found found, boolean isHead) {
        ServerHttpResponse response = asked.response();
        org.springframework.http.HttpHeaders conditions = asked.http().getHeaders();
        if (!EntityTags.permits(Uploads.joined(conditions, "If-Match"), found.tag())) {
            return Mono.error(
                    Refusal.preconditionFailed("If-Match", "the object's ETag is " + found.tag()));
        }
        response.getHeaders().set("ETag", found.tag());
        response.getHeaders().set("Tokamak-Id", found.id().toString());
        if (EntityTags.matches(Uploads.joined(conditions, "If-None-Match"), found.tag())) {
            response.setStatusCode(HttpStatus.NOT_MODIFIED);
            return response.setComplete();
        }
        List<Ranges.Part> parts =
                !isHead && EntityTags.permitsRange(conditions.getFirst("If-Range"), found.tag())
                        ? Ranges.parse(Uploads.joined(conditions, "Range"), found.size())
                        : null;
        describe(response, found);
        String mediaType = found.metadata().mediaType().text();
        if (isHead || parts == null) {
            response.getHeaders().set("Content-Type", mediaType);
            response.getHeaders().setContentLength(found.size());
            return isHead || found.size() == 0
                    ? response.setComplete()
                    : response.writeWith(bytes(response, found, new Ranges.Part(0, found.size())));
        }
        response.setStatusCode(HttpStatus.PARTIAL_CONTENT);
        if (parts.size() == 1) {
            Ranges.Part part = parts.getFirst();
            response.getHeaders().set("Content-Type", mediaType);
            response.getHeaders().set("Content-Range", part.header(found.size()));
            response.getHeaders().setContentLength(part.length());
            return response.writeWith(bytes(response, found, part));
        }
        return several(response, found, parts, mediaType);
    }

    /** {@code multipart/byteranges}: RFC 9110, section 14.6. */
    private static Mono<Void> several(
            ServerHttpResponse response, Found found, List<Ranges.Part> parts, String mediaType) {
        String boundary = Long.toHexString(ThreadLocalRandom.current().nextLong()) + found.id();
        byte[] end = ("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.ISO_8859_1);
        long length = end.length;
        Flux<DataBuffer> body = Flux.empty();
        DataBufferFactory buffers = response.bufferFactory();
        for (Ranges.Part part : parts) {
            byte[] head =
                    "\r\n--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n"
                            .formatted(boundary, mediaType, part.header(found.size()))
                            .getBytes(StandardCharsets.ISO_8859_1);
            length += head.length + part.length();
            body =
                    body.concatWith(Mono.fromSupplier(() -> buffers.wrap(head)))
                            .concatWith(bytes(response, found, part));
        }
        response.getHeaders().set("Content-Type", "multipart/byteranges; boundary=" + boundary);
        response.getHeaders().setContentLength(length);
        return response.writeWith(body.concatWith(Mono.fromSupplier(() -> buffers.wrap(end))));
    }

    /** The bytes of a part; of a large one made as they are asked for. */
    private static Publisher<DataBuffer> bytes(
            ServerHttpResponse response, Found found, Ranges.Part part) {
        NettyDataBufferFactory buffers = (NettyDataBufferFactory) response.bufferFactory();
        byte[] copy = found.copy();
        if (copy != null) {
            return Mono.fromSupplier(
                    () ->
                            buffers.wrap(
                                    Unpooled.wrappedBuffer(
                                            copy, (int) part.start(), (int) part.length())));
        }
        Pinned pin = Objects.requireNonNull(found.pin());
        int chunk =
                CallRequest.channel(response) instanceof Http2StreamChannel
                        ? STREAM_CHUNK_BYTES
                        : CHUNK_BYTES;
        return Flux.generate(
                part::start,
                (at, sink) -> {
                    if (at == part.end()) {
                        sink.complete();
                        return at;
                    }
                    int length = (int) Math.min(chunk, part.end() - at);
                    sink.next(buffers.wrap(pin.slice(at, length)));
                    return at + length;
                });
    }

    /** Headers that give back what was put with the bytes. */
    private static void describe(ServerHttpResponse response, Found found) {
        ObjectMetadata metadata = found.metadata();
        org.springframework.http.HttpHeaders headers = response.getHeaders();
        headers.set("Accept-Ranges", "bytes");
        // Whoever puts a page must not run its scripts beside the dashboard.
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("Content-Security-Policy", "sandbox");
        if (metadata.contentEncoding() != null) {
            headers.set("Content-Encoding", metadata.contentEncoding());
        }
        if (found.digest() != null) {
            headers.set("Repr-Digest", Digests.header(found.digest()));
        }
        HttpServerResponse server = ServerHttpResponseDecorator.getNativeResponse(response);
        HttpHeaders netty = server.responseHeaders();
        metadata.attributes()
                .asMap()
                .forEach(
                        (name, text) -> netty.set("Tokamak-Attr-" + name, HeaderText.encode(text)));
    }
}
