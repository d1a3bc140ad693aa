//! From what was found to its value, with as few steps of the interpreter as there can be.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays;
use crate::objects::Found;

/// What makes values of objects: a callable for each media type, and one for all others. Each is called with
/// the object and its media type. Bytes are copied here, and arrays made
/// whose headers are known.
#[pyclass(frozen, module = "tokamak._native")]
pub struct Decoding {
    by_media_type: Py<PyDict>,
    otherwise: Py<PyAny>,
}

#[pymethods]
impl Decoding {
    #[new]
    fn new(by_media_type: Py<PyDict>, otherwise: Py<PyAny>) -> Decoding {
        Decoding {
            by_media_type,
            otherwise,
        }
    }
}

impl Decoding {
    /// The value of an object.
    pub fn value<'py>(&self, py: Python<'py>, found: Found) -> PyResult<Bound<'py, PyAny>> {
        let media_type = found.read_media_type();
        let found = match media_type.as_bytes() {
            b"" => return Ok(found.to_bytes(py)?.into_any()),
            arrays::MEDIA_TYPE => match arrays::view(py, found)? {
                Ok(array) => return Ok(array),
                Err(found) => found,
            },
            _ => found,
        };
        let text = found.shared.media_types.get(py, &media_type)?;
        let known = self.by_media_type.bind(py).get_item(&text)?;
        let decoder = known.unwrap_or_else(|| self.otherwise.bind(py).clone());
        decoder.call1((Bound::new(py, found)?, text))
    }
}
