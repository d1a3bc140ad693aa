//! Stored metadata, as far as a read needs it in nanoseconds. Picture: `MetadataLayout.java`. Nothing
//! is believed but the length that the index gave: bytes that make no sense have no name, no media
//! type and no attributes.

use sha2::{Digest, Sha256};

use crate::memory::Mapping;
use crate::pool::Id;

const PREFIX: usize = 40;
const VERSION: u8 = 1;
const FLAG_NAME: u8 = 1;
const MEDIA_TYPE_MAX: usize = 255;

/// A name and its id.
pub struct Name {
    pub id: Id,
    namespace: Vec<u8>,
    key: Vec<u8>,
}

impl Name {
    pub fn new(namespace: &str, key: &str) -> Name {
        let digest = Sha256::new()
            .chain_update(namespace)
            .chain_update([0])
            .chain_update(key)
            .finalize();
        let mut bytes = [Id::KIND_NAMED; 16];
        bytes[1..].copy_from_slice(&digest[..15]);
        Name {
            id: Id::of(bytes),
            namespace: namespace.into(),
            key: key.into(),
        }
    }

    /// Whether metadata in the pool is of the object with this name: ids are digests.
    pub fn is_of(&self, pool: &Mapping, offset: u64, length: u64) -> bool {
        let Some(prefix) = Prefix::read(pool, offset, length) else {
            return false;
        };
        let name_at = offset + PREFIX as u64;
        prefix.flags() & FLAG_NAME != 0
            && prefix.u16(2) == self.namespace.len()
            && prefix.u16(4) == self.key.len()
            && self.namespace.len() + self.key.len() <= length as usize - PREFIX
            && pool.equals(name_at, &self.namespace)
            && pool.equals(name_at + self.namespace.len() as u64, &self.key)
    }
}

struct Prefix([u8; PREFIX]);

impl Prefix {
    fn read(pool: &Mapping, offset: u64, length: u64) -> Option<Prefix> {
        if length < PREFIX as u64 || !pool.has(offset, length) {
            return None;
        }
        let mut bytes = [0; PREFIX];
        pool.copy_to(offset, &mut bytes);
        (bytes[0] == VERSION).then_some(Prefix(bytes))
    }

    fn flags(&self) -> u8 {
        self.0[1]
    }

    fn u16(&self, at: usize) -> usize {
        u16::from_le_bytes([self.0[at], self.0[at + 1]]).into()
    }
}

/// The stored media type; empty: application/octet-stream.
pub struct MediaType {
    bytes: [u8; MEDIA_TYPE_MAX],
    length: usize,
}

impl MediaType {
    pub fn read(pool: &Mapping, offset: u64, length: u64) -> MediaType {
        let mut found = MediaType {
            bytes: [0; MEDIA_TYPE_MAX],
            length: 0,
        };
        if let Some(prefix) = Prefix::read(pool, offset, length) {
            let at = PREFIX + prefix.u16(2) + prefix.u16(4);
            let wanted = prefix.u16(6);
            if wanted <= MEDIA_TYPE_MAX && at + wanted <= length as usize {
                pool.copy_to(offset + at as u64, &mut found.bytes[..wanted]);
                found.length = wanted;
            }
        }
        found
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    fn take<'a>(bytes: &mut &'a [u8], length: usize) -> &'a [u8] {
        let (part, rest) = bytes.split_at(length);
        *bytes = rest;
        part
    }

    fn u16(bytes: &mut &[u8]) -> usize {
        u16::from_le_bytes(take(bytes, 2).try_into().unwrap()).into()
    }

    #[test]
    fn names_have_the_golden_ids() {
        let golden = golden::bytes("names.bin");
        let mut rest = golden.as_slice();
        let mut count = 0;
        while !rest.is_empty() {
            let lengths = [u16(&mut rest), u16(&mut rest)];
            let [namespace, key] =
                lengths.map(|length| std::str::from_utf8(take(&mut rest, length)).unwrap());
            assert_eq!(Name::new(namespace, key).id.bytes(), take(&mut rest, 16));
            count += 1;
        }
        assert!(count > 1);
    }
}
