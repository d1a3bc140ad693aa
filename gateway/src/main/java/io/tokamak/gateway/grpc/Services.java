package io.tokamak.gateway.grpc;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import java.util.List;
import java.util.function.Function;

/** Makes services of methods whose requests are read by the calls themselves. */
final class Services {
    private Services() {}

    /** A method with one answer. */
    static <Q extends Message, A extends Message> ServerMethodDefinition<?, ?> unary(
            MethodDescriptor<Q, A> method, Parser<Q> parser, Unary.Work<Q, A> work) {
        return method(
                method, method.getResponseMarshaller(), call -> new Unary<>(call, parser, work));
    }

    /** A method whose answers are encoded by hand. */
    static ServerMethodDefinition<?, ?> framed(
            MethodDescriptor<?, ?> method,
            Function<ServerCall<Received, Frame>, ServerCall.Listener<Received>> begin) {
        return method(method, Frame.MARSHALLER, begin);
    }

    static <A> ServerMethodDefinition<?, ?> method(
            MethodDescriptor<?, ?> method,
            MethodDescriptor.Marshaller<A> answers,
            Function<ServerCall<Received, A>, ServerCall.Listener<Received>> begin) {
        return ServerMethodDefinition.create(
                method.toBuilder(Received.MARSHALLER, answers).build(),
                (call, _) -> begin.apply(call));
    }

    /**
     * A service of these methods.
     *
     * @param descriptor as generated: reflection tells from it
     */
    static BindableService service(
            ServiceDescriptor descriptor, List<ServerMethodDefinition<?, ?>> methods) {
        ServiceDescriptor.Builder ours =
                ServiceDescriptor.newBuilder(descriptor.getName())
                        .setSchemaDescriptor(descriptor.getSchemaDescriptor());
        methods.forEach(method -> ours.addMethod(method.getMethodDescriptor()));
        ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(ours.build());
        methods.forEach(service::addMethod);
        ServerServiceDefinition definition = service.build();
        return () -> definition;
    }
}
