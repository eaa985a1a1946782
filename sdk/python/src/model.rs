//! Compiled models and their reports.

use std::path::PathBuf;

use assay::{Calibration, Compilation, Error, MeasureError, OnnxFile, Samples};
use assay_compiler::import;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;

use crate::{
    errors::{exception, raised},
    options::{Choices, options},
    schema,
    table::{Source, samples},
    work::{observed, quiet},
};

/// A compiled model.
#[pyclass(frozen, module = "assay._native")]
pub struct Model(pub assay::Model);

/// The report of a compilation.
#[pyclass(frozen, module = "assay._native")]
pub struct Report(assay::Report);

/// A tensor of many rows: its name, and its integers and the numbers that they stand for, row by row in native byte order.
type Columns<'py> = (String, Bound<'py, PyBytes>, Bound<'py, PyBytes>);

/// Compiles an ONNX file: its bytes, or a path to it, beside which its weights may lie. `name` is the model's where its graph has none of
/// its own.
#[pyfunction]
pub fn compile(
    py: Python<'_>,
    bytes: Option<Vec<u8>>,
    path: Option<PathBuf>,
    source: Source<'_>,
    choices: Choices,
    name: Option<String>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Model, Report)> {
    let samples = samples(py, source)?;
    let mut options = options(py, choices, None)?;
    observed(py, progress, move |observer| {
        let onnx = onnx_file(bytes, path)?;
        if options.name.is_none() && matches!(import::graph_name(&onnx.bytes), Ok(None)) {
            options.name = name;
        }
        let Compilation { model, report } = assay::Model::compile_with(&onnx, &samples, &options, observer)?;
        Ok((Model(model), Report(report)))
    })
}

/// An ONNX file: its bytes, or a path to it, beside which its weights may lie.
fn onnx_file(bytes: Option<Vec<u8>>, path: Option<PathBuf>) -> Result<OnnxFile, Error> {
    match (bytes, path) {
        (Some(bytes), _) => Ok(OnnxFile { bytes, external: Default::default() }),
        (None, Some(path)) => assay::open_onnx(&path),
        (None, None) => Err(Error::Internal("an ONNX file that is nowhere")),
    }
}

/// That what is about one row was asked of more, or of none.
pub fn one_of(py: Python<'_>, rows: usize, what: &str) -> PyErr {
    let text = format!("{rows} rows are given, and {what} is about one");
    exception(
        py,
        "samples",
        "unreadable",
        &text,
        Some("give one row, such as X[i], or X.iloc[[i]] of a data frame"),
    )
}

/// The model in the bytes of a `.assay` file, or in a file.
#[pyfunction]
pub fn load(py: Python<'_>, path: Option<PathBuf>, bytes: Option<Vec<u8>>) -> PyResult<Model> {
    quiet(py, || match (path, bytes) {
        (Some(path), _) => assay::Model::open(&path).map(Model),
        (None, bytes) => assay::Model::load(&bytes.unwrap_or_default()).map(Model),
    })
}

/// Rows of samples as the model takes them, and warnings of what was taken for granted to read them.
pub fn arrange(model: &assay::Model, samples: &Samples) -> Result<(Vec<Vec<f64>>, Vec<String>), Error> {
    let arranged = model.arrange(samples)?;
    Ok((arranged.rows, arranged.warnings.iter().map(assay::Warning::text).collect()))
}

