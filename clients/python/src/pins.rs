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
    all: Vec<Word>,
    held: usize,
    allocated: u32,
    is_closed: bool,
    /// While there is one, no word is cleared: the child may be there already, and reads what its views
    /// show until [`Pins::hold_all`] keeps that for it.
    forks_under_way: u32,
    /// What is not cleared for that alone.
    deferred: Vec<u32>,
    heirs: Option<HashMap<u32, u32>>,
}

#[derive(Clone, Default)]
struct Word {
    /// What the file says may be another process's by now, after a fork.
    location: u64,
    /// Whether this process has a view.
    is_viewed: bool,
    /// Children that may still read.
    children: u32,
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
        self.words.lock().unwrap().end_view(session, word);
    }

    /// In a forked child that holds nothing of its own: an inherited view has gone.
    pub fn forget(&self, word: u32) {
        self.words.lock().unwrap().all[word as usize].is_viewed = false;
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

    /// Before a fork, however it ends: to be followed by [`Self::hold_all`].
    pub fn begin_fork(&self) {
        self.words.lock().unwrap().forks_under_way += 1;
    }

    /// After a fork, in the parent: all that the child may see stays until [`Self::release_all`].
    pub fn hold_all(&self) -> Vec<u32> {
        let mut guard = self.words.lock().unwrap();
        let words = &mut *guard;
        words.forks_under_way = words.forks_under_way.saturating_sub(1);
        let mut held = std::mem::take(&mut words.deferred);
        held.extend((0..words.all.len() as u32).filter(|&word| words.all[word as usize].is_viewed));
        for &word in &held {
            words.all[word as usize].children += 1;
        }
        held
    }

    pub fn release_all(&self, session: &Session, held: &[u32]) {
        let mut words = self.words.lock().unwrap();
        for &word in held {
            words.all[word as usize].children -= 1;
            words.clear_if_unused(session, word);
        }
    }

    /// In a forked child: pins what the inherited views show in the child's own session, too. They end
    /// those pins ([`Self::heir`]). Nothing is looked at again: the parent holds its pins until it is
    /// told. False: the heirs are closed. After a failure nothing is pinned.
    pub fn bequeath(&self, heirs: &Pins, session: &Session) -> Result<bool, TooManyPins> {
        let mut words = self.words.lock().unwrap();
        let Some(mut batch) = heirs.batch(session) else {
            return Ok(false);
        };
        let mut inherited = HashMap::new();
        for (number, word) in words.all.iter().enumerate() {
            if word.is_viewed {
                match batch.pin(word.location) {
                    Ok(heir) => inherited.insert(number as u32, heir),
                    Err(full) => {
                        inherited.into_values().for_each(|heir| batch.unpin(heir));
                        return Err(full);
                    }
                };
            }
        }
        batch.fence();
        words.heirs = Some(inherited);
        Ok(true)
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
        let state = &mut self.words.all[word as usize];
        state.location = location;
        state.is_viewed = true;
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
        self.words.end_view(self.session, word);
    }
}

impl Words {
    fn end_view(&mut self, session: &Session, word: u32) {
        self.all[word as usize].is_viewed = false;
        self.clear_if_unused(session, word);
    }

    fn clear_if_unused(&mut self, session: &Session, word: u32) {
        let state = &self.all[word as usize];
        if state.is_viewed || state.children > 0 {
            return;
        }
        if self.forks_under_way > 0 {
            self.deferred.push(word);
            return;
        }
        session.clear_pin(word);
        self.held -= 1;
        self.free.push(word);
    }

    /// Takes another line into use and returns its first word.
    fn grow(&mut self, session: &Session) -> Result<u32, TooManyPins> {
        let first = self.all.len() as u32;
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
        self.all.resize(end as usize, Word::default());
        session.raise_high_water(end);
        self.free.extend((first + 1..end).rev());
        Ok(first)
    }
}
