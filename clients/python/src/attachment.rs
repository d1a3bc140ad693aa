//! One store, mapped, with this process's session at it: look-ups and pins, the reader's side of R1,
//! R2 and R3. It outlives the client and the store's retirement as long as a view needs it.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::files::{File, Folder};
use crate::fork::Marker;
use crate::index::{self, Entry, Index};
use crate::kill_points;
use crate::lanes::Lanes;
use crate::memory::{Mapping, acquire_fence};
use crate::metadata::Name;
use crate::pins::{Pins, TooManyPins};
use crate::pool::{self, Id};
use crate::session::{LANE_COUNT, Session};
use crate::store::{self, Store};

/// Why a store is not attached to, or not read.
#[derive(Debug)]
pub enum Failure {
    Io(io::Error),
    /// The node has not finished it, or has retired it: try again.
    NotReady,
    OtherLayout(u64),
    /// A slot that says what cannot be.
    Corrupt(String),
    TooManyPins(TooManyPins),
    /// Attach anew: the store is retired, the session is over, or this process was forked off.
    Stale,
}

impl From<io::Error> for Failure {
    fn from(failure: io::Error) -> Failure {
        Failure::Io(failure)
    }
}

impl From<TooManyPins> for Failure {
    fn from(full: TooManyPins) -> Failure {
        Failure::TooManyPins(full)
    }
}

/// Bytes that do not change until they are released.
pub struct Pinned {
    pub word: u32,
    pub location: u64,
    pub payload: u64,
    pub size: u64,
    pub metadata: u64,
    pub incarnation: u64,
}

impl Pinned {
    fn of(entry: &Entry, word: u32) -> Pinned {
        Pinned {
            word,
            location: entry.location,
            payload: pool::payload_offset(entry.location, entry.metadata, entry.payload),
            size: entry.payload,
            metadata: entry.metadata,
            incarnation: entry.incarnation,
        }
    }
}

pub struct Attachment {
    pub store: Store,
    index: Index,
    /// Mapped read-only: views of it cannot be written through.
    pub pool: Mapping,
    /// That very file, whatever has its name later; opened for reading.
    pub pool_file: File,
    folder: Folder,
    session: OnceLock<Session>,
    pub pins: Pins,
    lanes: OnceLock<Lanes>,
    marker: Marker,
    /// The node has forgotten the session, or the client was closed.
    is_over: AtomicBool,
    warmer: Mutex<Option<Thread>>,
    /// In a forked child: the attachment that holds what was inherited.
    heir: OnceLock<Arc<Attachment>>,
}

impl Attachment {
    pub fn open(path: &Path) -> Result<Attachment, Failure> {
        let folder = Folder::open(path)?;
        let store = Store::new(
            folder
                .file(store::NAME, store::LENGTH, false)?
                .map(store::LENGTH, false)?,
        );
        let layout = store.layout();
        if layout == 0 || store.is_retired() {
            return Err(Failure::NotReady);
        }
        if layout != store::LAYOUT {
            return Err(Failure::OtherLayout(layout));
        }
        let index_length = index::length(store.bucket_limit(), store.overflow_limit())
            .ok_or_else(|| Failure::Corrupt("the limits of the index".into()))?;
        let index = folder
            .file(index::NAME, index_length, false)?
            .map(index_length, false)?;
        let pool_length = store.pool_length();
        let pool_file = folder.file(pool::NAME, pool_length, false)?;
        let pool = pool_file.map(pool_length, false)?;
        Ok(Attachment {
            index: Index::new(&store, index),
            pins: Pins::new(!store.has_barriers()),
            store,
            pool,
            pool_file,
            folder,
            session: OnceLock::new(),
            lanes: OnceLock::new(),
            marker: Marker::new()?,
            is_over: AtomicBool::new(false),
            warmer: Mutex::new(None),
            heir: OnceLock::new(),
        })
    }

    /// Opens and locks the session that the node offered.
    pub fn attach(&self, session: &str, process_name: &str) -> Result<u32, Failure> {
        let session = Session::open(&self.folder, session, process_name)?;
        let number = session.number();
        self.session.set(session).map_err(|_| Failure::Stale)?;
        Ok(number)
    }

    pub fn session(&self) -> Result<&Session, Failure> {
        self.session.get().ok_or(Failure::Stale)
    }

