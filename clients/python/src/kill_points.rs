//! Named steps at which a test has its process killed: what is in shared memory then is what a process
//! leaves that dies there. Nothing at all unless built with the feature `kill-points`.

/// The steps, in the order of a put.
pub const STEPS: &[&str] = &[
    "lane-begun",
    "lane-taken",
    "extent-entered",
    "payload-half",
    "payload-written",
    "metadata-written",
    "header-written",
    "tail-stored",
    "rung",
    "answered",
    "pin-stored",
    "pinned",
];

/// Kills this process when `TOKAMAK_KILL_AT` says so: `step`, or `step:n` for the nth time that any thread
/// comes there.
#[cfg(feature = "kill-points")]
pub fn at(step: &'static str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    static WANTED: OnceLock<Option<(String, u32)>> = OnceLock::new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    debug_assert!(STEPS.contains(&step));
    let wanted = WANTED.get_or_init(|| {
        let said = std::env::var("TOKAMAK_KILL_AT").ok()?;
        let (step, count) = said.split_once(':').unwrap_or((&said, "1"));
        assert!(STEPS.contains(&step), "no step is named {step}");
        Some((step.into(), count.parse().expect("a number after the step")))
    });
    if let Some((name, count)) = wanted
        && name == step
        && COUNT.fetch_add(1, Ordering::Relaxed) + 1 == *count
    {
        // SAFETY: a signal to this very process, which ends it.
        unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        loop {
            std::thread::park(); // until the signal is delivered
        }
    }
}

#[cfg(not(feature = "kill-points"))]
#[inline(always)]
pub fn at(_: &'static str) {}
