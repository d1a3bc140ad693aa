//! The lanes of a session: leased extents of the pool and their tails; the client's side of R8 and R9.
//!
//! A lane is a value: who has taken it out of [`Lanes`] has it alone. With the interpreter's lock one
//! lane serves all small puts, and stays warm; a put that lets go of it takes its lane along.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::kill_points;
use crate::memory::Mapping;
use crate::pool::{self, BLOCK, DATA_OFFSET, Id};
use crate::session::{LANE_COUNT, Session, position};
use crate::store::Store;

/// A lease costs less than 5 % of a copy of so many bytes.
const SHARED_RECORD_MAX: u64 = 8 << 20;
/// What part of a pool the extents of shared lanes may take, as the node has it: larger records would not
/// fit beside the lanes that others hold.
const POOL_TO_EXTENT: u64 = 64;

const SHARED_MAX: usize = LANE_COUNT as usize * 3 / 4;
const IDLE: Duration = Duration::from_secs(10);
const CHUNK: u64 = 1 << 20;
const WARM_STEP: u64 = 1 << 20;
const COUNTERS_AT_A_TIME: u64 = 1 << 12;

/// Which parts of the pool this process has touched: a page that was not costs a fault at the first
/// copy, which makes the copy five to fifty times slower. What two threads warm at once is warmed
/// twice, without harm.
pub struct WarmPages {
    /// A bit for each chunk of 1 MiB.
    chunks: Box<[AtomicU32]>,
}

impl WarmPages {
    pub fn new(pool: &Mapping) -> WarmPages {
        let words = pool.len() / CHUNK as usize / 32 + 1;
        WarmPages {
            chunks: (0..words).map(|_| AtomicU32::new(0)).collect(),
        }
    }

