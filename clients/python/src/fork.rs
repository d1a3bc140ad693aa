//! Tells a process that was forked off that it is one, at the cost of a load: the kernel wipes a page
//! in the child (MADV_WIPEONFORK), where the next marker writes another mark. A child of a child knows
//! it too.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

static PAGE: OnceLock<Page> = OnceLock::new();
/// Of the process that made the last marker; its children inherit the number.
static LAST: AtomicU64 = AtomicU64::new(0);

struct Page(*mut u64);
// SAFETY: never unmapped, and accessed by atomics alone.
unsafe impl Send for Page {}
// SAFETY: as above.
unsafe impl Sync for Page {}

impl Page {
    fn new() -> io::Result<Page> {
        // SAFETY: a new private mapping; the results are checked.
        unsafe {
            let base = libc::mmap(
                std::ptr::null_mut(),
                4096,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            if base == libc::MAP_FAILED || libc::madvise(base, 4096, libc::MADV_WIPEONFORK) != 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(Page(base.cast()))
        }
    }

    fn word(&self) -> &AtomicU64 {
        // SAFETY: mapped for good, aligned to a page.
        unsafe { AtomicU64::from_ptr(self.0) }
    }
}

/// The process that made it, as told from those forked off it.
pub struct Marker {
    page: &'static Page,
    mark: u64,
}

impl Marker {
    pub fn new() -> io::Result<Marker> {
        let page = match PAGE.get() {
            Some(page) => page,
            None => {
                let made = Page::new()?;
                PAGE.get_or_init(|| made)
            }
        };
        if page.word().load(Ordering::Relaxed) == 0 {
            let next = LAST.fetch_add(1, Ordering::Relaxed) + 1;
            // Two threads at once: the first one's mark stands for both.
            let _ = page
                .word()
                .compare_exchange(0, next, Ordering::Relaxed, Ordering::Relaxed);
        }
        Ok(Marker {
            page,
            mark: page.word().load(Ordering::Relaxed),
        })
    }

    pub fn is_forked_child(&self) -> bool {
        self.page.word().load(Ordering::Relaxed) != self.mark
    }
}
