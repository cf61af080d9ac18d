//! Runs the core without Python's lock, and turns a bug in it into an error that Python can answer.
//!
//! What Python raises while it is asked for something travels as the payload of a panic, so that the core itself has no
//! errors to hand on.

use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::marker::Ungil;
use pyo3::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Ends the work with an error of Python's.
pub fn raise(error: PyErr) -> ! {
    resume_unwind(Box::new(error))
}

/// Does the work without Python's lock. Raises `RuntimeError` if it fails, and what is no `Exception` as it is.
pub fn guarded<T: Ungil + Send>(py: Python, work: impl FnOnce() -> T + Ungil + Send) -> PyResult<T> {
    let payload = match py.detach(|| catch_unwind(AssertUnwindSafe(work))) {
        Ok(done) => return Ok(done),
        Err(payload) => payload,
    };
    let cause = match payload.downcast::<PyErr>() {
        Ok(error) if !error.is_instance_of::<PyException>(py) => return Err(*error), // Ctrl-C, say
        Ok(error) => error.to_string(),
        Err(payload) => {
            let words = payload.downcast_ref::<String>().cloned();
            words.or_else(|| payload.downcast_ref::<&str>().map(|&words| words.to_owned())).unwrap_or_default()
        }
    };
    Err(PyRuntimeError::new_err(format!("the compiled core failed: {cause}")))
}