    /// What every call asks first.
    pub fn check(&self) -> Result<(), Failure> {
        if self.store.is_retired() || self.is_over.load(Ordering::Relaxed) || self.is_forked_child()
        {
            return Err(Failure::Stale);
        }
        Ok(())
    }

    pub fn is_forked_child(&self) -> bool {
        self.marker.is_forked_child()
    }

    pub fn end_calls(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    // ---- reading

    /// I9: no index, however damaged, makes a reader fault.
    fn is_in_pool(&self, entry: &Entry) -> bool {
        let length = self.pool.len() as u64;
        (pool::DATA_OFFSET..length).contains(&entry.location)
            && entry.location.is_multiple_of(pool::GRANULE)
            && entry.metadata <= pool::METADATA_MAX
            && self.pool.has(
                pool::payload_offset(entry.location, entry.metadata, entry.payload),
                entry.payload,
            )
    }

    /// An entry whose record lies in the pool; not pinned yet.
    pub fn find(&self, id: Id) -> Result<Option<Entry>, Failure> {
        loop {
            let Some(entry) = self.index.find(&self.store, id) else {
                return Ok(None);
            };
            if self.is_in_pool(&entry) {
                return Ok(Some(entry));
            }
            if self.is_unchanged(&entry) {
                return Err(Failure::Corrupt(format!(
                    "a record of {} bytes at {} of a pool of {}",
                    entry.payload,
                    entry.location,
                    self.pool.len()
                )));
            }
        }
    }

    /// R1: the same word, generation and all, means that everything read before belonged together.
    pub fn is_unchanged(&self, entry: &Entry) -> bool {
        acquire_fence();
        self.index.state(entry.slot) == entry.state
    }

    pub fn has_name(&self, name: Option<&Name>, location: u64, metadata: u64) -> bool {
        name.is_none_or(|name| name.is_of(&self.pool, location + pool::HEADER, metadata))
    }

    /// Looks an object up and pins it. None: the index does not show it.
    pub fn pin(&self, id: Id, name: Option<&Name>) -> Result<Option<Pinned>, Failure> {
        let session = self.session()?;
        while let Some(entry) = self.find(id)? {
            let mut batch = self.pins.batch(session).ok_or(Failure::Stale)?;
            let word = batch.pin(entry.location)?;
            kill_points::at("pin-stored");
            batch.fence(); // R2
            if self.index.state(entry.slot) != entry.state {
                batch.unpin(word);
                continue;
            }
            if !self.has_name(name, entry.location, entry.metadata) {
                batch.unpin(word);
                return Ok(None);
            }
            drop(batch);
            self.report_access(session, id, &entry);
            kill_points::at("pinned");
            return Ok(Some(Pinned::of(&entry, word)));
        }
        Ok(None)
    }

    /// As [`Self::pin`] for many, with one fence for all of them. Buckets are touched first, so that
    /// their cache misses overlap. On a failure no pin stays.
    pub fn pin_all(
        &self,
        ids: &[Id],
        names: &[Option<Name>],
    ) -> Result<Vec<Option<Pinned>>, Failure> {
        const AT_A_TIME: usize = 128;
        let mut found = Vec::with_capacity(ids.len());
        for (ids, names) in ids.chunks(AT_A_TIME).zip(names.chunks(AT_A_TIME)) {
            if let Err(failure) = self.pin_chunk(ids, names, &mut found) {
                for pinned in found.into_iter().flatten() {
                    let pinned: Pinned = pinned;
                    self.release(pinned.word);
                }
                return Err(failure);
            }
        }
        Ok(found)
    }

    fn pin_chunk(
        &self,
        ids: &[Id],
        names: &[Option<Name>],
        found: &mut Vec<Option<Pinned>>,
    ) -> Result<(), Failure> {
        let session = self.session()?;
        for &id in ids {
            self.index.prefetch(id);
        }
        let first = found.len();
        let mut entries = Vec::with_capacity(ids.len());
        let mut batch = self.pins.batch(session).ok_or(Failure::Stale)?;
        for &id in ids {
            let entry = self.find(id)?;
            found.push(match &entry {
                Some(entry) => Some(Pinned::of(entry, batch.pin(entry.location)?)),
                None => None,
            });
            entries.push(entry);
        }
        batch.fence(); // R2
        let mut again = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let (Some(entry), Some(pinned)) = (entry, &found[first + at]) else {
                continue;
            };
            let is_same = self.index.state(entry.slot) == entry.state;
            if !is_same || !self.has_name(names[at].as_ref(), entry.location, entry.metadata) {
                batch.unpin(pinned.word);
                found[first + at] = None;
                if !is_same {
                    again.push(at);
                }
            }
        }
        drop(batch);
        for (at, entry) in entries.iter().enumerate() {
            if let (Some(entry), Some(_)) = (entry, &found[first + at]) {
                self.report_access(session, ids[at], entry);
            }
        }
        for at in again {
            found[first + at] = self.pin(ids[at], names[at].as_ref())?;
        }
        Ok(())
    }

