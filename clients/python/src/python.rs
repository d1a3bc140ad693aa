//! The attachment as Python sees it.

use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use crate::attachment::{Attachment, Failure, Pinned};
use crate::buffers::Held;
use crate::copier;
use crate::decoding::Decoding;
use crate::kill_points;
use crate::lanes::{Lane, Lanes, Taken};
use crate::metadata::{MediaType, Name};
use crate::objects::{Found, Stored, Wanted, Writing};
use crate::pool::{self, Id};
use crate::reference::Ref;
use crate::session::{ANSWER_CREATED, ANSWER_EXISTS, Session};

pyo3::create_exception!(
    _native,
    Stale,
    pyo3::exceptions::PyException,
    "Attach anew."
);
pyo3::create_exception!(
    _native,
    NotReady,
    pyo3::exceptions::PyException,
    "The node is not there yet."
);
pyo3::create_exception!(
    _native,
    OtherLayout,
    pyo3::exceptions::PyException,
    "Of another release."
);
pyo3::create_exception!(
    _native,
    Corrupt,
    pyo3::exceptions::PyException,
    "The index makes no sense."
);
pyo3::create_exception!(
    _native,
    TooManyPins,
    pyo3::exceptions::PyException,
    "The pin table is full."
);
pyo3::create_exception!(
    _native,
    Fenced,
    pyo3::exceptions::PyException,
    "Nothing new is accepted."
);
pyo3::create_exception!(
    _native,
    Unanswered,
    pyo3::exceptions::PyException,
    "A named put may take place."
);
pyo3::create_exception!(
    _native,
    Refused,
    pyo3::exceptions::PyException,
    "The name was not claimed."
);

/// Longer copies let other threads of the interpreter run.
pub const ATTACHED_COPY_MAX: u64 = 64 << 10;
const SPIN: Duration = Duration::from_micros(20);
const SLEEP_MAX: Duration = Duration::from_millis(50);
const TIMEOUT_MAX: Duration = Duration::from_secs(1 << 30);
const MEDIA_TYPES_MAX: usize = 256;
const OCTET_STREAM: &str = "application/octet-stream";

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> PyErr {
        match failure {
            Failure::Io(failure) => failure.into(),
            Failure::NotReady => NotReady::new_err("its store is not ready yet"),
            Failure::OtherLayout(layout) => OtherLayout::new_err(format!("layout {layout:x}")),
            Failure::Corrupt(what) => Corrupt::new_err(what),
            Failure::TooManyPins(full) => TooManyPins::new_err((full.limit,)),
            Failure::Stale => Stale::new_err(()),
        }
    }
}

/// An id of 16 bytes, or a pair of namespace and key.
pub fn target(target: &Bound<'_, PyAny>) -> PyResult<(Id, Option<Name>)> {
    if let Ok(bytes) = target.cast::<PyBytes>() {
        return Ok((id(bytes.as_bytes())?, None));
    }
    let pair = target.cast::<PyTuple>()?;
    if pair.len() != 2 {
        return Err(PyTypeError::new_err(
            "a name is a pair of namespace and key",
        ));
    }
    let (namespace, key) = (pair.get_item(0)?, pair.get_item(1)?);
    let name = Name::new(
        namespace.cast::<PyString>()?.to_str()?,
        key.cast::<PyString>()?.to_str()?,
    );
    Ok((name.id, Some(name)))
}

fn id(bytes: &[u8]) -> PyResult<Id> {
    let bytes = bytes.try_into().map_err(|_| {
        PyValueError::new_err(format!("an id has 16 bytes, this one {}", bytes.len()))
    })?;
    Ok(Id::of(bytes))
}

pub fn seconds(time: f64) -> Duration {
    Duration::try_from_secs_f64(time.max(0.0)).unwrap_or(Duration::MAX)
}

/// The id that everyone computes from a name.
#[pyfunction]
pub fn named_id<'py>(py: Python<'py>, namespace: &str, key: &str) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &Name::new(namespace, key).id.bytes())
}

/// A media type as it is stored, and as a Python string.
type Interned = (Box<[u8]>, Py<PyString>);

/// Media types as Python strings, one of each.
#[derive(Default)]
pub struct MediaTypes(Mutex<Vec<Interned>>);

