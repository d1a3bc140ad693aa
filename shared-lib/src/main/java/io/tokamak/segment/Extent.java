package io.tokamak.segment;

/**
 * A part of the pool that a lane may write.
 *
 * @param lane number of the lane in the session
 * @param number of the extent in the lane, from 1 on
 * @param start pool offset, bytes
 * @param length bytes
 */
public record Extent(int lane, long number, long start, long length) {
    long end() {
        return start + length;
    }
}