    pub fn shows(&self, id: Id) -> bool {
        self.index.find(&self.store, id).is_some()
    }

    /// Counts an access, and tells the node of one that it does not know of: the last one that it does
    /// is the expiry less idle time and granularity.
    pub fn report_access(&self, session: &Session, id: Id, entry: &Entry) {
        session.count_get();
        let expiry = self.index.expiry(entry.slot);
        if expiry != 0 {
            let idle = self.index.idle(entry.slot);
            if idle != 0 && expiry.saturating_sub(idle) <= self.store.now() {
                session.report_access(id, expiry);
            }
        }
    }

    /// The last view of a pin has gone.
    pub fn release(&self, word: u32) {
        let Some(session) = self.session.get() else {
            return;
        };
        if !self.is_forked_child() {
            self.pins.release(session, word);
        } else if let Some(heir) = self.heir.get() {
            if let Some(word) = self.pins.heir(word) {
                heir.release(word);
            }
        } else {
            self.pins.forget(word); // the pin is the parent's
        }
    }

    /// In a forked child: see [`Pins::bequeath`].
    pub fn bequeath(&self, heir: &Arc<Attachment>) -> Result<(), Failure> {
        if self.heir.get().is_none() {
            if !self.pins.bequeath(&heir.pins, heir.session()?)? {
                return Err(Failure::Stale);
            }
            // Set once: bequests are made under the client's lock.
            let _ = self.heir.set(heir.clone());
        }
        Ok(())
    }

    /// Lets go of the session's lock. In a forked child: of the parent's, whose bytes it has pinned
    /// itself and the node knows; else that session would live as long as this process.
    pub fn end_session(&self) {
        if let Some(session) = self.session.get() {
            session.end();
        }
    }

    // ---- writing

    /// What it takes to write; mapped at the first use.
    pub fn lanes(&self) -> Result<&Lanes, Failure> {
        if let Some(lanes) = self.lanes.get() {
            return Ok(lanes);
        }
        let length = self.pool.len() as u64;
        let pool = self
            .folder
            .file(pool::NAME, length, true)?
            .map(length, true)?;
        Ok(self.lanes.get_or_init(|| Lanes::new(pool)))
    }

    pub fn lanes_if_any(&self) -> Option<&Lanes> {
        self.lanes.get()
    }

    /// None, too, in a forked child: the lanes are the parent's, and a thread that is not there may hold
    /// their lock.
    pub fn own_lanes_if_any(&self) -> Option<&Lanes> {
        self.lanes.get().filter(|_| !self.is_forked_child())
    }

    /// Has a thread in the background warm what the node offers; at once, if it did so before.
    pub fn warm_soon(self: &Arc<Self>) {
        let mut warmer = self.warmer.lock().unwrap();
        if let Some(thread) = &*warmer {
            thread.unpark();
            return;
        }
        let weak = Arc::downgrade(self);
        let spawned = thread::Builder::new()
            .name("tokamak-warm".into())
            .spawn(move || {
                let mut warmed = [0; LANE_COUNT as usize];
                while let Some(attachment) = weak.upgrade() {
                    let is_waiting = attachment.warm_offers(&mut warmed);
                    let is_over = attachment.is_over.load(Ordering::Relaxed);
                    drop(attachment);
                    if is_over {
                        return;
                    }
                    thread::park_timeout(Duration::from_millis(if is_waiting { 1 } else { 200 }));
                }
            });
        if let Ok(handle) = spawned {
            *warmer = Some(handle.thread().clone()); // if not, the puts warm for themselves
        }
    }

    fn warm_offers(&self, warmed: &mut [u64]) -> bool {
        match (self.lanes.get(), self.session.get()) {
            (Some(lanes), Some(session)) => lanes.warm_offers(session, warmed),
            _ => false,
        }
    }
}
