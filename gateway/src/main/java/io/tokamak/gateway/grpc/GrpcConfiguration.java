package io.tokamak.gateway.grpc;

import io.grpc.BindableService;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.tokamak.gateway.events.Events;
import io.tokamak.gateway.mapping.CoLocation;
import io.tokamak.gateway.node.GatewayProperties;
import io.tokamak.gateway.node.NodeConnection;
import io.tokamak.gateway.node.UploadSlots;
import io.tokamak.proto.v1.DeleteRequest;
import io.tokamak.proto.v1.GetNodeRequest;
import io.tokamak.proto.v1.HeadRequest;
import io.tokamak.proto.v1.ListNodesRequest;
import io.tokamak.proto.v1.NodesGrpc;
import io.tokamak.proto.v1.ObjectStoreGrpc;
import io.tokamak.proto.v1.WaitRequest;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.springframework.boot.grpc.server.autoconfigure.GrpcServerExecutorProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.grpc.server.ServerBuilderCustomizer;

@Configuration(proxyBeanMethods = false)
class GrpcConfiguration {
    /** Waits and mappings last; whoever needs more of them opens another connection. */
    private static final int CALLS_PER_CONNECTION_MAX = 1000;

    /** As over REST: the kernel keeps no more for a caller that reads slowly. */
    private static final long UNSENT_BYTES_MAX = 256 << 10;

    /** For what is done before a call has its {@link Steps}: it does not wait. */
    @Bean
    GrpcServerExecutorProvider grpcExecutor() {
        return () -> Runnable::run;
    }

    @Bean
    ServerBuilderCustomizer<NettyServerBuilder> grpcLimits() {
        return server -> {
            server.maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION_MAX)
                    .addTransportFilter(ListCall.OF_EACH_CONNECTION)
                    .callExecutor(Steps.OF_EACH_CALL);
            if (Epoll.isAvailable()) {
                server.withChildOption(EpollChannelOption.TCP_NOTSENT_LOWAT, UNSENT_BYTES_MAX);
            }
        };
    }

    @Bean(destroyMethod = "shutdownNow")
    ScheduledExecutorService uploadAlarms() {
        var alarms =
                new ScheduledThreadPoolExecutor(
                        1, Thread.ofPlatform().name("upload-alarms").daemon().factory());
        alarms.setRemoveOnCancelPolicy(true); // most puts end long before theirs
        return alarms;
    }

    @Bean
    BindableService objectStore(
            Catalog catalog,
            NodeConnection connection,
            UploadSlots slots,
            CoLocation coLocation,
            Lasting lasting,
            Events events,
            GatewayProperties properties,
            ScheduledExecutorService uploadAlarms) {
        return Services.service(
                ObjectStoreGrpc.getServiceDescriptor(),
                List.of(
                        Services.method(
                                ObjectStoreGrpc.getPutMethod(),
                                ObjectStoreGrpc.getPutMethod().getResponseMarshaller(),
                                call ->
                                        new PutCall(
                                                call,
                                                connection,
                                                slots,
                                                properties.uploadTimeout(),
                                                properties.uploadTimeTotal(),
                                                uploadAlarms)),
                        Services.framed(
                                ObjectStoreGrpc.getGetMethod(),
                                call -> new GetCall(call, connection)),
                        Services.framed(
                                ObjectStoreGrpc.getBatchGetMethod(),
                                call -> new BatchGetCall(call, connection)),
                        Services.method(
                                ObjectStoreGrpc.getMapMethod(),
                                ObjectStoreGrpc.getMapMethod().getResponseMarshaller(),
                                call -> new MapCall(call, connection, coLocation, lasting)),
                        Services.method(
                                ObjectStoreGrpc.getWatchMethod(),
                                ObjectStoreGrpc.getWatchMethod().getResponseMarshaller(),
                                call -> new WatchCall(call, events)),
                        Services.unary(
                                ObjectStoreGrpc.getHeadMethod(),
                                HeadRequest.parser(),
                                catalog::head),
                        Services.unary(
                                ObjectStoreGrpc.getDeleteMethod(),
                                DeleteRequest.parser(),
                                catalog::delete),
                        Services.method(
                                ObjectStoreGrpc.getListMethod(),
                                ObjectStoreGrpc.getListMethod().getResponseMarshaller(),
                                call -> new ListCall(call, catalog::list)),
                        Services.unary(
                                ObjectStoreGrpc.getWaitMethod(),
                                WaitRequest.parser(),
                                catalog::await)));
    }

    @Bean
    BindableService nodes(Catalog catalog) {
        return Services.service(
                NodesGrpc.getServiceDescriptor(),
                List.of(
                        Services.unary(
                                NodesGrpc.getListNodesMethod(),
                                ListNodesRequest.parser(),
                                catalog::listNodes),
                        Services.unary(
                                NodesGrpc.getGetNodeMethod(),
                                GetNodeRequest.parser(),
                                catalog::getNode)));
    }
}
