//! The objects that an attachment gives to Python: what was found, stored, wanted, and is being written.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use pyo3::exceptions::{PyBufferError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};

use crate::attachment::Pinned;
use crate::buffers::{self, Held};
use crate::copier;
use crate::kill_points;
use crate::lanes::Lane;
use crate::memory::PrivateMapping;
use crate::metadata::MediaType;
use crate::pool::{self, Id};
use crate::python::{ATTACHED_COPY_MAX, PyAttachment, Shared, Stale};

/// Magic, no buffers, a reserved word; see `pickled.py`. The stream's length follows.
const PICKLE_START: &[u8] = b"TKPICKLE\0\0\0\0\0\0\0\0";
const PICKLE_HEAD: usize = 24;

/// A sealed object, pinned until the last view of it is gone.
#[pyclass(frozen, module = "tokamak._native")]
pub struct Found {
    pub shared: Arc<Shared>,
    pub id: Id,
    pub pinned: Pinned,
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

    pub fn read_media_type(&self) -> MediaType {
        let pool = &self.shared.attachment.pool;
        MediaType::read(pool, self.metadata_offset(), self.pinned.metadata)
    }

    /// As many of the first bytes; None: it has less.
    pub fn first<const LENGTH: usize>(&self) -> Option<[u8; LENGTH]> {
        let mut bytes = [0; LENGTH];
        if self.pinned.size < LENGTH as u64 {
            return None;
        }
        let pool = &self.shared.attachment.pool;
        pool.copy_to(self.pinned.payload, &mut bytes);
        Some(bytes)
    }

    pub fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        buffers::new_bytes(py, self.pinned.size as usize, |bytes| {
            self.copy_to(py, bytes);
        })
    }

    fn copy_to(&self, py: Python<'_>, bytes: &mut [MaybeUninit<u8>]) {
        let pool = &self.shared.attachment.pool;
        buffers::detached_if_long(py, self.pinned.size, || {
            pool.copy_to_new(self.pinned.payload, bytes);
        });
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
        self.shared.media_types.get(py, &self.read_media_type())
    }

    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.metadata_bytes())
    }

    fn __len__(&self) -> usize {
        self.pinned.size as usize
    }

    /// A copy of all bytes.
    #[pyo3(name = "to_bytes")]
    fn copied<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.to_bytes(py)
    }

    fn to_bytearray<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyByteArray>> {
        buffers::new_bytearray(py, self.pinned.size as usize, |bytes| {
            self.copy_to(py, bytes);
        })
    }

    /// A copy of the stream of a short pickle that has no buffers beside it. None: it is none.
    fn pickle_stream<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let Some(head) = self.first::<PICKLE_HEAD>() else {
            return Ok(None);
        };
        let (start, length) = head.split_at(PICKLE_START.len());
        let length = u64::from_le_bytes(length.try_into()?);
        if start != PICKLE_START
            || length > ATTACHED_COPY_MAX
            || length > self.pinned.size - PICKLE_HEAD as u64
        {
            return Ok(None);
        }
        let pool = &self.shared.attachment.pool;
        let start = self.pinned.payload + PICKLE_HEAD as u64;
        PyBytes::new_with(py, length as usize, |stream| {
            pool.copy_to(start, stream);
            Ok(())
        })
        .map(Some)
    }

    /// A copy of the first bytes, as many as there are up to a length.
    fn head<'py>(&self, py: Python<'py>, length: u64) -> PyResult<Bound<'py, PyBytes>> {
        let length = length.min(self.pinned.size) as usize;
        PyBytes::new_with(py, length, |bytes| {
            self.shared
                .attachment
                .pool
                .copy_to(self.pinned.payload, bytes);
            Ok(())
        })
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

    /// The bytes of a view of this object, of which the process may change its own copy. None: it has as
    /// many such mappings as it may.
    fn copy_on_write(
        slf: &Bound<'_, Self>,
        view: &Bound<'_, PyAny>,
    ) -> PyResult<Option<CopyOnWrite>> {
        let attachment = &slf.get().shared.attachment;
        let pinned = &slf.get().pinned;
        let held = Held::one(view)?;
        let part = &held.parts()[0];
        let start = attachment.pool.pointer(pinned.payload, pinned.size);
        let offset = part.start.addr().wrapping_sub(start.addr()) as u64;
        let length = part.length as u64;
        if length == 0
            || offset
                .checked_add(length)
                .is_none_or(|end| end > pinned.size)
        {
            return Err(PyValueError::new_err("no view of this object"));
        }
        let mapping = attachment
            .pool_file
            .map_private(pinned.payload + offset, length)?;
        Ok(mapping.map(|mapping| CopyOnWrite {
            mapping,
            size: length,
            _found: slf.clone().unbind(),
        }))
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

/// Bytes of a sealed object that this process may write to, for libraries that know no read-only memory:
/// what is written is copied first, page by page, and seen by nobody else.
#[pyclass(frozen, module = "tokamak._native")]
pub struct CopyOnWrite {
    mapping: PrivateMapping,
    size: u64,
    /// Its pin is what keeps the pages that were not written as they are. Fields are dropped in their
    /// order: the pin goes after the mapping.
    _found: Py<Found>,
}

#[pymethods]
impl CopyOnWrite {
    /// # Safety
    /// As the interpreter calls it.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let this = slf.get();
        // SAFETY: mapped as long as the object lives, which the view refers to.
        unsafe { fill(&slf, view, this.mapping.pointer(), this.size, false, flags) }
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
    pub id: Id,
    #[pyo3(get)]
    pub size: u64,
    #[pyo3(get)]
    pub incarnation: u64,
    #[pyo3(get)]
    pub created: bool,
}

#[pymethods]
impl Stored {
    #[getter]
    fn id<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.id.bytes())
    }

    /// The one in the pool that it was written to; other nodes are not asked yet.
    #[getter]
    fn replicas(&self) -> u32 {
        1
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
    pub fn new(
        attachment: &Bound<'_, PyAttachment>,
        lane: Option<Lane>,
        metadata: u64,
        payload: u64,
        is_single: bool,
    ) -> Wanted {
        Wanted {
            attachment: attachment.clone().unbind(),
            size: pool::record_bytes_max(metadata, payload),
            payload,
            lane: lane.as_ref().map(|lane| lane.number),
            is_single,
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
            self.attachment.get().attachment().own_lanes_if_any(),
        ) {
            lanes.give(lane);
        }
    }
}

