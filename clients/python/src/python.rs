//! What Python sees: [`PyAttachment`], and the objects that it gives out.

use std::ffi::c_int;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyBufferError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::attachment::{Attachment, Failure, Pinned};
use crate::buffers::Held;
use crate::copier;
use crate::lanes::{Lane, Lanes, SHARED_RECORD_MAX, Taken};
use crate::metadata::{self, MediaType, Name};
use crate::pool::{self, Id};
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
const ATTACHED_COPY_MAX: u64 = 64 << 10;
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
fn target(target: &Bound<'_, PyAny>) -> PyResult<(Id, Option<Name>)> {
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

fn seconds(time: f64) -> Duration {
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
struct MediaTypes(Mutex<Vec<Interned>>);

impl MediaTypes {
    fn get<'py>(&self, py: Python<'py>, media_type: &MediaType) -> PyResult<Bound<'py, PyString>> {
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

struct Shared {
    attachment: Arc<Attachment>,
    media_types: MediaTypes,
}

#[pyclass(frozen, name = "Attachment", module = "tokamak._native")]
pub struct PyAttachment {
    shared: Arc<Shared>,
}

impl PyAttachment {
    fn attachment(&self) -> &Attachment {
        &self.shared.attachment
    }

    fn found(&self, py: Python<'_>, id: Id, pinned: Pinned) -> PyResult<Py<Found>> {
        Py::new(
            py,
            Found {
                shared: self.shared.clone(),
                id,
                pinned,
            },
        )
    }

    fn check_writable(&self) -> PyResult<(&Session, &Lanes)> {
        self.attachment().check()?;
        let session = self.attachment().session()?;
        if session.is_fenced() {
            return Err(Fenced::new_err(session.number()));
        }
        Ok((session, self.attachment().lanes()?))
    }

    /// Waits for the node's answer to a named record (R9), and for nothing else.
    fn await_answer(
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
        let pinned = py.detach(|| {
            let begun = Instant::now();
            loop {
                match attachment.pin(id, name.as_ref()) {
                    Ok(None) if begun.elapsed() < time => std::thread::yield_now(),
                    found => return found,
                }
            }
        })?;
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

    #[pyo3(signature = (parts, metadata, named, timeout))]
    fn put(
        slf: &Bound<'_, Self>,
        parts: &Bound<'_, PyAny>,
        metadata: &[u8],
        named: Option<&[u8]>,
        timeout: f64,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let this = slf.get();
        let (session, lanes) = this.check_writable()?;
        let held = Held::of(parts)?;
        let sources = held.parts();
        let size = copier::total(sources);
        let named = named.map(id).transpose()?;
        let metadata_length = metadata.len() as u64;
        let wanted =
            |lane| Py::new(py, Wanted::new(slf, lane, metadata_length, size)).map(Py::into_any);
        if size > SHARED_RECORD_MAX {
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
            this.await_answer(py, lane.number, position, timeout)
        } else {
            pool::ring_if_wanted(&this.attachment().store, &lanes.pool);
            Ok((true, 0))
        };
        lanes.give(lane);
        let (created, incarnation) = answer?;
        Ok(Py::new(
            py,
            Stored {
                id: object,
                size,
                incarnation,
                created,
            },
        )?
        .into_any())
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

/// A sealed object, pinned until the last view of it is gone.
#[pyclass(frozen, module = "tokamak._native")]
pub struct Found {
    shared: Arc<Shared>,
    id: Id,
    pinned: Pinned,
}

impl Drop for Found {
    fn drop(&mut self) {
        self.shared.attachment.release(self.pinned.word);
    }
}

impl Found {
    fn metadata_offset(&self) -> u64 {
        self.pinned.location + pool::HEADER
    }

    fn metadata_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.pinned.metadata as usize];
        self.shared
            .attachment
            .pool
            .copy_to(self.metadata_offset(), &mut bytes);
        bytes
    }
}

#[pymethods]
impl Found {
    #[getter]
    fn data(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[getter]
    fn id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.id.bytes())
    }

    #[getter]
    fn size(&self) -> u64 {
        self.pinned.size
    }

    #[getter]
    fn incarnation(&self) -> u64 {
        self.pinned.incarnation
    }

    #[getter]
    fn media_type<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        let pool = &self.shared.attachment.pool;
        let media_type = MediaType::read(pool, self.metadata_offset(), self.pinned.metadata);
        self.shared.media_types.get(py, &media_type)
    }

    #[getter]
    fn attributes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let attributes = PyDict::new(py);
        for (name, value) in metadata::attributes(&self.metadata_bytes()).unwrap_or_default() {
            attributes.set_item(name, value)?;
        }
        Ok(attributes)
    }

    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.metadata_bytes())
    }

    fn __len__(&self) -> usize {
        self.pinned.size as usize
    }

    /// Whether the parts, one after the other, are these bytes.
    fn equals(&self, py: Python<'_>, parts: &Bound<'_, PyAny>) -> PyResult<bool> {
        let held = Held::of(parts)?;
        if copier::total(held.parts()) != self.pinned.size {
            return Ok(false);
        }
        let sources = held.parts();
        let pool = &self.shared.attachment.pool;
        Ok(py.detach(|| copier::equals(sources, pool, self.pinned.payload)))
    }

    /// # Safety
    /// As the interpreter calls it.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let found = slf.get();
        let start = found
            .shared
            .attachment
            .pool
            .pointer(found.pinned.payload, found.pinned.size);
        // SAFETY: the bytes are pinned as long as the object lives, which the view refers to; the
        // mapping is read-only, and so is the view.
        unsafe { fill(&slf, view, start, found.pinned.size, true, flags) }
    }
}

