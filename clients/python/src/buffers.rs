//! Buffers of Python objects, held while their bytes are copied.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyList;
use pyo3::types::PyTuple;

use crate::copier::Part;

/// Contiguous buffers in the order in which they are put.
pub struct Held {
    views: Vec<Box<ffi::Py_buffer>>,
    parts: Vec<Part>,
}

impl Held {
    /// Takes a list or a tuple of objects with contiguous buffers.
    pub fn of(parts: &Bound<'_, PyAny>) -> PyResult<Held> {
        let mut held = Held { views: Vec::new(), parts: Vec::new() };
        if let Ok(list) = parts.cast::<PyList>() {
            list.iter().try_for_each(|part| held.add(&part))?;
        } else {
            parts.cast::<PyTuple>()?.iter().try_for_each(|part| held.add(&part))?;
        }
        Ok(held)
    }

    fn add(&mut self, part: &Bound<'_, PyAny>) -> PyResult<()> {
        // A Py_buffer may point into itself, so it does not move.
        let mut view = Box::new(ffi::Py_buffer::new());
        // SAFETY: attached to the interpreter; the view is released once, when this is dropped.
        if unsafe { ffi::PyObject_GetBuffer(part.as_ptr(), &mut *view, ffi::PyBUF_SIMPLE) } != 0 {
            return Err(PyErr::fetch(part.py()));
        }
        self.parts.push(Part { start: view.buf.cast(), length: view.len as usize });
        self.views.push(view);
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
                unsafe { ffi::PyBuffer_Release(&mut **view) };
            }
        });
    }
}
