package io.tokamak.node.local;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/**
 * Sees when a connection ends because its client broke HTTP/2, noise included: it is told so by a
 * GOAWAY with an error (RFC 9113, section 6.8), which leaves by here. Netty tells nobody else.
 */
@Sharable
final class BrokenFrames extends ChannelOutboundHandlerAdapter {
    private static final int HEADER_BYTES = 9;
    private static final int TYPE_OFFSET = 3;
    private static final int GOAWAY = 7;

    /** Last stream and error code; what else it says comes in a buffer of its own. */
    private static final int BODY_BYTES = 8;

    private static final int ERROR_OFFSET = HEADER_BYTES + Integer.BYTES;

    private final Runnable broken;

    BrokenFrames(Runnable broken) {
        this.broken = broken;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes && isGoAwayWithError(bytes)) {
            broken.run();
        }
        var _ = context.write(message, promise);
    }

    private static boolean isGoAwayWithError(ByteBuf bytes) {
        int at = bytes.readerIndex();
        return bytes.readableBytes() == HEADER_BYTES + BODY_BYTES
                && bytes.getByte(at + TYPE_OFFSET) == GOAWAY
                && bytes.getUnsignedMedium(at) >= BODY_BYTES
                && bytes.getInt(at + ERROR_OFFSET) != 0;
    }
}
