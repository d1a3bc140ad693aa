package io.tokamak.objects;

/** The rules that namespaces, keys and group names share. */
final class NameRules {
    private NameRules() {}

    static void checkNamespace(String namespace) {
        int length = namespace.length();
        if (length < 1 || length > ObjectName.NAMESPACE_BYTES_MAX) {
            int bytes = Utf8.length(namespace);
            throw badLength(
                    "namespace",
                    bytes == Utf8.UNPAIRED_SURROGATE ? length : bytes,
                    ObjectName.NAMESPACE_BYTES_MAX);
        }
        for (int i = 0; i < length; i++) {
            char c = namespace.charAt(i);
            boolean alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
            if (!alphanumeric && (i == 0 || (c != '.' && c != '_' && c != '-'))) {
                throw new InvalidRequest(
                        InvalidRequest.BAD_NAME,
                        "bad namespace "
                                + Quoted.of(namespace)
                                + ": "
                                + Quoted.of(c)
                                + " at index "
                                + i,
                        "use a-z 0-9 . _ - and begin with a letter or digit",
                        Numbers.of("index", i));
            }
        }
    }

    /**
     * @param what the word for the text in the message
     */
    static void checkKey(String what, String key, int bytesMax) {
        int bytes = Utf8.length(key);
        if (bytes == Utf8.UNPAIRED_SURROGATE) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_NAME,
                    "bad "
                            + what
                            + " "
                            + Quoted.of(key)
                            + ": an unpaired surrogate has no UTF-8 form",
                    "send well-formed UTF-8",
                    Numbers.none());
        }
        if (bytes < 1 || bytes > bytesMax) {
            throw badLength(what, bytes, bytesMax);
        }
        int control = Utf8.indexOfControl(key);
        if (control >= 0) {
            throw new InvalidRequest(
                    InvalidRequest.BAD_NAME,
                    "bad "
                            + what
                            + " "
                            + Quoted.of(key)
                            + ": control character "
                            + Quoted.of(key.charAt(control))
                            + " at index "
                            + control,
                    "leave out NUL and other control characters",
                    Numbers.of("index", control));
        }
    }

    static InvalidRequest ambiguous(String key) {
        return new InvalidRequest(
                InvalidRequest.BAD_NAME,
                "bad name " + Quoted.of(key) + ": 32 hex digits are an object id",
                "write " + ObjectName.DEFAULT_NAMESPACE + "/" + key + " for the key of that name",
                Numbers.none());
    }

    private static InvalidRequest badLength(String what, int bytes, int bytesMax) {
        return new InvalidRequest(
                InvalidRequest.BAD_NAME,
                "bad " + what + ": " + bytes + " bytes, must be 1 to " + bytesMax,
                (bytes < 1 ? "give the " : "shorten the ") + what,
                Numbers.of("limit", bytesMax, "actual", bytes));
    }
}