impl MediaTypes {
    pub fn get<'py>(
        &self,
        py: Python<'py>,
        media_type: &MediaType,
    ) -> PyResult<Bound<'py, PyString>> {
        let bytes = media_type.as_bytes();
        if bytes.is_empty() {
            return Ok(pyo3::intern!(py, "application/octet-stream").clone());
        }
        let mut known = self.0.lock().unwrap();
        if let Some(at) = known.iter().position(|(key, _)| **key == *bytes) {
            if at > 0 {
                known.swap(at, at - 1); // the frequent ones move to the front
                return Ok(known[at - 1].1.bind(py).clone());
            }
            return Ok(known[0].1.bind(py).clone());
        }
        let text = PyString::intern(py, std::str::from_utf8(bytes).unwrap_or(OCTET_STREAM));
        if known.len() < MEDIA_TYPES_MAX {
            known.push((bytes.into(), text.clone().unbind()));
        }
        Ok(text)
    }
}

pub struct Shared {
    pub attachment: Arc<Attachment>,
    pub media_types: MediaTypes,
}

#[pyclass(frozen, name = "Attachment", module = "tokamak._native")]
pub struct PyAttachment {
    shared: Arc<Shared>,
}

impl PyAttachment {
    pub fn attachment(&self) -> &Attachment {
        &self.shared.attachment
    }

    fn found(&self, py: Python<'_>, id: Id, pinned: Pinned) -> PyResult<Py<Found>> {
        Py::new(py, self.pinned(id, pinned))
    }

    fn pinned(&self, id: Id, pinned: Pinned) -> Found {
        Found {
            shared: self.shared.clone(),
            id,
            pinned,
        }
    }

    pub fn check_writable(&self) -> PyResult<(&Session, &Lanes)> {
        self.attachment().check()?;
        let session = self.attachment().session()?;
        if session.is_fenced() {
            return Err(Fenced::new_err(session.number()));
        }
        Ok((session, self.attachment().lanes()?))
    }

    /// Waits for the node's answer to a named record (R9), and for nothing else.
    pub fn await_answer(
        &self,
        py: Python<'_>,
        lane: u32,
        position: u64,
        timeout: f64,
    ) -> PyResult<(bool, u64)> {
        let deadline = Instant::now() + seconds(timeout).min(TIMEOUT_MAX);
        let session = self.attachment().session()?;
        let mut answer = None;
        py.detach(|| {
            let begun = Instant::now();
            while answer.is_none() && begun.elapsed() < SPIN {
                answer = session.answer(lane, position);
                std::hint::spin_loop();
            }
        });
        loop {
            let seen = session.answers(lane);
            answer = answer.or_else(|| session.answer(lane, position));
            if let Some((what, incarnation)) = answer {
                return match what {
                    ANSWER_CREATED => Ok((true, incarnation)),
                    ANSWER_EXISTS => Ok((false, incarnation)),
                    _ if session.is_fenced() => Err(Fenced::new_err(session.number())),
                    _ => Err(Refused::new_err(())),
                };
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Unanswered::new_err(()));
            }
            py.detach(|| session.await_answers(lane, seen, left.min(SLEEP_MAX)));
            py.check_signals()?;
        }
    }

    /// Writes an object and commits it, or says what it takes.
    fn store(
        slf: &Bound<'_, Self>,
        parts: &Bound<'_, PyAny>,
        metadata: &[u8],
        named: Option<Id>,
        timeout: f64,
    ) -> PyResult<Result<Stored, Wanted>> {
        let py = slf.py();
        let this = slf.get();
        let (session, lanes) = this.check_writable()?;
        let held = Held::of(parts)?;
        let sources = held.parts();
        let size = copier::total(sources);
        let metadata_length = metadata.len() as u64;
        let is_single = size > lanes.shared_payload_max();
        let wanted = |lane| {
            let wanted = Wanted::new(slf, lane, metadata_length, size, is_single);
            Ok(Err(wanted))
        };
        if is_single {
            return wanted(None);
        }
        let mut lane = loop {
            match lanes.take() {
                Taken::Closed => return Err(Stale::new_err(())),
                Taken::Lane(lane) => break lane,
                Taken::None if py.detach(|| lanes.may_lease_or_wait()) => return wanted(None),
                Taken::None => py.check_signals()?,
            }
        };
        kill_points::at("lane-taken");
        if !lane.fits(metadata_length, size) {
            let advanced = lane.advance(session, lanes);
            this.shared.attachment.warm_soon();
            match advanced {
                Ok(true) if lane.fits(metadata_length, size) => {}
                Ok(_) => return wanted(Some(lane)),
                Err(failure) => {
                    lanes.give(lane);
                    return Err(failure.into());
                }
            }
        }
        let payload = pool::payload_offset(lane.location(), metadata_length, size);
        let end = payload + size + pool::GRANULE;
        let write = |lane: &mut Lane| {
            lane.warm(lanes, end)?;
            copier::copy_small(sources, &lanes.pool, payload);
            kill_points::at("payload-written");
            Ok::<(), std::io::Error>(())
        };
        let written = if size > ATTACHED_COPY_MAX || !lane.is_warm(end) {
            py.detach(|| write(&mut lane))
        } else {
            write(&mut lane)
        };
        if let Err(failure) = written {
            lanes.give(lane);
            return Err(failure.into());
        }
        let object =
            named.unwrap_or_else(|| lane.next_id(lanes, &this.attachment().store, session));
        let position = lane.commit(session, &lanes.pool, object, metadata, size);
        if lane.want_next(session, &lanes.pool) {
            this.shared.attachment.warm_soon();
        }
        let answer = if named.is_some() {
            pool::ring(&lanes.pool);
            kill_points::at("rung");
            this.await_answer(py, lane.number, position, timeout)
        } else {
            pool::ring_if_wanted(&this.attachment().store, &lanes.pool);
            kill_points::at("rung");
            Ok((true, 0))
        };
        kill_points::at("answered");
        lanes.give(lane);
        let (created, incarnation) = answer?;
        Ok(Ok(Stored {
            id: object,
            size,
            incarnation,
            created,
        }))
    }
}

