package io.tokamak.gateway.openapi;

import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.oas.models.Paths;
import io.swagger.v3.oas.models.examples.Example;
import io.swagger.v3.oas.models.headers.Header;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.info.License;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.parameters.Parameter;
import io.swagger.v3.oas.models.parameters.RequestBody;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.responses.ApiResponses;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import io.swagger.v3.oas.models.servers.Server;
import io.tokamak.gateway.objects.Call;
import io.tokamak.gateway.objects.Content;
import io.tokamak.gateway.objects.PathVariable;
import io.tokamak.gateway.objects.Problem;
import io.tokamak.gateway.objects.Problems;
import io.tokamak.gateway.objects.QueryParameter;
import io.tokamak.gateway.objects.RequestHeader;
import io.tokamak.gateway.objects.ResponseHeader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Writes the table of calls into a document of OpenAPI 3.1. */
final class TableDocument {
    private static final String BEARER = "bearer";
    private static final String PROBLEM_JSON = "application/problem+json";

    private final OpenAPI document;
    private final String version;

    TableDocument(OpenAPI document, String version) {
        this.document = document;
        this.version = version;
    }

    void fill() {
        document.setOpenapi("3.1.0");
        document.setInfo(
                new Info()
                        .title("Tokamak")
                        .version(version)
                        .description(
                                "Immutable objects in shared memory, over HTTP. What fails is"
                                    + " answered with application/problem+json, which has a stable"
                                    + " code, the numbers, and what to do. A parameter that is not"
                                    + " listed here is refused by its name.")
                        .license(
                                new License()
                                        .name("Apache License, Version 2.0")
                                        .identifier("Apache-2.0")));
        document.setServers(List.of(new Server().url("/").description("this gateway")));
        document.setComponents(
                new Components()
                        .schemas(Schemas.all())
                        .addSecuritySchemes(
                                BEARER,
                                new SecurityScheme()
                                        .type(SecurityScheme.Type.HTTP)
                                        .scheme(BEARER)
                                        .description("one of tokamak.security.tokens, if any")));
        // Without configured tokens everybody on the gateway's host may call.
        document.setSecurity(
                List.of(new SecurityRequirement(), new SecurityRequirement().addList(BEARER)));
        Paths paths = new Paths();
        for (Call call : Call.values()) {
            PathItem path = paths.computeIfAbsent(call.path(), _ -> new PathItem());
            path.operation(PathItem.HttpMethod.valueOf(call.method().name()), operation(call));
        }
        document.setPaths(paths);
    }

    private static Operation operation(Call call) {
        Operation operation =
                new Operation()
                        .operationId(id(call))
                        .tags(List.of(tag(call)))
                        .summary(call.summary())
                        .responses(responses(call));
        if (!call.description().isEmpty()) {
            operation.description(call.description());
        }
        call.variables().forEach(variable -> operation.addParametersItem(parameter(variable)));
        call.query().forEach(parameter -> operation.addParametersItem(parameter(parameter)));
        call.headers().forEach(header -> operation.addParametersItem(parameter(header)));
        if (call.body() != Content.NOTHING) {
            operation.requestBody(
                    new RequestBody()
                            .required(call.body() != Content.RENEWAL)
                            .content(body(call.body())));
        }
        return operation;
    }

    /** {@code PUT_NAMED} is {@code putNamed}. */
    private static String id(Call call) {
        StringBuilder id = new StringBuilder();
        for (String word : call.name().split("_", -1)) {
            String lower = word.toLowerCase(java.util.Locale.ROOT);
            id.append(
                    id.isEmpty()
                            ? lower
                            : Character.toUpperCase(lower.charAt(0)) + lower.substring(1));
        }
        return id.toString();
    }

    private static String tag(Call call) {
        String path = call.path();
        if (path.contains("mapping")) {
            return "mappings";
        }
        return path.startsWith("/v1/nodes")
                ? "nodes"
                : path.endsWith("/events") ? "events" : "objects";
    }

    // ---- what is asked

    private static Parameter parameter(PathVariable variable) {
        return new Parameter()
                .in("path")
                .name(variable.text())
                .required(true)
                .description(variable.rule())
                .schema(Schemas.of(variable))
                .example(variable.example());
    }

    private static Parameter parameter(QueryParameter parameter) {
        Parameter documented =
                new Parameter()
                        .in("query")
                        .name(parameter.text())
                        .required(false)
                        .description(parameter.does())
                        .schema(Schemas.of(parameter));
        return parameter.example().isEmpty()
                ? documented
                : documented.example(Schemas.example(parameter));
    }

