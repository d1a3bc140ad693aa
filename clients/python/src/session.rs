//! A file below `sessions/`: what this process shares with the node. Picture: `SessionFile.java`. The
//! node believes nothing that it reads here.

use std::collections::VecDeque;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::files::{File, Folder};
use crate::memory::Mapping;
use crate::pool::{self, GRANULE, Id};
use crate::store;

pub const LANE_COUNT: u32 = 128;
pub const PINS_ALLOCATED: u32 = 512;
pub const PINS_PER_LINE: u32 = 8;

const FOLDER: &str = "sessions";
const LANGUAGE_PYTHON: u32 = 2;
const STATE_FENCED: u32 = 3;
const NAME_MAX: usize = 48;
const ACCESS_LIMIT: u64 = 4096;
const PIN_LIMIT: u32 = 65_536;

const SESSION_NUMBER: u64 = 8;
const STATE: u64 = 12;
const PIN_LIMIT_OFFSET: u64 = 20;
const PID: u64 = 64;
const LANGUAGE: u64 = 68;
const ATTACHED_AT: u64 = 72;
const PROCESS_NAME: u64 = 80;
const PIN_HIGH_WATER: u64 = 128;
const GETS: u64 = 136;
const ACCESS_TAIL: u64 = 192;
const ACCESS_HEAD: u64 = 256;
const NOTIFIED: u64 = 320;
const LANES: u64 = 4096;
const LANE: u64 = 256;
const ACCESSES: u64 = LANES + LANE_COUNT as u64 * LANE;
const PINS: u64 = ACCESSES + ACCESS_LIMIT * 16;
pub const LENGTH: u64 = PINS + PIN_LIMIT as u64 * 8;

const OFFERED: u64 = 32;
const KIND: u64 = 48;
const TAILS: u64 = 64;
const WANTED: u64 = 80;
const ANSWERED: u64 = 128;
const ANSWER: u64 = 136;
const ANSWERS: u64 = 140;
const ANSWER_INCARNATION: u64 = 144;

const KIND_FREE: u32 = 0;
const KIND_SHARED: u32 = 1;

pub const ANSWER_CREATED: u32 = 1;
pub const ANSWER_EXISTS: u32 = 2;

/// An extent's number and an offset of bytes from its start.
pub fn position(extent: u64, offset: u64) -> u64 {
    (extent << 48) | (offset / GRANULE)
}

pub struct Session {
    memory: Mapping,
    /// Holds the lock for as long as the session lives (I11). None: the session has ended.
    file: Mutex<Option<File>>,
    accesses: Mutex<Accesses>,
    /// Fingerprints of reported accesses by hash. Racy on purpose: a lost entry costs a second report.
    recent: Box<[AtomicU64]>,
}

/// The ring of accesses, the writer's side of R7.
struct Accesses {
    tail: u64,
    /// What the ring had no room for.
    waiting: VecDeque<Id>,
}

const RECENT_COUNT: usize = 1 << 12;
const WAITING_MAX: usize = 1 << 20;

