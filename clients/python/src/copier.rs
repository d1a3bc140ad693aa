//! Copying into the pool, large payloads by several threads: one alone does not use up the memory's
//! bandwidth, and pages that were never touched are made by the kernel, at a twentieth of it.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::kill_points;
use crate::lanes::Lanes;
use crate::memory::Mapping;

/// Smaller ones are done before another thread is awake.
const PARALLEL_MIN: u64 = 32 << 20;
const CHUNK: u64 = 1 << 20;
const THREADS_MAX: usize = 4;

/// Such parts go past the caches. A lane's next bytes lie in none of them: an ordinary copy reads each
/// line of the target before it overwrites it. What the copy gains, a reader on the same core may lose,
/// to whom the caches would have kept it: from here on less than the copy gains.
const STREAMED_MIN: usize = 1 << 20;

/// Bytes of a Python buffer that is held while this is used.
#[derive(Clone, Copy)]
pub struct Part {
    pub start: *const u8,
    pub length: usize,
}

// SAFETY: who makes it holds the buffer until all threads that copy were joined.
unsafe impl Send for Part {}
// SAFETY: as above.
unsafe impl Sync for Part {}

pub fn total(parts: &[Part]) -> u64 {
    parts.iter().map(|part| part.length as u64).sum()
}

/// Copies the parts one after the other to an offset in the pool, pages warmed before. When it
/// returns, no thread copies any more.
pub fn copy(parts: &[Part], lanes: &Lanes, offset: u64) -> io::Result<()> {
    let size = total(parts);
    let threads = if size < PARALLEL_MIN {
        1
    } else {
        thread::available_parallelism().map_or(1, |count| count.get().min(THREADS_MAX))
    };
    let job = Job {
        parts,
        lanes,
        offset,
        size,
        next: AtomicU64::new(0),
        failure: Mutex::new(None),
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // A helper that cannot be had is not missed.
            let _ = thread::Builder::new()
                .name("tokamak-copy".into())
                .spawn_scoped(scope, || job.run());
        }
        job.run();
    });
    job.failure.into_inner().unwrap().map_or(Ok(()), Err)
}

struct Job<'a> {
    parts: &'a [Part],
    lanes: &'a Lanes,
    offset: u64,
    size: u64,
    /// Chunks are for whoever takes them.
    next: AtomicU64,
    failure: Mutex<Option<io::Error>>,
}

impl Job<'_> {
    fn run(&self) {
        loop {
            let start = self.next.fetch_add(CHUNK, Ordering::Relaxed);
            if start >= self.size {
                return;
            }
            let end = self.size.min(start + CHUNK);
            let pages = &self.lanes.pages;
            if let Err(failure) =
                pages.warm(&self.lanes.pool, self.offset + start, self.offset + end)
            {
                *self.failure.lock().unwrap() = Some(failure);
                self.next.store(self.size, Ordering::Relaxed);
                return;
            }
            self.copy(start, end);
            if start <= self.size / 2 && self.size / 2 < end {
                kill_points::at("payload-half");
            }
        }
    }

    fn copy(&self, start: u64, end: u64) {
        let mut part_start = 0;
        for part in self.parts {
            let part_end = part_start + part.length as u64;
            let (from, to) = (start.max(part_start), end.min(part_end));
            if from < to {
                // SAFETY: within the part, which is held; another thread of the process may change it
                // meanwhile, as with any copy of a buffer.
                let bytes = unsafe {
                    std::slice::from_raw_parts(
                        part.start.add((from - part_start) as usize),
                        (to - from) as usize,
                    )
                };
                self.lanes.pool.stream_from(self.offset + from, bytes);
            }
            part_start = part_end;
        }
    }
}

/// As [`copy`], by the calling thread alone, into pages that are warm.
pub fn copy_small(parts: &[Part], pool: &Mapping, mut offset: u64) {
    for (at, part) in parts.iter().enumerate() {
        if part.length > 0 {
            // SAFETY: the buffer is held.
            let bytes = unsafe { std::slice::from_raw_parts(part.start, part.length) };
            if part.length < STREAMED_MIN {
                pool.copy_from(offset, bytes);
            } else {
                pool.stream_from(offset, bytes);
            }
            offset += part.length as u64;
        }
        if at == parts.len() / 2 {
            kill_points::at("payload-half");
        }
    }
}

/// Whether the parts, one after the other, are what lies at an offset of the pool.
pub fn equals(parts: &[Part], pool: &Mapping, mut offset: u64) -> bool {
    parts.iter().filter(|part| part.length > 0).all(|part| {
        // SAFETY: the buffer is held.
        let bytes = unsafe { std::slice::from_raw_parts(part.start, part.length) };
        let is_equal = pool.equals(offset, bytes);
        offset += part.length as u64;
        is_equal
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_streamed_parts_lie_one_after_the_other() {
        let pool = crate::golden::scratch("store.bin", 4 << 20);
        let source: Vec<u8> = (0..4u32 << 20).map(|i| (i % 251) as u8).collect();
        let lengths = [
            0,
            127,
            STREAMED_MIN,
            1,
            STREAMED_MIN + 63,
            STREAMED_MIN - 1,
            0,
        ];
        let mut rest = &source[..];
        let parts = lengths.map(|length| {
            let start = rest.as_ptr();
            rest = &rest[length..];
            Part { start, length }
        });
        let all = &source[..lengths.iter().sum()];
        for offset in [64, 131] {
            let end = offset + all.len() as u64;
            pool.copy_from(offset - 1, &[0xEE]);
            pool.copy_from(end, &[0xEE]);
            copy_small(&parts, &pool, offset);
            assert!(pool.equals(offset, all));
            assert!(equals(&parts, &pool, offset));
            assert!(pool.equals(offset - 1, &[0xEE]) && pool.equals(end, &[0xEE]));
        }
    }
}
