//! The file `store`: what a store is, and the words that every client looks at. Picture:
//! `StoreFile.java`.

use crate::memory::Mapping;

pub const NAME: &str = "store";
pub const LENGTH: u64 = 4096;
/// "TOKAMAK" and the layout's version.
pub const LAYOUT: u64 = 0x014B_414D_414B_4F54;

const LAYOUT_OFFSET: u64 = 0;
const STORE_NUMBER: u64 = 24;
const HASH_SEED: u64 = 48;
const POOL_LENGTH: u64 = 56;
const BUCKET_LIMIT: u64 = 64;
const OVERFLOW_LIMIT: u64 = 72;
const LEVEL_SPLIT: u64 = 128;
const RETIRED: u64 = 192;
const NOW: u64 = 200;
const WANTED: u64 = 256;
const BARRIERS: u64 = 260;

pub struct Store {
    memory: Mapping,
}

impl Store {
    pub fn new(memory: Mapping) -> Store {
        Store { memory }
    }

    /// Written last by the node: what it says was written before.
    pub fn layout(&self) -> u64 {
        self.memory.u64_acquire(LAYOUT_OFFSET)
    }

    pub fn number(&self) -> u32 {
        self.memory.u32_opaque(STORE_NUMBER)
    }

    pub fn hash_seed(&self) -> u64 {
        self.memory.u64_opaque(HASH_SEED)
    }

    pub fn pool_length(&self) -> u64 {
        self.memory.u64_opaque(POOL_LENGTH)
    }

    pub fn bucket_limit(&self) -> u64 {
        self.memory.u64_opaque(BUCKET_LIMIT)
    }

    pub fn overflow_limit(&self) -> u64 {
        self.memory.u64_opaque(OVERFLOW_LIMIT)
    }

    /// R4: with this, everything that moved before is in its new bucket.
    pub fn level_split(&self) -> u64 {
        self.memory.u64_acquire(LEVEL_SPLIT)
    }

    /// Opaque, looked at by every call (I33).
    pub fn is_retired(&self) -> bool {
        self.memory.u32_opaque(RETIRED) != 0
    }

    /// Milliseconds since the epoch, at most 50 ms old while the node lives.
    pub fn now(&self) -> u64 {
        self.memory.u64_opaque(NOW)
    }

    /// R5: opaque, after the committer's full fence.
    pub fn is_wanted(&self) -> bool {
        self.memory.u32_opaque(WANTED) != 0
    }

    /// R2: never back to 0 in a store that had it set, so one look before the first pin is enough.
    pub fn has_barriers(&self) -> bool {
        self.memory.u32_opaque(BARRIERS) == 1
    }
}
