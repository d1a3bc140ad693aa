//! The file `index`: looking objects up. Picture: `IndexFile.java`. Keeps the reader's side of R1, R3
//! and R4.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::memory::{Mapping, acquire_fence};
use crate::pool::Id;
use crate::store::Store;

pub const NAME: &str = "index";

const SLOT: u64 = 64;
const BUCKET: u64 = 4 * SLOT;
const LINK: u64 = 4;

const ID: u64 = 8;
const INCARNATION: u64 = 24;
const LOCATION: u64 = 32;
const LENGTH: u64 = 40;
const METADATA: u64 = 48;
const IDLE: u64 = 52;
const EXPIRY: u64 = 56;

const SEALED: u64 = 2;
const LENGTH_MASK: u64 = (1 << 48) - 1;
const SPLIT_MASK: u64 = (1 << 40) - 1;

/// Mixes two words with the store's seed: two rounds of multiply and shift with the constants of
/// splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
pub fn hash(first: u64, second: u64, seed: u64) -> u64 {
    let mut mixed = (first ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ mixed >> 32 ^ second).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ mixed >> 29).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ mixed >> 32
}

fn bucket_of(hash: u64, level_split: u64) -> u64 {
    let size = 1u64 << (level_split >> 56 & 63);
    let bucket = hash & (size - 1);
    if bucket < level_split & SPLIT_MASK {
        hash & (2 * size - 1)
    } else {
        bucket
    }
}

/// Bytes of the whole file; None when the limits make no sense.
pub fn length(bucket_limit: u64, overflow_limit: u64) -> Option<u64> {
    let buckets = bucket_limit
        .checked_add(overflow_limit)
        .filter(|&count| count < 1 << 40)?;
    Some((buckets * (BUCKET + LINK) + 4095) & !4095)
}

pub fn idle_millis(code: u32) -> u64 {
    let value = u64::from(code & i32::MAX as u32);
    if code >> 31 == 0 { value } else { value * 1000 }
}

/// What a slot said: a hint until its state word was loaded again and found unchanged (R1).
#[derive(Clone, Copy)]
pub struct Entry {
    pub slot: u64,
    pub state: u64,
    pub location: u64,
    pub payload: u64,
    pub metadata: u64,
    pub incarnation: u64,
}

pub struct Index {
    memory: Mapping,
    seed: u64,
    bucket_limit: u64,
    overflow_limit: u64,
    /// A value of the past is as good: a bucket that was split since then misses, and the miss looks
    /// again (R4).
    level_split: AtomicU64,
}

impl Index {
    pub fn new(store: &Store, memory: Mapping) -> Index {
        Index {
            memory,
            seed: store.hash_seed(),
            bucket_limit: store.bucket_limit(),
            overflow_limit: store.overflow_limit(),
            level_split: AtomicU64::new(store.level_split()),
        }
    }

    /// Finds a sealed object. None: no sealed object had this id at some moment of the call.
    pub fn find(&self, store: &Store, id: Id) -> Option<Entry> {
        let hash = hash(id.first, id.second, self.seed);
        let mut view = self.level_split.load(Ordering::Relaxed);
        loop {
            if let Some(entry) = self.find_in_chain(hash, bucket_of(hash, view), id) {
                return Some(entry);
            }
            acquire_fence(); // R4: whatever was missed was looked at before
            let latest = store.level_split();
            if latest == view {
                return None;
            }
            view = latest;
            self.level_split.store(latest, Ordering::Relaxed);
        }
    }

    /// Touches the bucket of an id, so that several look-ups wait for memory at the same time.
    pub fn prefetch(&self, id: Id) {
        let hash = hash(id.first, id.second, self.seed);
        let bucket = bucket_of(hash, self.level_split.load(Ordering::Relaxed));
        self.memory
            .prefetch(bucket.saturating_mul(BUCKET) + (hash >> 62) * SLOT);
    }

    fn find_in_chain(&self, hash: u64, bucket: u64, id: Id) -> Option<Entry> {
        if bucket >= self.bucket_limit {
            return None;
        }
        if let Some(entry) = self.find_in_bucket(hash, bucket, id) {
            return Some(entry);
        }
        let links = (self.bucket_limit + self.overflow_limit) * BUCKET;
        // Links are loaded with acquire: the bucket was empty before it was linked.
        let mut link = self.memory.u32_acquire(links + bucket * LINK);
        // A chain that changes under the reader could lead it in circles: more steps than buckets are
        // a miss.
        for _ in 0..self.overflow_limit {
            let Some(overflow) = u64::from(link).checked_sub(1) else {
                break;
            };
            if overflow >= self.overflow_limit {
                break;
            }
            let chained = self.bucket_limit + overflow;
            if let Some(entry) = self.find_in_bucket(hash, chained, id) {
                return Some(entry);
            }
            link = self.memory.u32_acquire(links + chained * LINK);
        }
        None
    }

    fn find_in_bucket(&self, hash: u64, bucket: u64, id: Id) -> Option<Entry> {
        let base = bucket * BUCKET;
        let preferred = hash >> 62;
        for step in 0..4 {
            let slot = base + ((preferred + step) & 3) * SLOT;
            if self.has_id(slot, id)
                && let Some(entry) = self.read(slot, id)
            {
                return Some(entry);
            }
        }
        None
    }

    fn has_id(&self, slot: u64, id: Id) -> bool {
        self.memory.u64_opaque(slot + ID) == id.first
            && self.memory.u64_opaque(slot + ID + 8) == id.second
    }

    /// R1: state with acquire, then the fields, the id once more among them.
    fn read(&self, slot: u64, id: Id) -> Option<Entry> {
        let state = self.state(slot);
        if state & 0xFF != SEALED || !self.has_id(slot, id) {
            return None;
        }
        Some(Entry {
            slot,
            state,
            location: self.memory.u64_acquire(slot + LOCATION), // R3
            payload: self.memory.u64_opaque(slot + LENGTH) & LENGTH_MASK,
            metadata: u64::from(self.memory.u32_opaque(slot + METADATA)),
            incarnation: self.memory.u64_opaque(slot + INCARNATION),
        })
    }

    /// Compared whole; acquire (R1), and after a pin and its fence (R2).
    pub fn state(&self, slot: u64) -> u64 {
        self.memory.u64_acquire(slot)
    }

    /// Milliseconds since the epoch, 0: never. A hint.
    pub fn expiry(&self, slot: u64) -> u64 {
        self.memory.u64_opaque(slot + EXPIRY)
    }

    /// Milliseconds, 0: no idle time. A hint.
    pub fn idle(&self, slot: u64) -> u64 {
        idle_millis(self.memory.u32_opaque(slot + IDLE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::rows;

    #[test]
    fn hashes_are_those_of_java() {
        for [first, second, seed, expected, level_split, bucket] in rows("hash.bin") {
            assert_eq!(hash(first, second, seed), expected);
            assert_eq!(bucket_of(expected, level_split), bucket);
        }
    }

    #[test]
    fn idle_codes_mean_what_java_means() {
        for [_, code, millis, _] in rows("idle.bin") {
            assert_eq!(idle_millis(code as u32), millis);
        }
    }
}
