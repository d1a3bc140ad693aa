package io.tokamak.cli;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The head of an {@code .npy} file as NumPy writes it: format 1.0, padded so that the data begin at
 * a multiple of 64.
 */
final class NpyHeader {
    private static final int ALIGNMENT = 64;
    private static final int PREFIX_BYTES = 10;

    /** NumPy leaves room for a first dimension of so many digits, so that it can grow in place. */
    private static final int DIGITS_MAX = 21;

    private NpyHeader() {}

    /** Of a vector of little-endian float64. */
    static byte[] float64(long count) {
        String shape = Long.toString(count);
        String fields = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + shape + ",), }";
        int unpadded = PREFIX_BYTES + fields.length() + DIGITS_MAX - shape.length() + 1;
        int length = (unpadded + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        byte[] header = new byte[length];
        Arrays.fill(header, (byte) ' ');
        header[0] = (byte) 0x93;
        byte[] magic = "NUMPY".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(magic, 0, header, 1, magic.length);
        header[6] = 1;
        header[7] = 0;
        header[8] = (byte) (length - PREFIX_BYTES);
        header[9] = (byte) ((length - PREFIX_BYTES) >>> 8);
        byte[] text = fields.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, header, PREFIX_BYTES, text.length);
        header[length - 1] = '\n';
        return header;
    }
}