/// Fills a view that the interpreter asked for.
///
/// # Safety
/// The range has to be valid as long as `owner` is.
unsafe fn fill<T>(
    owner: &Bound<'_, T>,
    view: *mut ffi::Py_buffer,
    start: *mut u8,
    size: u64,
    is_read_only: bool,
    flags: c_int,
) -> PyResult<()> {
    // SAFETY: the interpreter gives a view to be filled.
    let result = unsafe {
        ffi::PyBuffer_FillInfo(
            view,
            owner.as_ptr(),
            start.cast(),
            size as ffi::Py_ssize_t,
            is_read_only.into(),
            flags,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(PyErr::fetch(owner.py()))
    }
}

#[pyclass(frozen, module = "tokamak._native")]
pub struct Stored {
    id: Id,
    #[pyo3(get)]
    size: u64,
    #[pyo3(get)]
    incarnation: u64,
    #[pyo3(get)]
    created: bool,
}

#[pymethods]
impl Stored {
    #[getter]
    fn id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.id.bytes())
    }
}

/// A put needs memory that the node is to be asked for: a shared lane, the next extent of the one that
/// this holds, or a lane of its own for a record longer than a shared one takes.
#[pyclass(frozen, module = "tokamak._native")]
pub struct Wanted {
    attachment: Py<PyAttachment>,
    held: Mutex<Option<Lane>>,
    /// Bytes that the record may need.
    #[pyo3(get)]
    size: u64,
    /// Bytes of the object.
    #[pyo3(get)]
    payload: u64,
    #[pyo3(get)]
    lane: Option<u32>,
    #[pyo3(get)]
    is_single: bool,
}

impl Wanted {
    fn new(
        attachment: &Bound<'_, PyAttachment>,
        lane: Option<Lane>,
        metadata: u64,
        payload: u64,
    ) -> Wanted {
        Wanted {
            attachment: attachment.clone().unbind(),
            size: pool::record_bytes_max(metadata, payload),
            payload,
            lane: lane.as_ref().map(|lane| lane.number),
            is_single: payload > SHARED_RECORD_MAX,
            held: Mutex::new(lane),
        }
    }
}

#[pymethods]
impl Wanted {
    /// The lane's next extent, as leased.
    fn supply(&self, extent: u64, start: u64, length: u64) -> PyResult<()> {
        let attachment = self.attachment.get().attachment();
        let lanes = attachment.lanes()?;
        if let Some(mut lane) = self.held.lock().unwrap().take() {
            let entered = lane.enter(attachment.session()?, lanes, extent, start, length);
            lanes.give(lane);
            entered?;
        }
        Ok(())
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        if let (Some(lane), Some(lanes)) = (
            self.held.lock().unwrap().take(),
            self.attachment.get().attachment().lanes_if_any(),
        ) {
            lanes.give(lane);
        }
    }
}

/// An object in a lane of its own, between create and seal. Its memory goes back when this is dropped,
/// which no view of it outlives.
#[pyclass(frozen, module = "tokamak._native")]
pub struct Writing {
    attachment: Py<PyAttachment>,
    metadata: Box<[u8]>,
    payload: u64,
    #[pyo3(get)]
    size: u64,
    id: Id,
    is_named: bool,
    /// None: it has ended.
    lane: Mutex<Option<Lane>>,
    exports: AtomicUsize,
}