#[pymethods]
impl PyAttachment {
    #[new]
    fn open(folder: PathBuf) -> PyResult<PyAttachment> {
        let attachment = Arc::new(Attachment::open(&folder)?);
        let shared = Arc::new(Shared {
            attachment,
            media_types: MediaTypes::default(),
        });
        Ok(PyAttachment { shared })
    }

    #[classattr]
    fn layout() -> u64 {
        crate::store::LAYOUT
    }

    fn attach(&self, session: &str, process_name: &str) -> PyResult<u32> {
        Ok(self.attachment().attach(session, process_name)?)
    }

    fn check(&self) -> PyResult<()> {
        Ok(self.attachment().check()?)
    }

    #[getter]
    fn is_retired(&self) -> bool {
        self.attachment().store.is_retired()
    }

    #[getter]
    fn is_forked_child(&self) -> bool {
        self.attachment().is_forked_child()
    }

    #[getter]
    fn store_number(&self) -> u32 {
        self.attachment().store.number()
    }

    #[getter]
    fn now_millis(&self) -> u64 {
        self.attachment().store.now()
    }

    #[getter]
    fn pins(&self) -> usize {
        self.attachment().pins.held()
    }

    // ---- reading

    fn get(&self, py: Python<'_>, wanted: &Bound<'_, PyAny>) -> PyResult<Option<Py<Found>>> {
        self.attachment().check()?;
        let (id, name) = target(wanted)?;
        let pinned = self.attachment().pin(id, name.as_ref())?;
        pinned.map(|pinned| self.found(py, id, pinned)).transpose()
    }