#[pymethods]
impl Model {
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &py.detach(|| self.0.to_bytes()))
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn circuit(&self) -> String {
        hex::encode(self.0.circuit_digest())
    }

    fn constraints(&self) -> usize {
        self.0.circuit().r1cs.num_constraints()
    }

    fn schema(&self) -> String {
        schema::to_json(&self.0).to_string()
    }

    /// The outputs for rows, all of which the model takes, and warnings.
    fn run<'py>(
        &self,
        py: Python<'py>,
        source: Source<'_>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<(usize, Vec<Columns<'py>>, Vec<String>)> {
        let samples = samples(py, source)?;
        let model = &self.0;
        let mut refused = None;
        let found = observed(py, progress, |observer| {
            let (rows, warnings) = arrange(model, &samples)?;
            let names = model.schema().outputs().iter().map(|output| output.name.clone());
            let mut columns: Vec<(String, Vec<u8>, Vec<u8>)> =
                names.map(|name| (name, Vec::new(), Vec::new())).collect();
            for (at, row) in rows.iter().enumerate() {
                observer.report(assay::Stage::Solve, at as u64, rows.len() as u64)?;
                let inputs = model.quantize(row).inspect_err(|_| refused = Some(at))?;
                let outputs = model.evaluate(&inputs)?;
                let values = outputs.integers().iter().zip(outputs.reals());
                for ((_, integers, reals), (own, numbers)) in columns.iter_mut().zip(values) {
                    integers.extend(own.iter().flat_map(|integer| integer.to_ne_bytes()));
                    reals.extend(numbers.iter().flat_map(|number| number.to_ne_bytes()));
                }
            }
            observer.report(assay::Stage::Solve, rows.len() as u64, rows.len() as u64)?;
            Ok((rows.len(), columns, warnings))
        });
        let (rows, columns, warnings) = found.map_err(|error| of_row(py, error, refused))?;
        let columns = columns
            .into_iter()
            .map(|(name, integers, reals)| (name, PyBytes::new(py, &integers), PyBytes::new(py, &reals)));
        Ok((rows, columns.collect(), warnings))
    }

    /// The float model of an ONNX file beside the integers, for one row, as JSON; and warnings.
    fn explain(
        &self,
        py: Python<'_>,
        bytes: Option<Vec<u8>>,
        path: Option<PathBuf>,
        calibration: Option<Source<'_>>,
        source: Source<'_>,
    ) -> PyResult<(String, Vec<String>)> {
        let calibration = calibration.map(|source| samples(py, source)).transpose()?;
        let samples = samples(py, source)?;
        let model = &self.0;
        let found = quiet(py, || {
            let onnx = onnx_file(bytes, path)?;
            let (rows, warnings) = arrange(model, &samples)?;
            let [row] = &rows[..] else { return Ok(Err(rows.len())) };
            let explanation = model.explain(&onnx, calibration.as_ref(), row)?;
            let decisions = model.decide(&model.quantize(row)?)?;
            let facts = json!({
                "layers": explanation.layers,
                "outputs": explanation.outputs,
                "decisions": decisions,
                "unbounded": explanation.unbounded,
            });
            Ok(Ok((facts.to_string(), warnings)))
        })?;
        found.map_err(|rows| one_of(py, rows, "an explanation"))
    }

    /// Milliseconds of witness and proof, bytes of memory, and whether this machine was measured for it.
    fn estimate(
        &self,
        py: Python<'_>,
        measure: bool,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<(f64, u64, bool)> {
        let model = &self.0;
        observed(py, progress, |observer| {
            let here = match measure.then(|| Calibration::of_user(observer)) {
                Some(Err(MeasureError::Cancelled(cancelled))) => return Err(cancelled.into()),
                Some(Ok(here)) => Some(here),
                Some(Err(_)) | None => None, // times of the reference machine
            };
            let estimate = model.estimate(&here.unwrap_or(Calibration::REFERENCE));
            let ms = match model.proving_time(here.as_ref())? {
                assay::ProvingTime::Here { ms } => ms,
                assay::ProvingTime::Typical { without_ifma_ms, .. } => without_ifma_ms,
            };
            Ok((ms, estimate.memory_bytes, here.is_some()))
        })
    }
}

/// The error, of a row counted from 0 where it is one's.
fn of_row(py: Python<'_>, error: PyErr, row: Option<usize>) -> PyErr {
    match row.map(|row| error.value(py).call_method1("at_row", (row,))) {
        Some(Err(other)) => other,
        Some(Ok(_)) | None => error,
    }
}

#[pymethods]
impl Report {
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        let failed = |_| raised(py, &Error::Internal("a report is no JSON"));
        serde_json::to_string(&self.0).map_err(failed)
    }

    fn text(&self, width: usize) -> String {
        self.0.text(width)
    }
}
