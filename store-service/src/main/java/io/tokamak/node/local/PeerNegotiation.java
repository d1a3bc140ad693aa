package io.tokamak.node.local;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.grpc.netty.ProtocolNegotiationEvent;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.PeerCredentials;
import io.netty.util.AsciiString;
import io.tokamak.node.objects.Peer;
import java.io.IOException;

/** Asks each connection's socket who is at its other end, and tells the calls that come over it. */
final class PeerNegotiation implements InternalProtocolNegotiator.ProtocolNegotiator {
    private static final Attributes.Key<Peer> ATTRIBUTE = Attributes.Key.create("peer");
    private static final Context.Key<Peer> CONTEXT = Context.key("peer");

    private final InternalProtocolNegotiator.ProtocolNegotiator plaintext =
            InternalProtocolNegotiators.serverPlaintext();
    private final BrokenFrames brokenFrames;

    PeerNegotiation(BrokenFrames brokenFrames) {
        this.brokenFrames = brokenFrames;
    }

    /** Who makes the current call. */
    static Peer peer() {
        return CONTEXT.get();
    }

    @Override
    public AsciiString scheme() {
        return plaintext.scheme();
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler connection) {
        return new Question(plaintext.newHandler(connection), brokenFrames);
    }

    @Override
    public void close() {
        plaintext.close();
    }

    private static final class Question extends ChannelInboundHandlerAdapter {
        private final ChannelHandler next;
        private final BrokenFrames brokenFrames;

        Question(ChannelHandler next, BrokenFrames brokenFrames) {
            this.next = next;
            this.brokenFrames = brokenFrames;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event)
                throws IOException {
            if (!(event instanceof ProtocolNegotiationEvent negotiation)) {
                context.fireUserEventTriggered(event);
                return;
            }
            PeerCredentials other =
                    ((EpollDomainSocketChannel) context.channel()).peerCredentials();
            Attributes attributes =
                    InternalProtocolNegotiationEvent.getAttributes(negotiation).toBuilder()
                            .set(ATTRIBUTE, new Peer(other.uid(), other.pid()))
                            .build();
            context.pipeline().addFirst(brokenFrames);
            context.pipeline().addAfter(context.name(), null, next);
            context.fireUserEventTriggered(
                    InternalProtocolNegotiationEvent.withAttributes(negotiation, attributes));
            context.pipeline().remove(this);
        }
    }

    /** Puts the peer where {@link #peer} finds it. */
    static final class Interceptor implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            Context context =
                    Context.current().withValue(CONTEXT, call.getAttributes().get(ATTRIBUTE));
            return Contexts.interceptCall(context, call, headers, next);
        }
    }
}
