package io.tokamak.values;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where in the node's pool an address of this process lies. */
final class PoolMapping {
    private PoolMapping() {}

    /** Bytes from the beginning of the file; -1: the address is in no mapping of a pool. */
    static long offset(long address) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            String[] words = line.split(" +", 6);
            String[] bounds = words[0].split("-", 2);
            long begin = Long.parseUnsignedLong(bounds[0], 16);
            long end = Long.parseUnsignedLong(bounds[1], 16);
            if (begin <= address && address < end && words[words.length - 1].endsWith("/pool")) {
                return Long.parseLong(words[2], 16) + address - begin;
            }
        }
        return -1;
    }
}
