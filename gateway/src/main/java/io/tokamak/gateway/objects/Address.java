package io.tokamak.gateway.objects;

import io.tokamak.gateway.node.Target;
import io.tokamak.objects.Group;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import org.jspecify.annotations.Nullable;

/** What a path names. Read from the raw path: no dot segment is removed, nothing decoded before. */
public sealed interface Address {
    record ById(ObjectId id) implements Address {}

    record ByName(ObjectName name) implements Address {}

    /** A group of objects. */
    record OfGroup(Group group) implements Address {}

    /** All objects. */
    record Objects() implements Address {}

    /** Where waits are posted. */
    record Waits() implements Address {}

    /** What happens. */
    record EventStream() implements Address {}

    record Nodes() implements Address {}

    /**
     * A node.
     *
     * @param id "local" is the one on this host
     */
    record Node(String id) implements Address {}

    /** Nothing of ours. */
    record Nowhere() implements Address {}

    String ROOT = "/v1/";

    /**
     * Reads a path.
     *
     * @throws InvalidRequest {@code bad-id} or {@code bad-name}
     */
    static Address of(String rawPath) {
        if (!rawPath.startsWith(ROOT)) {
            return new Nowhere();
        }
        String path = rawPath.substring(ROOT.length());
        if (path.startsWith("namespaces/")) {
            return inNamespace(path.substring("namespaces/".length()));
        }
        return switch (path) {
            case "objects" -> new Objects();
            case "objects:wait" -> new Waits();
            case "events" -> new EventStream();
            case "nodes" -> new Nodes();
            default -> single(path);
        };
    }

    /**
     * The object at a path; null: there is none.
     *
     * @throws InvalidRequest {@code bad-id} or {@code bad-name}
     */
    static @Nullable Target target(String rawPath) {
        return switch (of(rawPath)) {
            case ById(ObjectId id) -> new Target(id, null);
            case ByName(ObjectName name) -> Target.of(name);
            default -> null;
        };
    }

    private static Address single(String path) {
        int slash = path.indexOf('/');
        if (slash < 0 || slash == path.length() - 1 || path.indexOf('/', slash + 1) >= 0) {
            return new Nowhere();
        }
        String last = path.substring(slash + 1);
        return switch (path.substring(0, slash)) {
            case "objects" ->
                    new ById(
                            ObjectId.parse(
                                    Percent.decode(
                                            last, InvalidRequest.BAD_ID, ObjectId.TEXT_LENGTH)));
            case "nodes" ->
                    last.indexOf(':') >= 0
                            ? new Nowhere()
                            : new Node(
                                    Percent.decode(
                                            last,
                                            InvalidRequest.BAD_NAME,
                                            ObjectName.KEY_BYTES_MAX));
            default -> new Nowhere();
        };
    }

    /**
     * @param path {@code {ns}/objects/{key}} or {@code {ns}/groups/{group}}
     */
    private static Address inNamespace(String path) {
        int slash = path.indexOf('/');
        String rest = slash < 0 ? "" : path.substring(slash + 1);
        if (rest.startsWith("objects/")) {
            return new ByName(
                    new ObjectName(
                            namespace(path, slash),
                            Percent.decode(
                                    rest.substring("objects/".length()),
                                    InvalidRequest.BAD_NAME,
                                    ObjectName.KEY_BYTES_MAX)));
        }
        if (rest.startsWith("groups/")) {
            return new OfGroup(
                    new Group(
                            namespace(path, slash),
                            Percent.decode(
                                    rest.substring("groups/".length()),
                                    InvalidRequest.BAD_NAME,
                                    Group.NAME_BYTES_MAX)));
        }
        return new Nowhere();
    }

    private static String namespace(String path, int slash) {
        return Percent.decode(
                path.substring(0, slash), InvalidRequest.BAD_NAME, ObjectName.NAMESPACE_BYTES_MAX);
    }

    /** The path of an object, as {@code Location} has it. */
    static String pathOf(ObjectId id, @org.jspecify.annotations.Nullable ObjectName name) {
        return name == null
                ? ROOT + "objects/" + id
                : ROOT
                        + "namespaces/"
                        + name.namespace()
                        + "/objects/"
                        + Percent.encodeKey(name.key());
    }
}
