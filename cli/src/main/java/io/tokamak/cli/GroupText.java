package io.tokamak.cli;

import io.tokamak.objects.Group;
import io.tokamak.objects.ObjectName;
import org.jspecify.annotations.Nullable;

/** Groups as they are given on the command line: {@code [NAMESPACE/]GROUP}. */
final class GroupText {
    private GroupText() {}

    /**
     * @param name of the object that is to be in the group; without a slash its namespace is the
     *     group's
     */
    static Group parse(String text, @Nullable ObjectName name) {
        int slash = text.indexOf('/');
        if (slash >= 0) {
            return new Group(text.substring(0, slash), text.substring(slash + 1));
        }
        return new Group(name == null ? ObjectName.DEFAULT_NAMESPACE : name.namespace(), text);
    }
}
