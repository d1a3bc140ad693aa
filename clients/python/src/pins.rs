//! The pin words of a session: the reader's side of R2, and I5.
//!
//! Words are given to pins one at a time under a lock that is held for nanoseconds and never while
//! anything waits; with the interpreter's lock nobody ever meets it. The word given back last is taken
//! first, as it is warm.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use crate::memory::{full_fence, pin_fence};
use crate::session::{PINS_ALLOCATED, PINS_PER_LINE, Session};

const ALLOCATION_STEP: u32 = 8192;

/// The table is full.
#[derive(Debug)]
pub struct TooManyPins {
    pub limit: u32,
}

pub struct Pins {
    words: Mutex<Words>,
    is_fenced: bool,
}

#[derive(Default)]
struct Words {
    free: Vec<u32>,
    /// By word: who needs it. One for the views of this process, one for each fork that may still read.
    holders: Vec<u32>,
    /// By word: what it pins. What the file says may be another process's by now, after a fork.
    locations: Vec<u64>,
    held: usize,
    allocated: u32,
    is_closed: bool,
    heirs: Option<HashMap<u32, u32>>,
}

/// Several pins under one lock, with one fence after the last.
pub struct Batch<'a> {
    words: MutexGuard<'a, Words>,
    session: &'a Session,
    is_fenced: bool,
}

impl Pins {
    /// `is_fenced`: whether each pin has a fence of its own; if not, the node has one take effect here
    /// before it reads the pins.
    pub fn new(is_fenced: bool) -> Pins {
        let words = Words {
            allocated: PINS_ALLOCATED,
            ..Words::default()
        };
        Pins {
            words: Mutex::new(words),
            is_fenced,
        }
    }

    /// None: closed.
    pub fn batch<'a>(&'a self, session: &'a Session) -> Option<Batch<'a>> {
        let words = self.words.lock().unwrap();
        (!words.is_closed).then_some(Batch {
            words,
            session,
            is_fenced: self.is_fenced,
        })
    }

    /// The last view of a pin has gone. From any thread, once for each pin.
    pub fn release(&self, session: &Session, word: u32) {
        self.words.lock().unwrap().give(session, word);
    }

    /// In a forked child that holds nothing of its own: an inherited view has gone.
    pub fn forget(&self, word: u32) {
        self.words.lock().unwrap().holders[word as usize] -= 1;
    }

    pub fn held(&self) -> usize {
        self.words.lock().unwrap().held
    }

    /// No pin from here on; answers whether none is left.
    pub fn close(&self) -> bool {
        let mut words = self.words.lock().unwrap();
        words.is_closed = true;
        words.held == 0
    }

    /// For a fork: all that is pinned now stays so until [`Self::release_all`].
    pub fn hold_all(&self) -> Vec<u32> {
        let mut words = self.words.lock().unwrap();
        let held: Vec<u32> = (0..words.holders.len() as u32)
            .filter(|&word| words.holders[word as usize] > 0)
            .collect();
        for &word in &held {
            words.holders[word as usize] += 1;
        }
        held
    }

    pub fn release_all(&self, session: &Session, held: &[u32]) {
        let mut words = self.words.lock().unwrap();
        for &word in held {
            words.give(session, word);
        }
    }

    /// In a forked child: pins what the process held at the fork in the child's own session, too. Views
    /// that were inherited end those pins ([`Self::heir`]). Nothing is looked at again: the parent
    /// holds its pins until it is told.
    pub fn bequeath(&self, heirs: &Pins, session: &Session) -> Result<(), TooManyPins> {
        let mut words = self.words.lock().unwrap();
        if words.heirs.is_some() {
            return Ok(());
        }
        let mut inherited = HashMap::new();
        if let Some(mut batch) = heirs.batch(session) {
            for word in 0..words.holders.len() {
                if words.holders[word] > 0 {
                    inherited.insert(word as u32, batch.pin(words.locations[word])?);
                }
            }
            batch.fence();
        }
        words.heirs = Some(inherited);
        Ok(())
    }

    /// The word of the child's session that stands for an inherited one.
    pub fn heir(&self, word: u32) -> Option<u32> {
        self.words
            .lock()
            .unwrap()
            .heirs
            .as_mut()
            .and_then(|heirs| heirs.remove(&word))
    }
}

impl Batch<'_> {
    /// Puts a pin, not fenced yet.
    pub fn pin(&mut self, location: u64) -> Result<u32, TooManyPins> {
        let word = match self.words.free.pop() {
            Some(word) => word,
            None => self.words.grow(self.session)?,
        };
        self.words.holders[word as usize] = 1;
        self.words.locations[word as usize] = location;
        self.words.held += 1;
        self.session.set_pin(word, location);
        Ok(word)
    }

    /// R2: between the stores of pins and the second look at the slots. A fence of its own, or the
    /// compiler's alone where the node has every processor pass one.
    pub fn fence(&self) {
        if self.is_fenced {
            full_fence()
        } else {
            pin_fence()
        }
    }

    /// Takes a pin back that came too late.
    pub fn unpin(&mut self, word: u32) {
        self.words.give(self.session, word);
    }
}

impl Words {
    fn give(&mut self, session: &Session, word: u32) {
        let holders = &mut self.holders[word as usize];
        *holders -= 1;
        if *holders == 0 {
            session.clear_pin(word);
            self.held -= 1;
            self.free.push(word);
        }
    }

    /// Takes another line into use and returns its first word.
    fn grow(&mut self, session: &Session) -> Result<u32, TooManyPins> {
        let first = self.holders.len() as u32;
        let end = first + PINS_PER_LINE;
        if end > session.pin_limit() {
            return Err(TooManyPins { limit: first });
        }
        if end > self.allocated {
            let allocated = (self.allocated + ALLOCATION_STEP).min(session.pin_limit());
            if !session.allocate_pins(self.allocated, allocated) {
                return Err(TooManyPins { limit: first });
            }
            self.allocated = allocated;
        }
        self.holders.resize(end as usize, 0);
        self.locations.resize(end as usize, 0);
        session.raise_high_water(end);
        self.free.extend((first + 1..end).rev());
        Ok(first)
    }
}