    /// Makes a range of the pool, and what else lies in its chunks, ready to be written.
    pub fn warm(&self, pool: &Mapping, start: u64, end: u64) -> io::Result<()> {
        for chunk in start / CHUNK..end.div_ceil(CHUNK) {
            let word = &self.chunks[chunk as usize / 32];
            let bit = 1 << (chunk % 32);
            if word.load(Ordering::Relaxed) & bit == 0 {
                let from = chunk * CHUNK;
                pool.populate_write(from, CHUNK.min(pool.len() as u64 - from))?;
                word.fetch_or(bit, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}

pub struct Lane {
    pub number: u32,
    extent: u64,
    start: u64,
    end: u64,
    tail: u64,
    warm_end: u64,
    next_is_wanted: bool,
    next_counter: u64,
    counter_end: u64,
    commits: u64,
    commits_seen: u64,
    idle_since: Instant,
}

/// What the lanes of a session share.
pub struct Lanes {
    /// The pool, mapped for writing; views never come from it.
    pub pool: Mapping,
    pub pages: WarmPages,
    state: Mutex<State>,
    given: Condvar,
    next_counter: AtomicU64,
    /// By lane: whether it is held here.
    held: Box<[AtomicBool]>,
}

#[derive(Default)]
struct State {
    idle: Vec<Lane>,
    /// Shared lanes: numbers, whether idle or taken.
    shared: Vec<u32>,
    /// To be given back to the node, which is a call.
    returns: Vec<u32>,
    is_closed: bool,
}

/// What [`Lanes::take`] found.
pub enum Taken {
    Lane(Lane),
    /// The node is to be asked for a lane.
    None,
    Closed,
}

impl Lanes {
    pub fn new(pool: Mapping) -> Lanes {
        Lanes {
            pages: WarmPages::new(&pool),
            pool,
            state: Mutex::default(),
            given: Condvar::new(),
            next_counter: AtomicU64::new(0),
            held: (0..LANE_COUNT).map(|_| AtomicBool::new(false)).collect(),
        }
    }

    /// The largest payload for a shared lane; larger ones get a lane of their own.
    pub fn shared_payload_max(&self) -> u64 {
        SHARED_RECORD_MAX.min(self.pool.len() as u64 / POOL_TO_EXTENT)
    }

    pub fn take(&self) -> Taken {
        let mut state = self.state.lock().unwrap();
        if state.is_closed {
            return Taken::Closed;
        }
        state.idle.pop().map_or(Taken::None, Taken::Lane)
    }

    /// Whether another lane may be leased; waits a moment for one to be given if not.
    pub fn may_lease_or_wait(&self) -> bool {
        let state = self.state.lock().unwrap();
        if state.shared.len() < SHARED_MAX {
            return true;
        }
        drop(
            self.given
                .wait_timeout(state, Duration::from_millis(5))
                .unwrap(),
        );
        false
    }

    pub fn give(&self, lane: Lane) {
        self.state.lock().unwrap().idle.push(lane);
        self.given.notify_one();
    }

    /// A lane that the node has just leased. Fails when its extent cannot be one.
    pub fn begin(
        &self,
        session: &Session,
        number: u32,
        extent: u64,
        (start, length): (u64, u64),
        is_shared: bool,
    ) -> io::Result<Lane> {
        if number >= LANE_COUNT {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("lane {number}"),
            ));
        }
        self.held[number as usize].store(true, Ordering::Relaxed);
        let mut lane = Lane {
            number,
            extent: 0,
            start: 0,
            end: 0,
            tail: 0,
            warm_end: 0,
            next_is_wanted: false,
            next_counter: 0,
            counter_end: 0,
            commits: 0,
            commits_seen: 0,
            idle_since: Instant::now(),
        };
        kill_points::at("lane-begun");
        lane.enter(session, self, extent, start, length)?;
        if is_shared {
            self.state.lock().unwrap().shared.push(number);
        }
        Ok(lane)
    }

    /// Ends a lane that the caller has: what was committed is published, the rest is free once the
    /// node was told, see [`Self::take_returns`].
    pub fn end(&self, lane: Lane) {
        let mut state = self.state.lock().unwrap();
        state.shared.retain(|&number| number != lane.number);
        state.returns.push(lane.number);
    }

    /// Lanes that the node is to be told of; they do not count as held any more.
    pub fn take_returns(&self, closes: bool) -> Vec<u32> {
        let mut state = self.state.lock().unwrap();
        state.is_closed |= closes;
        let now = Instant::now();
        let (idle, kept): (Vec<Lane>, Vec<Lane>) = std::mem::take(&mut state.idle)
            .into_iter()
            .map(|lane| lane.seen_at(now))
            .partition(|lane| closes || now.duration_since(lane.idle_since) >= IDLE);
        state.idle = kept;
        for lane in idle {
            state.shared.retain(|&number| number != lane.number);
            state.returns.push(lane.number);
        }
        let returns = std::mem::take(&mut state.returns);
        for &number in &returns {
            self.held[number as usize].store(false, Ordering::Relaxed);
        }
        returns
    }

    /// Whether somebody writes, or may still write.
    pub fn is_used(&self) -> bool {
        self.held.iter().any(|held| held.load(Ordering::Relaxed))
    }

    /// Lanes that the node lent and nobody here knows of, as the answer was lost.
    pub fn lost(&self, session: &Session) -> Vec<u32> {
        (0..LANE_COUNT)
            .filter(|&lane| {
                session.is_lent(lane) && !self.held[lane as usize].load(Ordering::Relaxed)
            })
            .collect()
    }

    /// Warms the extents that the node has offered, beside whoever has the lanes. Whether one was
    /// asked for that is not offered yet.
    pub fn warm_offers(&self, session: &Session, warmed: &mut [u64]) -> bool {
        let shared = self.state.lock().unwrap().shared.clone();
        let mut is_waiting = false;
        for lane in shared {
            let offered = session.offered(lane);
            if warmed[lane as usize] != offered {
                warmed[lane as usize] = offered;
                let (start, length) = session.extent(lane, offered);
                if start >= DATA_OFFSET && self.pool.has(start, length) {
                    // If not, the put that comes to these pages says so.
                    let _ = self.pages.warm(&self.pool, start, start + length);
                }
            }
            is_waiting |= session.is_waiting_for_offer(lane);
        }
        is_waiting
    }

    /// An id for an object that is not written into a shared lane.
    pub fn next_id(&self, store: &Store, session: &Session) -> Id {
        let counter = self.next_counter.fetch_add(1, Ordering::Relaxed);
        Id::anonymous(store.number(), session.number(), counter)
    }
}

impl Lane {
    /// Idle is what nobody commits to between two looks: a clock at each put would cost a tenth of it.
    fn seen_at(mut self, now: Instant) -> Lane {
        if self.commits != self.commits_seen {
            self.commits_seen = self.commits;
            self.idle_since = now;
        }
        self
    }

    /// Goes on in another extent, from its beginning; the one before is closed by that (R8).
    pub fn enter(
        &mut self,
        session: &Session,
        lanes: &Lanes,
        extent: u64,
        start: u64,
        length: u64,
    ) -> io::Result<()> {
        if start < DATA_OFFSET
            || length == 0
            || !start.is_multiple_of(BLOCK)
            || !lanes.pool.has(start, length)
        {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("lane {} was lent {length} bytes at {start}", self.number),
            ));
        }
        self.extent = extent;
        self.start = start;
        self.end = start + length;
        self.tail = start;
        self.warm_end = start;
        self.next_is_wanted = false;
        session.put_tail(self.number, extent, 0);
        kill_points::at("extent-entered");
        Ok(())
    }

