//! The one module that touches memory which other processes write. Everything else speaks of
//! offsets in a [`Mapping`] and names the ordering that it wants.
//!
//! A "plain" or "opaque" access of `docs/memory-ordering.md` is a relaxed atomic here: bytes that
//! others change meanwhile are looked at again before they are believed (R1), and Rust knows no plain
//! load of such bytes.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering, compiler_fence, fence};
use std::time::Duration;

const PAGE: usize = 4096;

/// A file mapped shared, unmapped when dropped. Whoever hands a pointer out keeps the mapping alive.
pub struct Mapping {
    base: *mut u8,
    len: usize,
}

// SAFETY: the region lives as long as the value, and all access is through atomics or copies that
// tolerate concurrent change.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    pub fn of(file: BorrowedFd, len: usize, writable: bool) -> io::Result<Mapping> {
        let protection = libc::PROT_READ | if writable { libc::PROT_WRITE } else { 0 };
        // SAFETY: a new mapping at an address of the kernel's choice; the result is checked.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                protection,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Mapping {
            base: base.cast(),
            len,
        })
    }

    /// Puts empty memory in the file's place. A lock lives as long as a mapping of its file; whoever is
    /// late writes into nothing.
    pub fn vacate(&self) {
        // SAFETY: replaces the pages of this very mapping; it stays valid and readable.
        unsafe {
            libc::mmap(
                self.base.cast(),
                self.len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE,
                -1,
                0,
            );
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether a range lies within: what is computed from shared memory is asked before it is used (I9).
    pub fn has(&self, offset: u64, len: u64) -> bool {
        offset
            .checked_add(len)
            .is_some_and(|end| end <= self.len as u64)
    }

    /// The address of a range.
    ///
    /// # Panics
    /// Outside of the mapping.
    pub fn pointer(&self, offset: u64, len: u64) -> *mut u8 {
        assert!(
            self.has(offset, len),
            "{len} bytes at {offset} of {}",
            self.len
        );
        // SAFETY: within the mapping, as just checked.
        unsafe { self.base.add(offset as usize) }
    }

    fn word32(&self, offset: u64) -> &AtomicU32 {
        let word = self.pointer(offset, 4);
        assert!(word.addr().is_multiple_of(4));
        // SAFETY: mapped, aligned, and shared by atomic access alone.
        unsafe { AtomicU32::from_ptr(word.cast()) }
    }

    fn word64(&self, offset: u64) -> &AtomicU64 {
        let word = self.pointer(offset, 8);
        assert!(word.addr().is_multiple_of(8));
        // SAFETY: mapped, aligned, and shared by atomic access alone.
        unsafe { AtomicU64::from_ptr(word.cast()) }
    }

    pub fn u32_opaque(&self, offset: u64) -> u32 {
        u32::from_le(self.word32(offset).load(Ordering::Relaxed))
    }

    pub fn u32_acquire(&self, offset: u64) -> u32 {
        u32::from_le(self.word32(offset).load(Ordering::Acquire))
    }

    pub fn u64_opaque(&self, offset: u64) -> u64 {
        u64::from_le(self.word64(offset).load(Ordering::Relaxed))
    }

    pub fn u64_acquire(&self, offset: u64) -> u64 {
        u64::from_le(self.word64(offset).load(Ordering::Acquire))
    }

    pub fn put_u32_opaque(&self, offset: u64, value: u32) {
        self.word32(offset).store(value.to_le(), Ordering::Relaxed);
    }

    pub fn put_u32_release(&self, offset: u64, value: u32) {
        self.word32(offset).store(value.to_le(), Ordering::Release);
    }

    pub fn put_u64_opaque(&self, offset: u64, value: u64) {
        self.word64(offset).store(value.to_le(), Ordering::Relaxed);
    }

    pub fn put_u64_release(&self, offset: u64, value: u64) {
        self.word64(offset).store(value.to_le(), Ordering::Release);
    }

    /// Orders nothing: for counts.
    pub fn add_u64(&self, offset: u64, more: u64) {
        self.word64(offset).fetch_add(more, Ordering::Relaxed);
    }

    pub fn add_u32(&self, offset: u64, more: u32) {
        self.word32(offset).fetch_add(more, Ordering::SeqCst);
    }

    /// Copies out what may change meanwhile: the caller holds a pin, or looks at the slot again.
    pub fn copy_to(&self, offset: u64, target: &mut [u8]) {
        let source = self.pointer(offset, target.len() as u64);
        // SAFETY: both ranges are valid, and no Rust reference to foreign memory exists.
        unsafe { std::ptr::copy_nonoverlapping(source, target.as_mut_ptr(), target.len()) }
    }

    /// As [`Self::copy_to`], to where nothing was before.
    pub fn copy_to_new(&self, offset: u64, target: &mut [MaybeUninit<u8>]) {
        let source = self.pointer(offset, target.len() as u64).cast();
        // SAFETY: as above; all of the target is written.
        unsafe { std::ptr::copy_nonoverlapping(source, target.as_mut_ptr(), target.len()) }
    }

    pub fn copy_from(&self, offset: u64, source: &[u8]) {
        let target = self.pointer(offset, source.len() as u64);
        // SAFETY: both ranges are valid; the range is leased to the caller, who alone writes it (R8).
        unsafe { std::ptr::copy_nonoverlapping(source.as_ptr(), target, source.len()) }
    }

    /// As [`Self::copy_from`], past the caches: for much more than they hold, which would be read into
    /// them before it is overwritten. Everything is stored when it returns, before whatever release
    /// store follows.
    pub fn stream_from(&self, offset: u64, source: &[u8]) {
        #[cfg(target_arch = "x86_64")]
        {
            let target = self.pointer(offset, source.len() as u64);
            let head = target.align_offset(streaming::LINE).min(source.len());
            let lines = (source.len() - head) / streaming::LINE;
            self.copy_from(offset, &source[..head]);
            // SAFETY: whole lines within both ranges, the target's aligned; the range is leased to the
            // caller, who alone writes it (R8).
            unsafe { streaming::copy(source.as_ptr().add(head), target.add(head), lines) };
            let done = head + lines * streaming::LINE;
            self.copy_from(offset + done as u64, &source[done..]);
        }
        #[cfg(not(target_arch = "x86_64"))]
        self.copy_from(offset, source);
    }

    /// Whether the bytes at an offset are these. They may change meanwhile, as in [`Self::copy_to`].
    pub fn equals(&self, offset: u64, bytes: &[u8]) -> bool {
        let mut at = 0;
        let mut part = [0u8; 256];
        while at < bytes.len() {
            let next = &mut part[..bytes[at..].len().min(256)];
            self.copy_to(offset + at as u64, next);
            if *next != bytes[at..at + next.len()] {
                return false;
            }
            at += next.len();
        }
        true
    }

    /// Touches a cache line ahead of its use.
    pub fn prefetch(&self, offset: u64) {
        if self.has(offset, 8) {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a hint; the address is mapped.
            unsafe {
                use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
                _mm_prefetch::<_MM_HINT_T0>(self.base.add(offset as usize).cast());
            }
        }
    }

    /// Makes pages ready to be written in this process without changing a byte, so that the first
    /// copy does not fault page by page.
    pub fn populate_write(&self, offset: u64, len: u64) -> io::Result<()> {
        let start = offset as usize & !(PAGE - 1);
        let end = (offset + len) as usize;
        assert!(end <= self.len);
        loop {
            // SAFETY: advice about pages of the mapping.
            let result = unsafe {
                libc::madvise(
                    self.base.add(start).cast(),
                    end - start,
                    libc::MADV_POPULATE_WRITE,
                )
            };
            if result == 0 {
                return Ok(());
            }
            let failure = io::Error::last_os_error();
            match failure.raw_os_error() {
                Some(libc::EINTR | libc::EAGAIN) => {}
                Some(libc::EINVAL) => break, // a kernel before 5.14
                _ => return Err(failure),
            }
        }
        for page in (start..end).step_by(PAGE) {
            self.word32(page as u64).fetch_add(0, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Sleeps while the word has the expected value, until woken, interrupted by a signal, or the
    /// time is over; may end for no reason.
    pub fn futex_wait(&self, offset: u64, expected: u32, time: Duration) {
        let timeout = libc::timespec {
            tv_sec: time.as_secs().min(i32::MAX as u64) as libc::time_t,
            tv_nsec: time.subsec_nanos().into(),
        };
        // SAFETY: the word is mapped; the kernel reads the timeout before it returns. Not private: the
        // word is known by its file.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                self.word32(offset).as_ptr(),
                libc::FUTEX_WAIT,
                expected.to_le(),
                &timeout,
            );
        }
    }

    pub fn futex_wake(&self, offset: u64, count: i32) {
        // SAFETY: the word is mapped.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                self.word32(offset).as_ptr(),
                libc::FUTEX_WAKE,
                count,
            );
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: mapped by `of`, and nobody has a pointer into it any more: who hands one out keeps
        // the mapping.
        unsafe {
            libc::munmap(self.base.cast(), self.len);
        }
    }
}

/// A range of a file of which this process may change its own copy: a page that is written becomes its
/// own, all others stay those of the file. Unmapped when dropped.
pub struct PrivateMapping {
    base: *mut u8,
    len: usize,
    /// From the mapping's first page to the range's first byte.
    skip: usize,
}

// SAFETY: the region lives as long as the value; what Python threads do to it is ordered by them, as in
// any memory of their own.
unsafe impl Send for PrivateMapping {}
// SAFETY: as above.
unsafe impl Sync for PrivateMapping {}

/// Of the 65,530 mappings that the kernel gives a process by default: the rest is for everybody else, whose
/// threads and allocations would fail without.
pub const PRIVATE_MAPPINGS_MAX: usize = 16 << 10;

static PRIVATE_MAPPINGS: AtomicUsize = AtomicUsize::new(0);

impl PrivateMapping {
    /// A file opened for reading alone is enough. Swap is not reserved: few of the pages, if any, will be
    /// written. None: there are [`PRIVATE_MAPPINGS_MAX`] already.
    pub fn of(file: BorrowedFd, offset: u64, len: u64) -> io::Result<Option<PrivateMapping>> {
        if PRIVATE_MAPPINGS.load(Ordering::Relaxed) >= PRIVATE_MAPPINGS_MAX {
            return Ok(None);
        }
        let skip = offset as usize % PAGE;
        let mapped = skip + len as usize;
        // SAFETY: a new mapping at an address of the kernel's choice; the result is checked.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                mapped,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_NORESERVE,
                file.as_raw_fd(),
                (offset - skip as u64) as libc::off_t,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        PRIVATE_MAPPINGS.fetch_add(1, Ordering::Relaxed);
        Ok(Some(PrivateMapping {
            base: base.cast(),
            len: mapped,
            skip,
        }))
    }

    /// The range's first byte.
    pub fn pointer(&self) -> *mut u8 {
        // SAFETY: within the mapping.
        unsafe { self.base.add(self.skip) }
    }
}

impl Drop for PrivateMapping {
    fn drop(&mut self) {
        // SAFETY: mapped by `of`; who hands its pointer out keeps the value.
        unsafe {
            libc::munmap(self.base.cast(), self.len);
        }
        PRIVATE_MAPPINGS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Orders everything before with everything after, a store with a later load included.
pub fn full_fence() {
    fence(Ordering::SeqCst);
}

/// Keeps later loads behind earlier ones.
pub fn acquire_fence() {
    fence(Ordering::Acquire);
}

/// The reader's half of R2 where the node makes every processor pass a fence: the compiler must keep
/// the store of the pin before the load that follows, and loads stay in order.
pub fn pin_fence() {
    compiler_fence(Ordering::SeqCst);
    fence(Ordering::Acquire);
}

/// Stores that go past the caches.
#[cfg(target_arch = "x86_64")]
mod streaming {
    use std::arch::x86_64::{_mm_loadu_si128, _mm_sfence, _mm_stream_si128};

    pub const LINE: usize = 64;

    /// So many pages are copied side by side, a line of each in turn, as glibc does for what is much
    /// larger than its caches: the memory then works on several of its pages at once. Two threads copy
    /// 1 GiB in three quarters of the time that one page after the other takes.
    const PAGES: usize = 4;
    const PAGE: usize = 4096;
    const BLOCK: usize = PAGES * PAGE;

    /// So far ahead of the source's the target's places are when a load meets stores under way: more bytes
    /// of a page than a processor has stores in its queue for.
    const NEAR: usize = 1024;

    /// Copies so many lines, and orders them before whatever is stored afterwards: by themselves these
    /// stores are weaker than others.
    ///
    /// A load waits for a store that is not done yet, of the same place in another page: processors tell
    /// them apart by twelve bits. So where the target's places lie a little ahead of the source's, lines
    /// are taken from the last to the first, and where they are the same, of one page at a time: a
    /// tenth of the time, for what would wait at each line.
    ///
    /// # Safety
    /// The lines are within what may be read and written; the target is aligned to lines.
    pub unsafe fn copy(from: *const u8, to: *mut u8, lines: usize) {
        let ahead = to.addr().wrapping_sub(from.addr()) % PAGE;
        let bytes = lines * LINE;
        let blocks = bytes / BLOCK * BLOCK;
        // SAFETY: as the caller's.
        unsafe {
            let line = |at| copy_line(from.add(at), to.add(at));
            let rest = if ahead < LINE {
                0
            } else {
                for block in (0..blocks).step_by(BLOCK) {
                    let side_by_side = |in_page| {
                        (in_page..BLOCK)
                            .step_by(PAGE)
                            .for_each(|at| line(block + at))
                    };
                    let in_page = (0..PAGE).step_by(LINE);
                    if ahead < NEAR {
                        in_page.rev().for_each(side_by_side);
                    } else {
                        in_page.for_each(side_by_side);
                    }
                }
                blocks
            };
            if ahead < NEAR {
                (rest..bytes).step_by(LINE).rev().for_each(line);
            } else {
                (rest..bytes).step_by(LINE).for_each(line);
            }
            _mm_sfence();
        }
    }

    unsafe fn copy_line(from: *const u8, to: *mut u8) {
        // SAFETY: as the caller's.
        unsafe {
            let line: [_; 4] = std::array::from_fn(|i| _mm_loadu_si128(from.add(16 * i).cast()));
            for (i, part) in line.into_iter().enumerate() {
                _mm_stream_si128(to.add(16 * i).cast(), part);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn streamed_bytes_are_the_source_s_wherever_they_begin_and_end() {
        let memory = crate::golden::scratch("store.bin", 4096);
        let source: Vec<u8> = (0..1000u32).map(|i| (i * 7 + 1) as u8).collect();
        for start in 0..130 {
            for length in [0, 1, 15, 63, 64, 65, 127, 128, 500 + start, 850] {
                memory.copy_from(0, &[0xEE; 1200]);
                let from = &source[start..start + length];
                memory.stream_from(start as u64, from);
                let mut expected = vec![0xEE; 1200];
                expected[start..start + length].copy_from_slice(from);
                assert!(memory.equals(0, &expected), "{length} bytes at {start}");
            }
        }
    }

    #[test]
    fn streamed_pages_lie_in_their_order() {
        const PAGE: usize = 4096;
        const BLOCK: usize = 4 * PAGE;
        let memory = crate::golden::scratch("store.bin", 5 * BLOCK as u64);
        let numbers: Vec<u8> = (0..5 * BLOCK as u32)
            .map(|i| (i % 251 + i / 4096) as u8)
            .collect();
        // How far the target is ahead of the source in its page decides on the order.
        for ahead in [0, 1, 16, 63, 64, 65, 1023, 1024, 1025, 4032, 4095] {
            for start in [0, 1, 4000] {
                let target = memory.pointer(start as u64, 0).addr();
                let skip = target.wrapping_sub(numbers.as_ptr().addr() + ahead) % PAGE;
                for length in [
                    BLOCK - 1,
                    BLOCK,
                    BLOCK + 64,
                    2 * BLOCK + 4096,
                    3 * BLOCK + 1000,
                ] {
                    let from = &numbers[skip..skip + length];
                    assert_eq!(target.wrapping_sub(from.as_ptr().addr()) % PAGE, ahead);
                    memory.copy_from(0, &vec![0xEE; 5 * BLOCK]);
                    memory.stream_from(start as u64, from);
                    let mut expected = vec![0xEE; 5 * BLOCK];
                    expected[start..start + length].copy_from_slice(from);
                    assert!(
                        memory.equals(0, &expected),
                        "{length} bytes at {start}, {ahead} ahead"
                    );
                }
            }
        }
    }
}
