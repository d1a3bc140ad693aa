package io.tokamak.benchmarks;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/**
 * The least that an HTTP server of this kind can do: GET copies a mapping on tmpfs into the socket,
 * PUT copies what comes into it.
 */
final class BareServerTask implements Task {
    private static final int CHUNK_BYTES = 256 << 10;

    @Override
    public Map<String, Double> run(Arguments arguments) throws Exception {
        long size = arguments.number("size");
        Path scratch = Path.of(arguments.text("scratch"));
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
        try (Arena arena = Arena.ofShared();
                FileChannel file =
                        FileChannel.open(
                                scratch,
                                StandardOpenOption.CREATE,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE)) {
            MemorySegment memory = file.map(FileChannel.MapMode.READ_WRITE, 0, size, arena);
            Payloads.fill(memory, 3);
            Channel listening =
                    new ServerBootstrap()
                            .group(group)
                            .channel(EpollServerSocketChannel.class)
                            .childHandler(
                                    new ChannelInitializer<>() {
                                        @Override
                                        protected void initChannel(Channel channel) {
                                            channel.pipeline()
                                                    .addLast(new HttpServerCodec(4096, 8192, 65536))
                                                    .addLast(new Handler(memory));
                                        }
                                    })
                            .bind("127.0.0.1", arguments.count("port"))
                            .sync()
                            .channel();
            arguments.awaitGo();
            listening.close().sync();
            group.shutdownGracefully().sync();
        } finally {
            Files.deleteIfExists(scratch);
        }
        return Map.of();
    }

    private static final class Handler extends SimpleChannelInboundHandler<HttpObject> {
        private final MemorySegment memory;
        private boolean receiving;
        private long at;

        private Handler(MemorySegment memory) {
            this.memory = memory;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
            if (message instanceof HttpRequest request) {
                at = 0;
                receiving = !request.method().equals(HttpMethod.GET);
                if (!receiving) {
                    HttpResponse head =
                            new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
                    head.headers().set(HttpHeaderNames.CONTENT_LENGTH, memory.byteSize());
                    var _ = context.write(head, context.voidPromise());
                    send(context);
                }
            }
            if (receiving && message instanceof HttpContent content) {
                ByteBuf bytes = content.content();
                int length = bytes.readableBytes();
                MemorySegment.copy(
                        MemorySegment.ofBuffer(bytes.nioBuffer()), 0, memory, at, length);
                at += length;
                if (message instanceof LastHttpContent) {
                    DefaultFullHttpResponse answer =
                            new DefaultFullHttpResponse(
                                    HttpVersion.HTTP_1_1, HttpResponseStatus.CREATED);
                    answer.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
                    var _ = context.writeAndFlush(answer, context.voidPromise());
                }
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (!receiving && at > 0) {
                send(context);
            }
        }

        private void send(ChannelHandlerContext context) {
            while (at < memory.byteSize() && context.channel().isWritable()) {
                int length = (int) Math.min(CHUNK_BYTES, memory.byteSize() - at);
                ByteBuf bytes = context.alloc().directBuffer(length);
                bytes.writeBytes(memory.asSlice(at, length).asByteBuffer());
                at += length;
                var _ =
                        context.writeAndFlush(
                                at < memory.byteSize()
                                        ? new DefaultHttpContent(bytes)
                                        : new DefaultLastHttpContent(bytes),
                                context.voidPromise());
            }
        }
    }
}
