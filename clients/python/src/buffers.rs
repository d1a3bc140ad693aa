//! Buffers of Python objects, held while their bytes are copied.

use std::ffi::c_int;
use std::mem::MaybeUninit;

use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyTuple};

use crate::copier::Part;
use crate::python::ATTACHED_COPY_MAX;

/// Contiguous buffers in the order in which they are put.
pub struct Held {
    /// Of its final capacity from the beginning: a view may point into itself, so it does not move.
    views: Vec<ffi::Py_buffer>,
    parts: Vec<Part>,
}

impl Held {
    /// Takes a list or a tuple of objects with contiguous buffers.
    pub fn of(parts: &Bound<'_, PyAny>) -> PyResult<Held> {
        if let Ok(list) = parts.cast::<PyList>() {
            return Held::of_all(list.len(), list.iter());
        }
        let tuple = parts.cast::<PyTuple>()?;
        Held::of_all(tuple.len(), tuple.iter())
    }

    pub fn one(part: &Bound<'_, PyAny>) -> PyResult<Held> {
        Held::of_all(1, std::iter::once(part.clone()))
    }

    fn writable(part: &Bound<'_, PyAny>) -> PyResult<Held> {
        let mut held = Held::empty(1);
        held.add(part, ffi::PyBUF_WRITABLE)?;
        Ok(held)
    }

    fn empty(count: usize) -> Held {
        Held {
            views: Vec::with_capacity(count),
            parts: Vec::with_capacity(count),
        }
    }

    fn of_all<'py>(count: usize, parts: impl Iterator<Item = Bound<'py, PyAny>>) -> PyResult<Held> {
        let mut held = Held::empty(count);
        // A list that another thread makes longer meanwhile is read as it was.
        parts
            .take(count)
            .try_for_each(|part| held.add(&part, ffi::PyBUF_SIMPLE))?;
        Ok(held)
    }

    fn add(&mut self, part: &Bound<'_, PyAny>, flags: c_int) -> PyResult<()> {
        let at = self.views.len();
        self.views.push(ffi::Py_buffer::new());
        // SAFETY: attached to the interpreter; the view is released once, when this is dropped.
        let result = unsafe { ffi::PyObject_GetBuffer(part.as_ptr(), &mut self.views[at], flags) };
        if result != 0 {
            self.views.pop();
            return Err(PyErr::fetch(part.py()));
        }
        let view = &self.views[at];
        self.parts.push(Part {
            start: view.buf.cast(),
            length: view.len as usize,
        });
        Ok(())
    }

    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        Python::attach(|_| {
            for view in &mut self.views {
                // SAFETY: acquired in `add`, and attached to the interpreter.
                unsafe { ffi::PyBuffer_Release(view) };
            }
        });
    }
}

/// A new object that `fill` writes all bytes of. pyo3's own writes zeros first, attached: of a long one that
/// is most of the time, in which no other thread runs.
pub fn new_bytes<'py>(
    py: Python<'py>,
    length: usize,
    fill: impl FnOnce(&mut [MaybeUninit<u8>]),
) -> PyResult<Bound<'py, PyBytes>> {
    // SAFETY: attached; the object is new, a `bytes`, and seen by nobody else before it is filled.
    unsafe {
        let bytes = ffi::PyBytes_FromStringAndSize(std::ptr::null(), length as ffi::Py_ssize_t);
        let bytes = Bound::from_owned_ptr_or_err(py, bytes)?;
        let start = ffi::PyBytes_AsString(bytes.as_ptr());
        if length > 0 {
            fill(std::slice::from_raw_parts_mut(start.cast(), length));
        }
        Ok(bytes.cast_into_unchecked())
    }
}

/// As [`new_bytes`].
pub fn new_bytearray<'py>(
    py: Python<'py>,
    length: usize,
    fill: impl FnOnce(&mut [MaybeUninit<u8>]),
) -> PyResult<Bound<'py, PyByteArray>> {
    // SAFETY: as above, a `bytearray`.
    unsafe {
        let bytes = ffi::PyByteArray_FromStringAndSize(std::ptr::null(), length as ffi::Py_ssize_t);
        let bytes = Bound::from_owned_ptr_or_err(py, bytes)?;
        let start = ffi::PyByteArray_AsString(bytes.as_ptr());
        if length > 0 {
            fill(std::slice::from_raw_parts_mut(start.cast(), length));
        }
        Ok(bytes.cast_into_unchecked())
    }
}

/// Detached when it takes long enough for others to notice.
pub fn detached_if_long(py: Python<'_>, length: u64, copy: impl FnOnce() + Send) {
    if length > ATTACHED_COPY_MAX {
        py.detach(copy);
    } else {
        copy();
    }
}

/// Copies a buffer into another one, which is as long.
#[pyfunction]
pub fn copy_into(
    py: Python<'_>,
    target: &Bound<'_, PyAny>,
    source: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let (target, source) = (Held::writable(target)?, Held::one(source)?);
    let (to, from) = (target.parts(), source.parts());
    if to[0].length != from[0].length {
        return Err(PyValueError::new_err(format!(
            "{} bytes into {}",
            from[0].length, to[0].length
        )));
    }
    detached_if_long(py, from[0].length as u64, || {
        // SAFETY: both are held, and the target is writable; they may be the same memory.
        unsafe { std::ptr::copy(from[0].start, to[0].start.cast_mut(), from[0].length) }
    });
    Ok(())
}

/// A copy of a buffer's bytes.
#[pyfunction]
pub fn copied<'py>(py: Python<'py>, source: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let source = Held::one(source)?;
    let from = source.parts();
    new_bytes(py, from[0].length, |bytes| {
        detached_if_long(py, from[0].length as u64, || {
            // SAFETY: held, and as long as the target, which is new.
            unsafe {
                std::ptr::copy_nonoverlapping(
                    from[0].start,
                    bytes.as_mut_ptr().cast(),
                    from[0].length,
                );
            }
        });
    })
}