    /// The value of what the index shows; `default` where a longer way has to be gone.
    fn get_value<'py>(
        &self,
        py: Python<'py>,
        wanted: &Bound<'py, Ref>,
        decoding: &Bound<'py, Decoding>,
        default: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (id, name) = wanted.get().target(py)?;
        let found = match self.attachment().check() {
            Ok(()) => self.attachment().pin(id, name.as_ref()),
            Err(failure) => Err(failure),
        };
        match found {
            Ok(Some(pinned)) => decoding.get().value(py, self.pinned(id, pinned)),
            Ok(None) | Err(_) => Ok(default),
        }
    }

    /// The values of refs, in order; None where a longer way has to be gone.
    fn get_values<'py>(
        &self,
        py: Python<'py>,
        wanted: &Bound<'py, PyList>,
        decoding: &Bound<'py, Decoding>,
    ) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
        let mut ids = Vec::with_capacity(wanted.len());
        let mut names = Vec::with_capacity(wanted.len());
        for each in wanted.iter() {
            let Ok(each) = each.cast::<Ref>() else {
                return Ok(None);
            };
            let (id, name) = each.get().target(py)?;
            ids.push(id);
            names.push(name);
        }
        if self.attachment().check().is_err() {
            return Ok(None);
        }
        let Ok(all) = self.attachment().pin_all(&ids, &names) else {
            return Ok(None);
        };
        // Each pin has an owner from here on, whatever happens to the others.
        let found: Vec<Option<Found>> = ids
            .into_iter()
            .zip(all)
            .map(|(id, pinned)| Some(self.pinned(id, pinned?)))
            .collect();
        let Some(found) = found.into_iter().collect::<Option<Vec<Found>>>() else {
            return Ok(None);
        };
        let values = found.into_iter().map(|each| decoding.get().value(py, each));
        values.collect::<PyResult<Vec<_>>>().map(Some)
    }

    fn get_all<'py>(
        &self,
        py: Python<'py>,
        wanted: &Bound<'py, PyList>,
    ) -> PyResult<Bound<'py, PyList>> {
        self.attachment().check()?;
        let mut ids = Vec::with_capacity(wanted.len());
        let mut names = Vec::with_capacity(wanted.len());
        for each in wanted.iter() {
            let (id, name) = target(&each)?;
            ids.push(id);
            names.push(name);
        }
        let mut found = self
            .attachment()
            .pin_all(&ids, &names)?
            .into_iter()
            .zip(ids);
        let all = PyList::empty(py);
        let result = found.by_ref().try_for_each(|(pinned, id)| match pinned {
            Some(pinned) => all.append(self.found(py, id, pinned)?),
            None => all.append(py.None()),
        });
        if result.is_err() {
            // What has become a view ends with it.
            found.filter_map(|(pinned, _)| pinned).for_each(|pinned| {
                self.attachment().release(pinned.word);
            });
        }
        result.map(|()| all)
    }

    fn read<'py>(
        &self,
        py: Python<'py>,
        wanted: &Bound<'py, PyAny>,
        length_max: u64,
    ) -> PyResult<Option<(Bound<'py, PyBytes>, Bound<'py, PyString>)>> {
        let attachment = self.attachment();
        attachment.check()?;
        let (id, name) = target(wanted)?;
        while let Some(entry) = attachment.find(id)? {
            if entry.payload > length_max {
                return Ok(None);
            }
            let payload = pool::payload_offset(entry.location, entry.metadata, entry.payload);
            let bytes = PyBytes::new_with(py, entry.payload as usize, |bytes| {
                attachment.pool.copy_to(payload, bytes);
                Ok(())
            })?;
            let media_type = MediaType::read(
                &attachment.pool,
                entry.location + pool::HEADER,
                entry.metadata,
            );
            let has_name = attachment.has_name(name.as_ref(), entry.location, entry.metadata);
            // I2; and a store that was retired meanwhile is as good as before: nothing of it is reused.
            if attachment.is_unchanged(&entry) {
                if !has_name {
                    return Ok(None);
                }
                if let Ok(session) = attachment.session() {
                    attachment.report_access(session, id, &entry);
                }
                return Ok(Some((bytes, self.shared.media_types.get(py, &media_type)?)));
            }
        }
        Ok(None)
    }

    /// Wakes the node, and looks for what it will publish then.
    fn get_soon(
        &self,
        py: Python<'_>,
        wanted: &Bound<'_, PyAny>,
        time: f64,
    ) -> PyResult<Option<Py<Found>>> {
        let attachment = self.attachment();
        attachment.check()?;
        let (id, name) = target(wanted)?;
        let Some(lanes) = attachment.lanes_if_any() else {
            return Ok(None);
        };
        pool::ring(&lanes.pool);
        let time = seconds(time);
        // Pinned after the wait: a fork meanwhile would leave the lock of the pins taken in the child.
        py.detach(|| {
            let begun = Instant::now();
            while !attachment.shows(id) && begun.elapsed() < time {
                std::thread::yield_now();
            }
        });
        let pinned = attachment.pin(id, name.as_ref())?;
        pinned.map(|pinned| self.found(py, id, pinned)).transpose()
    }

    fn shows(&self, wanted: &Bound<'_, PyBytes>) -> PyResult<bool> {
        self.attachment().check()?;
        Ok(self.attachment().shows(id(wanted.as_bytes())?))
    }

    // ---- waiting

    fn notified(&self) -> PyResult<u32> {
        Ok(self.attachment().session()?.notified())
    }

    fn await_notified(&self, py: Python<'_>, seen: u32, time: f64) -> PyResult<()> {
        let session = self.attachment().session()?;
        py.detach(|| session.await_notified(seen, seconds(time)));
        Ok(())
    }

    fn wake_waiters(&self) -> PyResult<()> {
        self.attachment().session()?.wake_waiters();
        Ok(())
    }

    // ---- writing

    /// As [`Self::put`], without a name, where that needs nothing of the node; None: it does.
    fn put_soon(
        slf: &Bound<'_, Self>,
        parts: &Bound<'_, PyAny>,
        metadata: &[u8],
    ) -> PyResult<Option<Ref>> {
        let stored = PyAttachment::store(slf, parts, metadata, None, 0.0)?;
        Ok(stored
            .ok()
            .map(|stored| Ref::anonymous(stored.id, stored.size)))
    }

    #[pyo3(signature = (parts, metadata, named, timeout))]
    fn put(
        slf: &Bound<'_, Self>,
        parts: &Bound<'_, PyAny>,
        metadata: &[u8],
        named: Option<&[u8]>,
        timeout: f64,
    ) -> PyResult<Py<PyAny>> {
        let named = named.map(id).transpose()?;
        match PyAttachment::store(slf, parts, metadata, named, timeout)? {
            Ok(stored) => Ok(Py::new(slf.py(), stored)?.into_any()),
            Err(wanted) => Ok(Py::new(slf.py(), wanted)?.into_any()),
        }
    }

    /// Takes a lane that the node has leased for many records.
    fn add_lane(&self, number: u32, extent: u64, start: u64, length: u64) -> PyResult<()> {
        let lanes = self.attachment().lanes()?;
        let session = self.attachment().session()?;
        lanes.give(lanes.begin(session, number, extent, (start, length), true)?);
        Ok(())
    }

    /// Begins an object in a lane of its own, which the node has leased for it.
    #[pyo3(signature = (number, extent, start, length, metadata, size, named))]
    #[allow(clippy::too_many_arguments, reason = "as the wire has them")]
    fn begin(
        slf: &Bound<'_, Self>,
        number: u32,
        extent: u64,
        start: u64,
        length: u64,
        metadata: &[u8],
        size: u64,
        named: Option<&[u8]>,
    ) -> PyResult<Writing> {
        let this = slf.get();
        let (session, lanes) = this.check_writable()?;
        let lane = lanes.begin(session, number, extent, (start, length), false)?;
        let named_id = named.map(id).transpose()?;
        if !lane.fits(metadata.len() as u64, size) {
            lanes.end(lane);
            return Err(PyValueError::new_err("the lane is too short"));
        }
        Ok(Writing {
            attachment: slf.clone().unbind(),
            payload: pool::payload_offset(lane.location(), metadata.len() as u64, size),
            metadata: metadata.into(),
            size,
            id: named_id.unwrap_or_else(|| lanes.next_id(&this.attachment().store, session)),
            is_named: named_id.is_some(),
            lane: Mutex::new(Some(lane)),
            exports: AtomicUsize::new(0),
        })
    }

    /// Lanes to be given back to the node: those that nobody used for a while, or all.
    fn take_returns(&self, closes: bool) -> Vec<u32> {
        self.attachment()
            .lanes_if_any()
            .map_or_else(Vec::new, |lanes| lanes.take_returns(closes))
    }

    #[getter]
    fn lost_lanes(&self) -> PyResult<Vec<u32>> {
        let session = self.attachment().session()?;
        Ok(self
            .attachment()
            .lanes_if_any()
            .map_or_else(Vec::new, |lanes| lanes.lost(session)))
    }

    #[getter]
    fn is_written(&self) -> bool {
        self.attachment().lanes_if_any().is_some_and(Lanes::is_used)
    }

    // ---- the end, and forks

    fn flush_accesses(&self) -> PyResult<()> {
        self.attachment().session()?.flush_accesses();
        Ok(())
    }

    fn end_calls(&self) {
        self.attachment().end_calls();
    }

    fn close_pins(&self) -> bool {
        self.attachment().pins.close()
    }

    fn end_session(&self) {
        self.attachment().end_session();
    }

    fn begin_fork(&self) {
        self.attachment().pins.begin_fork();
    }

    fn hold_pins(&self) -> Vec<u32> {
        self.attachment().pins.hold_all()
    }

    fn release_pins(&self, held: Vec<u32>) -> PyResult<()> {
        self.attachment()
            .pins
            .release_all(self.attachment().session()?, &held);
        Ok(())
    }

    fn bequeath(&self, heir: &Bound<'_, Self>) -> PyResult<()> {
        Ok(self.attachment().bequeath(&heir.get().shared.attachment)?)
    }
}
