//! The shared-memory half of the Python client: what a co-located process does without a call to
//! the node. Formats and orderings are those of `docs/segment-format.md` and
//! `docs/memory-ordering.md`.

mod arrays;
mod attachment;
mod buffers;
mod copier;
mod decoding;
mod files;
mod fork;
#[cfg(test)]
mod golden;
mod index;
mod kill_points;
mod lanes;
mod memory;
mod metadata;
mod objects;
mod pins;
mod pool;
mod python;
mod reference;
mod session;
mod store;

#[pyo3::pymodule(gil_used = true)]
mod _native {
    #[pymodule_export]
    use crate::arrays::keep_array_head;
    #[pymodule_export]
    use crate::buffers::{copied, copy_into};
    #[pymodule_export]
    use crate::decoding::Decoding;
    #[pymodule_export]
    use crate::objects::{CopyOnWrite, Found, Stored, Wanted, Writing};
    #[pymodule_export]
    use crate::python::{
        Corrupt, Fenced, NotReady, OtherLayout, PyAttachment, Refused, Stale, TooManyPins,
        Unanswered, named_id,
    };
    #[pymodule_export]
    use crate::reference::Ref;

    /// The steps at which this build can be killed: none, unless a test made it.
    #[pymodule_init]
    fn init(module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        use pyo3::types::PyModuleMethods;

        let steps = if cfg!(feature = "kill-points") {
            crate::kill_points::STEPS
        } else {
            &[]
        };
        module.add("KILL_POINTS", steps)
    }
}
