package io.tokamak.values.arrow;

import java.util.Map;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.dictionary.Dictionary;
import org.apache.arrow.vector.dictionary.DictionaryProvider;

/**
 * A table of which some columns are indices into dictionaries, with these. One that was got lies in
 * its object, read-only, for any thread, until closed.
 *
 * @param root the columns, indices where a field has a {@link
 *     org.apache.arrow.vector.types.pojo.DictionaryEncoding}; what they say is in {@link
 *     org.apache.arrow.vector.dictionary.DictionaryEncoder#decode}
 * @param dictionaries by the ids that the fields name
 */
public record DictionaryTable(VectorSchemaRoot root, Map<Long, Dictionary> dictionaries)
        implements AutoCloseable {
    public DictionaryTable {
        dictionaries = Map.copyOf(dictionaries);
    }

    /**
     * The dictionary of a column.
     *
     * @throws IllegalArgumentException when there is no such column, or it has none
     */
    public Dictionary dictionary(String column) {
        var encoding = root.getSchema().findField(column).getDictionary();
        Dictionary found = encoding == null ? null : dictionaries.get(encoding.getId());
        if (found == null) {
            throw new IllegalArgumentException("column " + column + " has no dictionary");
        }
        return found;
    }

    DictionaryProvider provider() {
        return new DictionaryProvider.MapDictionaryProvider(
                dictionaries.values().toArray(Dictionary[]::new));
    }

    /** Releases columns and dictionaries. Idempotent. */
    @Override
    public void close() {
        root.close();
        dictionaries.values().forEach(dictionary -> dictionary.getVector().close());
    }
}
