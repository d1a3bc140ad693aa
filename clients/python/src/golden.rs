//! `verification/golden` for the tests.

use std::path::PathBuf;

use crate::files::Folder;
use crate::memory::Mapping;

pub fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../verification/golden")
}

pub fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path().join(name)).unwrap()
}

pub fn rows<const N: usize>(name: &str) -> Vec<[u64; N]> {
    let bytes = bytes(name);
    assert!(
        !bytes.is_empty() && bytes.len().is_multiple_of(8 * N),
        "{name}: {} bytes",
        bytes.len()
    );
    bytes
        .chunks_exact(8 * N)
        .map(|row| {
            std::array::from_fn(|i| u64::from_le_bytes(row[8 * i..8 * i + 8].try_into().unwrap()))
        })
        .collect()
}

/// A writable copy of a file, filled up with zeros.
pub fn scratch(name: &str, len: u64) -> Mapping {
    let folder = std::env::temp_dir().join(format!(
        "tokamak-golden-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    let mut content = bytes(name);
    content.resize(len as usize, 0);
    std::fs::write(&file, content).unwrap();
    let mapping = Folder::open(&folder)
        .unwrap()
        .file(name, len, true)
        .unwrap()
        .map(len, true)
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    mapping
}
