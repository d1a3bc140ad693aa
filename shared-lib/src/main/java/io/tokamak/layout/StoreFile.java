package io.tokamak.layout;

/**
 * The file {@code store}: what a store is, and the few words that every client looks at. One page,
 * written by the node alone, mapped read-only by clients.
 *
 * <pre>
 *    0  layout        u64       {@link #LAYOUT}, written last: a store without it was never finished
 *    8  storeId       16 bytes  random, new for each folder's contents
 *   24  storeNumber   u32       claimed once per folder, never reused
 *   32  bootId        16 bytes  of the host: another one means that tmpfs lost what the files say
 *   48  hashSeed      u64
 *   56  poolLength    u64       bytes, whole file
 *   64  bucketLimit   u64       primary buckets that the index file has room for
 *   72  overflowLimit u64       overflow buckets that the index file has room for
 *   80  createdAt     u64       milliseconds since the epoch
 *   88  nextSession   u32       written before a session is offered
 *   96  incarnationCeiling u64  every incarnation handed out so far is below
 *  128  levelSplit    u64       bits 56-63 level, 40-55 moves, 0-39 split             R4
 *  136  overflowUsed  u64       overflow buckets that were ever handed out (allocated)
 *  192  retired       u32       1: leave, and attach to the folder's new store
 *  200  now           u64       milliseconds since the epoch, at most 50 ms old while the node lives
 *  256  wanted        u32       1: whoever commits rings the pool's doorbell           R5
 *  260  barriers      u32       1: the node has every thread of the host pass a fence before it gives
 *                               bytes away: a pin needs none of its own              R2
 *  320  nodePid       u32
 *  324  touched       u32       1: a node has touched every page of the pool
 *  328  nodeStartedAt u64       milliseconds since the epoch
 * </pre>
 */
public final class StoreFile {
    public static final String NAME = "store";
    public static final long LENGTH = 4096;

    /** "TOKAMAK" and the layout's version. */
    public static final long LAYOUT = 0x01_4B41_4D41_4B4F_54L;

    public static final long LAYOUT_OFFSET = 0;
    public static final long STORE_ID_OFFSET = 8;
    public static final long STORE_NUMBER_OFFSET = 24;
    public static final long BOOT_ID_OFFSET = 32;
    public static final long HASH_SEED_OFFSET = 48;
    public static final long POOL_LENGTH_OFFSET = 56;
    public static final long BUCKET_LIMIT_OFFSET = 64;
    public static final long OVERFLOW_LIMIT_OFFSET = 72;
    public static final long CREATED_AT_OFFSET = 80;
    public static final long NEXT_SESSION_OFFSET = 88;
    public static final long INCARNATION_CEILING_OFFSET = 96;
    public static final long LEVEL_SPLIT_OFFSET = 128;
    public static final long OVERFLOW_USED_OFFSET = 136;
    public static final long RETIRED_OFFSET = 192;
    public static final long NOW_OFFSET = 200;
    public static final long WANTED_OFFSET = 256;
    public static final long BARRIERS_OFFSET = 260;
    public static final long NODE_PID_OFFSET = 320;
    public static final long TOUCHED_OFFSET = 324;
    public static final long NODE_STARTED_AT_OFFSET = 328;

    private StoreFile() {}
}
