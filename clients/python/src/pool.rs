//! The file `pool`: records, their places, and the doorbell. Picture: `PoolFile.java`.

use crate::index;
use crate::memory::{Mapping, full_fence};
use crate::store::Store;

pub const NAME: &str = "pool";
pub const BLOCK: u64 = 4096;
pub const GRANULE: u64 = 16;
pub const HEADER: u64 = 32;
pub const DATA_OFFSET: u64 = BLOCK;
pub const METADATA_MAX: u64 = 16 << 10;

const DOORBELL: u64 = 64;
const ALIGNED_PAYLOAD_MIN: u64 = 256;
const LENGTH_OFFSET: u64 = 16;
const METADATA_OFFSET: u64 = 24;
const CHECK_OFFSET: u64 = 28;
const CHECK_SEED: u64 = 0x746F_6B61_6D61_6B31;

/// An id as its two little-endian words, as they lie in index and pool.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Id {
    pub first: u64,
    pub second: u64,
}

impl Id {
    pub const KIND_ANONYMOUS: u8 = 1;
    pub const KIND_NAMED: u8 = 2;

    pub fn of(bytes: [u8; 16]) -> Id {
        let [first, second] = [0, 8].map(|at| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(word)
        });
        Id { first, second }
    }

    pub fn bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.first.to_le_bytes());
        bytes[8..].copy_from_slice(&self.second.to_le_bytes());
        bytes
    }

    /// Store number, session number and a counter of at most 56 bits, each big-endian.
    pub fn anonymous(store: u32, session: u32, counter: u64) -> Id {
        let mut bytes = [0; 16];
        bytes[8..].copy_from_slice(&counter.to_be_bytes());
        bytes[0] = Id::KIND_ANONYMOUS;
        bytes[1..5].copy_from_slice(&store.to_be_bytes());
        bytes[5..9].copy_from_slice(&session.to_be_bytes());
        Id::of(bytes)
    }
}

pub const fn align(value: u64, alignment: u64) -> u64 {
    (value + alignment - 1) & !(alignment - 1)
}

/// Pool offset of the payload of a record at `location`.
pub fn payload_offset(location: u64, metadata: u64, payload: u64) -> u64 {
    let alignment = if payload >= ALIGNED_PAYLOAD_MIN {
        64
    } else {
        GRANULE
    };
    align(location + HEADER + metadata, alignment)
}

/// Pool offset at which the record ends and the next one may begin.
pub fn record_end(location: u64, metadata: u64, payload: u64) -> u64 {
    align(
        payload_offset(location, metadata, payload) + payload,
        GRANULE,
    )
}

/// Bytes that a record takes at most, wherever it begins.
pub fn record_bytes_max(metadata: u64, payload: u64) -> u64 {
    record_end(GRANULE, metadata, payload) + 48 - GRANULE
}

fn check(id: Id, length: u64, metadata: u32) -> u32 {
    let hash = index::hash(
        id.first ^ length,
        id.second.wrapping_add(u64::from(metadata)),
        CHECK_SEED,
    );
    (hash ^ hash >> 32) as u32
}

/// What a pin word holds while the record at `location` is pinned.
pub fn pin_of(location: u64) -> u64 {
    location / GRANULE + 1
}

/// Writes a record's header: nothing before the tail has moved beyond its record (R8).
pub fn write_header(pool: &Mapping, location: u64, id: Id, payload: u64, metadata: u32) {
    pool.put_u64_opaque(location, id.first);
    pool.put_u64_opaque(location + 8, id.second);
    pool.put_u64_opaque(location + LENGTH_OFFSET, payload);
    pool.put_u32_opaque(location + METADATA_OFFSET, metadata);
    pool.put_u32_opaque(location + CHECK_OFFSET, check(id, payload, metadata));
}

/// R5, the committer's side: to be called after a tail was stored; no system call unless somebody
/// waits (I27).
pub fn ring_if_wanted(store: &Store, pool: &Mapping) {
    full_fence();
    if store.is_wanted() {
        ring(pool);
    }
}

/// Wakes the node whether or not it said that it waits.
pub fn ring(pool: &Mapping) {
    pool.add_u32(DOORBELL, 1);
    pool.futex_wake(DOORBELL, 1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::rows;

    #[test]
    fn records_lie_where_java_lays_them() {
        for [location, metadata, payload, offset, end, pin] in rows("records.bin") {
            assert_eq!(payload_offset(location, metadata, payload), offset);
            assert_eq!(record_end(location, metadata, payload), end);
            assert_eq!(pin_of(location), pin);
        }
    }

    #[test]
    fn a_header_is_the_golden_one() {
        let golden = crate::golden::scratch("pool.bin", 32 << 10);
        let written = crate::golden::scratch("pool.bin", 32 << 10);
        let id = Id::anonymous(42, 7, 1);
        for at in (0..HEADER).step_by(8) {
            written.put_u64_opaque(DATA_OFFSET + at, 0);
        }
        write_header(&written, DATA_OFFSET, id, 5, 0);
        let mut bytes = [[0; HEADER as usize]; 2];
        golden.copy_to(DATA_OFFSET, &mut bytes[0]);
        written.copy_to(DATA_OFFSET, &mut bytes[1]);
        assert_eq!(bytes[0], bytes[1]);
    }
}