impl Session {
    /// Opens the offered file and takes its lock. To be followed by READY.
    pub fn open(folder: &Folder, name: &str, process_name: &str) -> io::Result<Session> {
        if name.len() != 32 || !name.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "no name of a session",
            ));
        }
        let file = folder.inside(FOLDER)?.file(name, LENGTH, true)?;
        if !file.try_lock()? {
            return Err(io::Error::new(
                io::ErrorKind::WouldBlock,
                "somebody holds the session",
            ));
        }
        let memory = file.map(LENGTH, true)?;
        if memory.u64_acquire(0) != store::LAYOUT {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a session of another layout",
            ));
        }
        let session = Session::of(memory, Some(file));
        session.introduce(process_name, std::process::id(), LANGUAGE_PYTHON);
        Ok(session)
    }

    fn of(memory: Mapping, file: Option<File>) -> Session {
        let tail = memory.u64_acquire(ACCESS_TAIL);
        Session {
            memory,
            file: Mutex::new(file),
            accesses: Mutex::new(Accesses {
                tail,
                waiting: VecDeque::new(),
            }),
            recent: (0..RECENT_COUNT).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    fn introduce(&self, name: &str, pid: u32, language: u32) {
        self.memory.put_u32_opaque(PID, pid);
        self.memory.put_u32_opaque(LANGUAGE, language);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_millis());
        self.memory.put_u64_opaque(ATTACHED_AT, now as u64);
        let mut end = name.len().min(NAME_MAX);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        let mut text = [0; NAME_MAX];
        text[..end].copy_from_slice(&name.as_bytes()[..end]);
        self.memory.copy_from(PROCESS_NAME, &text);
    }

    pub fn number(&self) -> u32 {
        self.memory.u32_opaque(SESSION_NUMBER)
    }

    pub fn is_fenced(&self) -> bool {
        self.memory.u32_acquire(STATE) == STATE_FENCED
    }

    /// Lets go of the lock: the node buries the session, unless a fork still holds it.
    pub fn end(&self) {
        *self.file.lock().unwrap() = None;
        self.memory.vacate();
    }

    // ---- pins

    pub fn pin_limit(&self) -> u32 {
        self.memory.u32_opaque(PIN_LIMIT_OFFSET).min(PIN_LIMIT)
    }

    /// R2: opaque, to be followed by the fence of the pin.
    pub fn set_pin(&self, word: u32, location: u64) {
        self.memory
            .put_u64_opaque(PINS + u64::from(word) * 8, pool::pin_of(location));
    }

    /// R2: release, the last loads of the bytes come before the node's reuse.
    pub fn clear_pin(&self, word: u32) {
        self.memory.put_u64_release(PINS + u64::from(word) * 8, 0);
    }

    /// R2: release, before the fence of the first pin in one of these words.
    pub fn raise_high_water(&self, words: u32) {
        self.memory.put_u32_release(PIN_HIGH_WATER, words);
    }

    /// Makes the blocks of some pin words; false when there is no room.
    pub fn allocate_pins(&self, from: u32, to: u32) -> bool {
        let file = self.file.lock().unwrap();
        file.as_ref().is_some_and(|file| {
            file.allocate(PINS + u64::from(from) * 8, u64::from(to - from) * 8)
                .is_ok()
        })
    }

    // ---- accesses

    /// Counts an object that was got; the node looks when somebody asks.
    pub fn count_get(&self) {
        self.memory.add_u64(GETS, 1);
    }

    /// Reports an access, unless the same was reported before. `expiry` as the access found it.
    pub fn report_access(&self, id: Id, expiry: u64) {
        let fingerprint = id
            .first
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .wrapping_add(id.second)
            .wrapping_mul(0xD6E8_FEB8_6659_FD93)
            .wrapping_add(expiry);
        let recent = &self.recent[(fingerprint >> 40) as usize & (RECENT_COUNT - 1)];
        if recent.load(Ordering::Relaxed) == fingerprint {
            return;
        }
        let mut accesses = self.accesses.lock().unwrap();
        if !accesses.waiting.is_empty() || !self.append(&mut accesses, id) {
            // With a node away for long, what does not fit is dropped: the object is then as old as
            // its access before.
            if accesses.waiting.len() < WAITING_MAX {
                accesses.waiting.push_back(id);
            }
        }
        recent.store(fingerprint, Ordering::Relaxed);
    }

    /// Writes what had to wait, as far as the node has made room.
    pub fn flush_accesses(&self) {
        let mut accesses = self.accesses.lock().unwrap();
        while let Some(&id) = accesses.waiting.front() {
            if !self.append(&mut accesses, id) {
                return;
            }
            accesses.waiting.pop_front();
        }
    }

    /// R7: entry, then the tail with release; the head is loaded with acquire before an entry is reused.
    fn append(&self, accesses: &mut Accesses, id: Id) -> bool {
        if accesses
            .tail
            .wrapping_sub(self.memory.u64_acquire(ACCESS_HEAD))
            >= ACCESS_LIMIT
        {
            return false;
        }
        let entry = ACCESSES + (accesses.tail & (ACCESS_LIMIT - 1)) * 16;
        self.memory.put_u64_opaque(entry, id.first);
        self.memory.put_u64_opaque(entry + 8, id.second);
        accesses.tail += 1;
        self.memory.put_u64_release(ACCESS_TAIL, accesses.tail);
        true
    }

    // ---- notifications

    /// R6: acquire, to be loaded before looking at the index.
    pub fn notified(&self) -> u32 {
        self.memory.u32_acquire(NOTIFIED)
    }

    /// R6: sleeps while `notified` is what it was.
    pub fn await_notified(&self, seen: u32, time: Duration) {
        self.memory.futex_wait(NOTIFIED, seen, time);
    }

    /// Lets those who sleep look at other things than the index.
    pub fn wake_waiters(&self) {
        self.memory.futex_wake(NOTIFIED, i32::MAX);
    }

    // ---- lanes

    fn lane(number: u32) -> u64 {
        LANES + u64::from(number) * LANE
    }

    /// R8: release, after all bytes of the records before it: the commit. With the number n + 1 it
    /// closes extent n.
    pub fn put_tail(&self, lane: u32, extent: u64, offset: u64) {
        let tail = Self::lane(lane) + TAILS + (extent & 1) * 8;
        self.memory.put_u64_release(tail, position(extent, offset));
    }

    /// R8: acquire, before the extent is read.
    pub fn offered(&self, lane: u32) -> u64 {
        self.memory.u64_acquire(Self::lane(lane) + OFFERED)
    }

    /// Start and length of an extent, pool offset and bytes.
    pub fn extent(&self, lane: u32, extent: u64) -> (u64, u64) {
        let at = Self::lane(lane) + (extent & 1) * 16;
        (self.memory.u64_opaque(at), self.memory.u64_opaque(at + 8))
    }

    pub fn is_shared(&self, lane: u32) -> bool {
        self.memory.u32_acquire(Self::lane(lane) + KIND) == KIND_SHARED
    }

    pub fn is_lent(&self, lane: u32) -> bool {
        self.memory.u32_acquire(Self::lane(lane) + KIND) != KIND_FREE
    }

    /// Asks for an extent; the node is to be rung for.
    pub fn want(&self, lane: u32, extent: u64) {
        self.memory
            .put_u64_release(Self::lane(lane) + WANTED, extent);
    }

    pub fn is_waiting_for_offer(&self, lane: u32) -> bool {
        self.memory.u64_acquire(Self::lane(lane) + WANTED) > self.offered(lane)
    }

    /// R9: loaded before `answered`, and slept upon.
    pub fn answers(&self, lane: u32) -> u32 {
        self.memory.u32_acquire(Self::lane(lane) + ANSWERS)
    }

    pub fn await_answers(&self, lane: u32, seen: u32, time: Duration) {
        self.memory
            .futex_wait(Self::lane(lane) + ANSWERS, seen, time);
    }

    /// R9: acquire; the answer to the record at a position, and its incarnation.
    pub fn answer(&self, lane: u32, position: u64) -> Option<(u32, u64)> {
        let base = Self::lane(lane);
        (self.memory.u64_acquire(base + ANSWERED) == position).then(|| {
            (
                self.memory.u32_opaque(base + ANSWER),
                self.memory.u64_opaque(base + ANSWER_INCARNATION),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    /// A session's file made of the three golden parts of one.
    fn golden_session() -> Session {
        let memory = golden::scratch("session.bin", LENGTH);
        memory.copy_from(36_864, &golden::bytes("session-accesses.bin"));
        memory.copy_from(102_400, &golden::bytes("session-pins.bin"));
        Session::of(memory, None)
    }

    #[test]
    fn positions_are_those_of_java() {
        for [extent, offset, expected] in golden::rows("positions.bin") {
            assert_eq!(position(extent, offset), expected);
        }
    }

    #[test]
    fn the_golden_session_is_read() {
        let session = golden_session();
        assert_eq!(session.number(), 7);
        assert!(!session.is_fenced());
        assert_eq!(session.memory.u32_opaque(PIN_HIGH_WATER), 8);
        assert_eq!(session.accesses.lock().unwrap().tail, 2);
        assert_eq!(session.offered(0), 3);
        assert_eq!(session.extent(0, 2), (1 << 20, 256 << 10));
        assert_eq!(session.extent(0, 3), (8 << 20, 512 << 10));
        assert!(session.is_shared(0) && !session.is_shared(1) && session.is_lent(1));
        assert!(session.is_waiting_for_offer(0));
        assert!(!session.is_lent(2));
        let incarnation = 1_700_000_000_000 << 20 | 9;
        assert_eq!(
            session.answer(1, position(1, 0)),
            Some((ANSWER_CREATED, incarnation))
        );
        assert_eq!(session.answer(1, position(1, 16)), None);
        for (word, pin) in [
            (0, pool::pin_of(4096)),
            (1, 0),
            (3, pool::pin_of(1 << 40)),
            (7, 0),
        ] {
            assert_eq!(session.memory.u64_acquire(PINS + 8 * word), pin);
        }
    }

    /// All that a client writes into the golden file, written here over zeros.
    #[test]
    fn the_golden_session_is_written() {
        let expected = golden_session();
        let session = golden_session();
        for clear in [
            64,
            128,
            192,
            256,
            4096 + 64,
            4096 + 72,
            4096 + 80,
            4096 + 256 + 64,
            4096 + 256 + 72,
        ] {
            session.memory.put_u64_opaque(clear, 0);
        }
        session.memory.copy_from(ATTACHED_AT, &[0; 56]);
        session.memory.copy_from(ACCESSES, &[0; 32]);
        session.memory.copy_from(PINS, &[0; 64]);
        let session = Session::of(session.memory, None);

        session.introduce("größe", 4712, 3);
        session
            .memory
            .put_u64_opaque(ATTACHED_AT, expected.memory.u64_opaque(ATTACHED_AT));
        session.raise_high_water(8);
        session.set_pin(0, 4096);
        session.set_pin(3, 1 << 40);
        session.set_pin(5, 4096);
        session.clear_pin(5);
        for counter in [1, 2] {
            session.report_access(Id::anonymous(42, 7, counter), 0);
        }
        session.memory.put_u64_opaque(ACCESS_HEAD, 1); // as the node has read one
        session.put_tail(0, 2, 200 << 10);
        session.put_tail(0, 3, 64);
        session.want(0, 4);
        session.put_tail(1, 1, 60 << 20);

        for at in (0..LENGTH).step_by(8) {
            if at == 4096 + 256 + 64 + 8 {
                continue; // the tail of an extent that lane 1 does not have yet
            }
            let (is, should) = (
                session.memory.u64_opaque(at),
                expected.memory.u64_opaque(at),
            );
            assert_eq!(is, should, "at {at}: {is:x}, should be {should:x}");
        }
    }
}