    /// Enters the extent that the node has offered, if it has.
    pub fn advance(&mut self, session: &Session, lanes: &Lanes) -> io::Result<bool> {
        let offered = session.offered(self.number);
        if offered != self.extent + 1 {
            return Ok(false);
        }
        let (start, length) = session.extent(self.number, offered);
        self.enter(session, lanes, offered, start, length)?;
        Ok(true)
    }

    pub fn fits(&self, metadata: u64, payload: u64) -> bool {
        pool::record_end(self.tail, metadata, payload) <= self.end
    }

    /// Pool offset of the next record.
    pub fn location(&self) -> u64 {
        self.tail
    }

    pub fn is_warm(&self, up_to: u64) -> bool {
        up_to <= self.warm_end
    }

    /// Makes the extent ready to be written up to an offset, and a little more.
    pub fn warm(&mut self, lanes: &Lanes, up_to: u64) -> io::Result<()> {
        if !self.is_warm(up_to) {
            let next = self.end.min(up_to.max(self.warm_end + WARM_STEP));
            lanes.pages.warm(&lanes.pool, self.warm_end, next)?;
            self.warm_end = next;
        }
        Ok(())
    }

    /// A new id for an anonymous object.
    pub fn next_id(&mut self, lanes: &Lanes, store: &Store, session: &Session) -> Id {
        if self.next_counter == self.counter_end {
            self.next_counter = lanes
                .next_counter
                .fetch_add(COUNTERS_AT_A_TIME, Ordering::Relaxed);
            self.counter_end = self.next_counter + COUNTERS_AT_A_TIME;
        }
        self.next_counter += 1;
        Id::anonymous(store.number(), session.number(), self.next_counter - 1)
    }

    /// Writes metadata and header of the record at [`Self::location`], whose payload is in its place,
    /// and commits it (R8): all its bytes were written, by this thread or by threads it has waited
    /// for. Answers the record's position; the node is not rung for yet (R5).
    pub fn commit(
        &mut self,
        session: &Session,
        pool: &Mapping,
        id: Id,
        metadata: &[u8],
        payload: u64,
    ) -> u64 {
        let location = self.tail;
        if !metadata.is_empty() {
            pool.copy_from(location + pool::HEADER, metadata);
        }
        kill_points::at("metadata-written");
        pool::write_header(pool, location, id, payload, metadata.len() as u32);
        kill_points::at("header-written");
        let committed = position(self.extent, location - self.start);
        self.tail = pool::record_end(location, metadata.len() as u64, payload);
        self.commits += 1;
        session.put_tail(self.number, self.extent, self.tail - self.start);
        kill_points::at("tail-stored");
        committed
    }

    /// Asks for the next extent when half of this one is used; whether it did so just now.
    pub fn want_next(&mut self, session: &Session, pool: &Mapping) -> bool {
        if self.next_is_wanted || self.tail - self.start < self.end - self.tail {
            return false;
        }
        self.next_is_wanted = true;
        if !session.is_shared(self.number) || session.offered(self.number) != self.extent {
            return false;
        }
        session.want(self.number, self.extent + 1);
        pool::ring(pool);
        true
    }
}
