# Images of the node, of the gateway and of two callers. `docker compose build` makes them; nothing but Maven's repository is fetched.

FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /build
COPY pom.xml ./
COPY .mvn .mvn
COPY proto proto
COPY shared-lib shared-lib
COPY values values
COPY store-service store-service
COPY gateway gateway
COPY cli cli
COPY spring-boot-starter spring-boot-starter
COPY examples examples
COPY verification verification
COPY benchmarks benchmarks
RUN mvn -B -q -DskipTests -Dspotless.check.skip=true -pl store-service,gateway,examples -am package \
 && mkdir -p /app/node /app/gateway \
 && cp -r store-service/target/lib /app/node/lib && cp store-service/target/tokamak-store-service-*.jar /app/node/node.jar \
 && cp -r gateway/target/lib /app/gateway/lib && cp gateway/target/tokamak-gateway-*.jar /app/gateway/gateway.jar

FROM eclipse-temurin:25-jre AS node
COPY --from=build /app/node /app
# Not root: the folder's groups say who else may read and write (docs/ARCHITECTURE.md, Trust).
USER 10001:10001
ENV JAVA_TOOL_OPTIONS="-XX:+UseCompactObjectHeaders -XX:+ExitOnOutOfMemoryError --sun-misc-unsafe-memory-access=allow"
EXPOSE 8081
ENTRYPOINT ["java", "-Xmx384m", "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2", "-Dspring.aot.enabled=true", "-jar", "/app/node.jar"]

FROM eclipse-temurin:25-jre AS gateway
COPY --from=build /app/gateway /app
COPY config/put-and-get /app/put-and-get
USER 10002:10002
ENV JAVA_TOOL_OPTIONS="-XX:+UseCompactObjectHeaders -XX:+ExitOnOutOfMemoryError --sun-misc-unsafe-memory-access=allow"
EXPOSE 8080 9090
ENTRYPOINT ["java", "-Xmx256m", "-Dspring.aot.enabled=true", "-jar", "/app/gateway.jar"]

# A Java client that maps.
FROM eclipse-temurin:25-jre AS mapper
COPY --from=build /build/examples/target/lib /app/lib
COPY --from=build /build/examples/target/tokamak-examples-*.jar /app/mapper.jar
USER 10003:10003
ENV JAVA_TOOL_OPTIONS="-XX:+UseCompactObjectHeaders -XX:+ExitOnOutOfMemoryError --sun-misc-unsafe-memory-access=allow"
ENTRYPOINT ["java", "-Xmx64m", "-jar", "/app/mapper.jar", "/tmp/went-well"]

# A shell script that streams with curl.
FROM eclipse-temurin:25-jre AS streamer
COPY examples/streamer /app/streamer
USER 10004:10004
ENTRYPOINT ["/app/streamer"]
