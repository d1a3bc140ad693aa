package io.tokamak.gateway.objects;

import io.tokamak.gateway.node.Target;
import io.tokamak.objects.Group;
import io.tokamak.objects.InvalidRequest;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectName;
import java.util.List;

/**
 * What a path says where its template is open. Decoded here, once.
 *
 * @param raw one for each variable
 */
public record PathValues(List<PathVariable> variables, List<String> raw) {
    static final PathValues NONE = new PathValues(List.of(), List.of());

    /**
     * The object, by its id or its name.
     *
     * @throws InvalidRequest {@code bad-id} or {@code bad-name}
     */
    public Target target() {
        return variables.contains(PathVariable.ID) ? new Target(id(), null) : Target.of(name());
    }

    private ObjectId id() {
        return ObjectId.parse(decode(PathVariable.ID, InvalidRequest.BAD_ID, ObjectId.TEXT_LENGTH));
    }

    /**
     * @throws InvalidRequest {@code bad-name}
     */
    public ObjectName name() {
        return new ObjectName(namespace(), part(PathVariable.KEY, ObjectName.KEY_BYTES_MAX));
    }

    /**
     * @throws InvalidRequest {@code bad-name}
     */
    Group group() {
        return new Group(namespace(), part(PathVariable.GROUP, Group.NAME_BYTES_MAX));
    }

    private String namespace() {
        return part(PathVariable.NAMESPACE, ObjectName.NAMESPACE_BYTES_MAX);
    }

    /**
     * @throws InvalidRequest {@code bad-name}
     */
    String node() {
        return part(PathVariable.NODE, ObjectName.KEY_BYTES_MAX);
    }

    /** As it was given: it has no character that would be encoded. */
    public String mapping() {
        return text(PathVariable.MAPPING);
    }

    private String part(PathVariable variable, int bytesMax) {
        return decode(variable, InvalidRequest.BAD_NAME, bytesMax);
    }

    private String decode(PathVariable variable, String code, int bytesMax) {
        return Percent.decode(text(variable), code, bytesMax);
    }

    private String text(PathVariable variable) {
        int index = variables.indexOf(variable);
        if (index < 0) {
            throw new IllegalStateException("the path has no " + variable.text());
        }
        return raw.get(index);
    }
}