/// An object in a lane of its own, between create and seal. Its memory goes back when this is dropped,
/// which no view of it outlives.
#[pyclass(frozen, module = "tokamak._native")]
pub struct Writing {
    pub attachment: Py<PyAttachment>,
    pub metadata: Box<[u8]>,
    pub payload: u64,
    #[pyo3(get)]
    pub size: u64,
    pub id: Id,
    pub is_named: bool,
    /// None: it has ended.
    pub lane: Mutex<Option<Lane>>,
    /// Views, and calls that are at the bytes. Counted while the lane is locked: who ends it has either seen
    /// the count or is seen by it.
    pub exports: AtomicUsize,
}

/// Keeps the bytes from being sealed or given back.
struct Export<'a>(&'a Writing);

impl Drop for Export<'_> {
    fn drop(&mut self) {
        self.0.exports.fetch_sub(1, Ordering::Release);
    }
}

impl Writing {
    fn end(&self) {
        if let (Ok(Some(lane)), Some(lanes)) = (
            self.take(),
            self.attachment.get().attachment().own_lanes_if_any(),
        ) {
            lanes.end(lane);
        }
    }

    /// The lane, if it has not ended. The error: something is at the bytes.
    fn take(&self) -> PyResult<Option<Lane>> {
        let mut lane = self.lane.lock().unwrap();
        if self.exports.load(Ordering::Acquire) > 0 {
            return Err(PyBufferError::new_err(
                "a view of the buffer is still alive",
            ));
        }
        Ok(lane.take())
    }

    fn export(&self) -> PyResult<Export<'_>> {
        let lane = self.lane.lock().unwrap();
        if lane.is_none() || self.attachment.get().attachment().is_forked_child() {
            return Err(Stale::new_err(()));
        }
        self.exports.fetch_add(1, Ordering::Relaxed);
        Ok(Export(self))
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
        let _export = self.export()?;
        let held = Held::of(parts)?;
        if copier::total(held.parts()) != self.size {
            return Err(PyValueError::new_err(
                "the parts are not as long as the object",
            ));
        }
        let lanes = self.attachment.get().attachment().lanes()?;
        let sources = held.parts();
        py.detach(|| copier::copy(sources, lanes, self.payload))?;
        kill_points::at("payload-written");
        Ok(())
    }

    /// Whether the parts, one after the other, are what was written.
    fn equals(&self, py: Python<'_>, found: &Bound<'_, Found>) -> PyResult<bool> {
        let _export = self.export()?;
        let found = found.get();
        let lanes = self.attachment.get().attachment().lanes()?;
        let part = copier::Part {
            start: lanes.pool.pointer(self.payload, self.size),
            length: self.size as usize,
        };
        let pool = &found.shared.attachment.pool;
        Ok(self.size == found.pinned.size
            && py.detach(|| copier::equals(&[part], pool, found.pinned.payload)))
    }

    /// Seals it: the tail moves once (R8). A name's answer is waited for.
    fn commit(&self, py: Python<'_>, timeout: f64) -> PyResult<Stored> {
        let this = self.attachment.get();
        let (session, lanes) = this.check_writable()?;
        let Some(mut lane) = self.take()? else {
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
                kill_points::at("rung");
                this.await_answer(py, lane.number, position, timeout)
            }
            Ok(_) => {
                pool::ring_if_wanted(&this.attachment().store, &lanes.pool);
                kill_points::at("rung");
                Ok((true, 0))
            }
        };
        kill_points::at("answered");
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
    fn abort(&self) {
        self.end();
    }

    /// # Safety
    /// As the interpreter calls it.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let this = slf.get();
        let export = this.export()?;
        let lanes = this.attachment.get().attachment().lanes()?;
        slf.py().detach(|| {
            lanes
                .pages
                .warm(&lanes.pool, this.payload, this.payload + this.size)
        })?;
        let start = lanes.pool.pointer(this.payload, this.size);
        // SAFETY: the lane is held as long as the object lives, which the view refers to.
        unsafe { fill(&slf, view, start, this.size, false, flags)? };
        std::mem::forget(export); // it ends with the view
        Ok(())
    }

    /// # Safety
    /// As the interpreter calls it.
    unsafe fn __releasebuffer__(&self, _view: *mut ffi::Py_buffer) {
        self.exports.fetch_sub(1, Ordering::Release);
    }
}