    private static Parameter parameter(RequestHeader header) {
        return new Parameter()
                .in("header")
                .name(header.text())
                .required(false)
                .description(header.does())
                .schema(Schemas.string())
                .example(header.example());
    }

    private static io.swagger.v3.oas.models.media.Content body(Content content) {
        io.swagger.v3.oas.models.media.Content documented =
                new io.swagger.v3.oas.models.media.Content();
        documented.addMediaType(content.mediaType(), Schemas.mediaType(content));
        // Pages that try calls offer a file for this one alone.
        return content == Content.BYTES
                ? documented.addMediaType("application/octet-stream", Schemas.upload())
                : documented;
    }

    // ---- what is answered

    private static ApiResponses responses(Call call) {
        SequencedMap<Integer, ApiResponse> byStatus = new TreeMap<>();
        for (Call.Reply reply : call.replies()) {
            ApiResponse response =
                    byStatus.computeIfAbsent(
                            reply.status(), _ -> new ApiResponse().description(""));
            add(response, reply.says());
            reply.headers().forEach(header -> response.addHeaderObject(header.text(), of(header)));
            if (reply.content() != Content.NOTHING) {
                content(response)
                        .addMediaType(
                                reply.content().mediaType(), Schemas.mediaType(reply.content()));
            }
        }
        byStatus.values().forEach(TableDocument::allowObjectsOfJson);
        Map<Integer, List<Problem>> problems =
                call.problems().stream()
                        .collect(
                                Collectors.groupingBy(
                                        problem -> problem.status().value(),
                                        TreeMap::new,
                                        Collectors.toList()));
        problems.forEach((status, some) -> byStatus.put(status, refusal(some, call)));
        ApiResponses responses = new ApiResponses();
        byStatus.forEach(
                (status, response) -> responses.addApiResponse(Integer.toString(status), response));
        return responses;
    }

    /** Objects may be of any media type, that of descriptions included. */
    private static void allowObjectsOfJson(ApiResponse response) {
        io.swagger.v3.oas.models.media.Content content = response.getContent();
        if (content != null && content.containsKey(Content.BYTES.mediaType())) {
            MediaType described = content.get(Content.DESCRIPTION.mediaType());
            if (described != null) {
                described.schema(Schemas.orAnything(described.getSchema()));
            }
        }
    }

    private static void add(ApiResponse response, String says) {
        String before = response.getDescription();
        response.description(before.isEmpty() ? says : before + "; or " + says);
    }

    private static io.swagger.v3.oas.models.media.Content content(ApiResponse response) {
        io.swagger.v3.oas.models.media.Content content = response.getContent();
        if (content == null) {
            content = new io.swagger.v3.oas.models.media.Content();
            response.setContent(content);
        }
        return content;
    }

    /** Of one status: with which codes, and an example of each. */
    private static ApiResponse refusal(List<Problem> problems, Call call) {
        List<String> codes = problems.stream().map(Problem::code).distinct().toList();
        ApiResponse response = new ApiResponse().description(String.join(", ", codes));
        MediaType type = new MediaType().schema(Schemas.problem(problems));
        Map<String, String> headers = new LinkedHashMap<>();
        for (Problem problem : problems) {
            Problems.Answer example = problem.example();
            type.addExamples(
                    problem.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-'),
                    new Example().summary(title(example)).value(example.body()));
            headers.putAll(example.headers());
        }
        if (!call.method().equals(org.springframework.http.HttpMethod.HEAD)) {
            content(response).addMediaType(PROBLEM_JSON, type);
        }
        headers.remove("Connection"); // of the connection, not of the answer
        for (ResponseHeader known : ResponseHeader.values()) {
            if (headers.remove(known.text()) != null) {
                response.addHeaderObject(known.text(), of(known));
            }
        }
        if (!headers.isEmpty()) {
            throw new IllegalStateException(headers + " are no response headers of the table");
        }
        return response;
    }

    private static String title(Problems.Answer answer) {
        return String.valueOf(answer.body().get("title"));
    }

    private static Header of(ResponseHeader header) {
        Schema<?> schema = Schemas.of(header);
        return new Header()
                .description(header.says())
                .schema(schema)
                .example(
                        header == ResponseHeader.RETRY_AFTER
                                ? (Object) Integer.valueOf(header.example())
                                : header.example());
    }
}