impl Writing {
    fn end(&self) {
        if let (Some(lane), Some(lanes)) = (
            self.lane.lock().unwrap().take(),
            self.attachment.get().attachment().lanes_if_any(),
        ) {
            lanes.end(lane);
        }
    }

    fn check(&self) -> PyResult<()> {
        if self.attachment.get().attachment().is_forked_child()
            || self.lane.lock().unwrap().is_none()
        {
            return Err(Stale::new_err(()));
        }
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.end();
    }
}

#[pymethods]
impl Writing {
    #[getter]
    fn id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.id.bytes())
    }

    /// Bytes to be leased for an object.
    #[staticmethod]
    fn record_bytes(metadata: u64, payload: u64) -> u64 {
        pool::record_bytes_max(metadata, payload)
    }

    /// Copies the parts, which are as long as the object, into their place.
    fn fill(&self, py: Python<'_>, parts: &Bound<'_, PyAny>) -> PyResult<()> {
        self.check()?;
        let held = Held::of(parts)?;
        if copier::total(held.parts()) != self.size {
            return Err(PyValueError::new_err(
                "the parts are not as long as the object",
            ));
        }
        let lanes = self.attachment.get().attachment().lanes()?;
        let sources = held.parts();
        Ok(py.detach(|| copier::copy(sources, lanes, self.payload))?)
    }

    /// Whether the parts, one after the other, are what was written.
    fn equals(&self, found: &Bound<'_, Found>) -> PyResult<bool> {
        self.check()?;
        let found = found.get();
        let lanes = self.attachment.get().attachment().lanes()?;
        let part = copier::Part {
            start: lanes.pool.pointer(self.payload, self.size),
            length: self.size as usize,
        };
        let pool = &found.shared.attachment.pool;
        Ok(self.size == found.pinned.size && copier::equals(&[part], pool, found.pinned.payload))
    }

    /// Seals it: the tail moves once (R8). A name's answer is waited for.
    fn commit(&self, py: Python<'_>, timeout: f64) -> PyResult<Stored> {
        self.check()?;
        if self.exports.load(Ordering::Acquire) > 0 {
            return Err(PyBufferError::new_err(
                "a view of the buffer is still alive",
            ));
        }
        let this = self.attachment.get();
        let (session, lanes) = this.check_writable()?;
        let Some(mut lane) = self.lane.lock().unwrap().take() else {
            return Err(Stale::new_err(()));
        };
        // A named record is told by its position, an empty payload may lie on cold pages.
        let position = lane
            .warm(lanes, self.payload)
            .map(|()| lane.commit(session, &lanes.pool, self.id, &self.metadata, self.size));
        let answer = match position {
            Err(failure) => Err(failure.into()),
            Ok(position) if self.is_named => {
                pool::ring(&lanes.pool);
                this.await_answer(py, lane.number, position, timeout)
            }
            Ok(_) => {
                pool::ring_if_wanted(&this.attachment().store, &lanes.pool);
                Ok((true, 0))
            }
        };
        lanes.end(lane);
        let (created, incarnation) = answer?;
        Ok(Stored {
            id: self.id,
            size: self.size,
            incarnation,
            created,
        })
    }

    /// No seal any more. The memory goes back with the last view.
    fn abort(slf: &Bound<'_, Self>) {
        let this = slf.get();
        if this.exports.load(Ordering::Acquire) == 0 {
            this.end();
        }
    }

    /// # Safety
    /// As the interpreter calls it.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let this = slf.get();
        this.check()?;
        let lanes = this.attachment.get().attachment().lanes()?;
        slf.py().detach(|| {
            lanes
                .pages
                .warm(&lanes.pool, this.payload, this.payload + this.size)
        })?;
        let start = lanes.pool.pointer(this.payload, this.size);
        // SAFETY: the lane is held as long as the object lives, which the view refers to.
        unsafe { fill(&slf, view, start, this.size, false, flags)? };
        this.exports.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// # Safety
    /// As the interpreter calls it.
    unsafe fn __releasebuffer__(&self, _view: *mut ffi::Py_buffer) {
        self.exports.fetch_sub(1, Ordering::Release);
    }
}
