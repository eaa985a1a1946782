//! Inputs of a proof: real values from JSON, CSV or NumPy files, rounded to the model's grid, and the salts of those
//! that a statement hides.

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use assay_compiler::{CalibrationError, Table};
use assay_interface::field::Scalar;
use assay_interface::schema::Visibility;
use assay_interface::statement::{commit, pack};
use rand::RngCore;
use rand::rngs::OsRng;
use serde_json::{Map, Value};

use crate::artifacts::Model;
use crate::failure::{HintExt, hinted};
use crate::files;
use crate::ui::parse_hex32;
use crate::values::Content;

/// Most bytes of samples that are read.
const SAMPLES: u64 = 1 << 30;
/// Most bytes of a file of salts that are read.
const SALTS: u64 = 1 << 20;

/// One salt for each committed input, in the order of the schema.
pub type Salts = Vec<Scalar>;

/// Which sample of which file.
pub struct InputArgs<'a> {
    /// The file, or `-` for JSON on standard input.
    pub path: &'a Path,
    /// The sample, counted from 1; a file of one sample needs none.
    pub row: Option<usize>,
}

/// How samples are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Csv,
    Json,
    Npy,
    Npz,
}

/// The samples in a file, by its ending, or by its first bytes where the ending tells nothing.
pub fn read_table(path: &Path, what: &str) -> anyhow::Result<Table> {
    let stdin = path.as_os_str() == "-";
    let bytes = if stdin { files::read_stdin(what, SAMPLES)? } else { files::read(path, what, SAMPLES)? };
    let form = if stdin { Form::Json } else { form(path, &bytes) };
    let table = match form {
        Form::Csv => Table::from_csv(&bytes),
        Form::Json => Table::from_json(&bytes),
        Form::Npy => Table::from_npy(&bytes),
        Form::Npz => Table::from_npz(&bytes),
    };
    table.map_err(|error| {
        let hint = table_hint(&error);
        let error =
            anyhow::Error::new(error).context(if stdin { "standard input".into() } else { show(path) });
        match hint {
            Some(hint) => hinted(error, hint),
            None => error,
        }
    })
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

fn form(path: &Path, bytes: &[u8]) -> Form {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("csv") => Form::Csv,
        Some("json") => Form::Json,
        Some("npy") => Form::Npy,
        Some("npz") => Form::Npz,
        _ if bytes.starts_with(b"\x93NUMPY") => Form::Npy,
        _ if bytes.starts_with(b"PK") => Form::Npz,
        _ => match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'[' | b'{') => Form::Json,
            _ => Form::Csv,
        },
    }
}

/// Advice for samples that cannot be used.
pub fn table_hint(error: &CalibrationError) -> Option<&'static str> {
    Some(match error {
        CalibrationError::MissingColumns { .. } | CalibrationError::ExtraColumns { .. } => {
            "the columns must be the model's features, by name, in any order"
        }
        CalibrationError::NotANumber { .. } => {
            "every cell is a number in the model's own units, such as 0.72"
        }
        CalibrationError::NotFinite { .. } => {
            "remove the row, or replace the value by what the model gets in its place"
        }
        CalibrationError::Csv(_) | CalibrationError::Json(_) => {
            "the form follows the file's ending: .csv, .json, .npy, .npz"
        }
        CalibrationError::Empty => "at least one row of values is needed",
        _ => return None,
    })
}

/// The input in the model's integers, one list a tensor.
pub fn quantized(model: &Model, input: &InputArgs<'_>) -> anyhow::Result<Vec<Vec<i64>>> {
    let name = || show(input.path);
    let table = read_table(input.path, "input")?;
    let samples = model.compiled.samples(&table).map_err(|error| {
        let hint = table_hint(&error).unwrap_or("`assay inspect` shows the model's tensors");
        hinted(anyhow::Error::new(error).context(name()), hint)
    })?;
    let sample = match (input.row, &samples[..]) {
        (None, [only]) => only,
        (None, samples) => {
            return Err(hinted(
                anyhow!("{} holds {} samples, and a proof is about one", name(), samples.len()),
                "choose one with --row, counted from 1",
            ));
        }
        (Some(row), samples) => {
            let index = row.checked_sub(1).context("rows are counted from 1")?;
            samples
                .get(index)
                .with_context(|| format!("{} has {} samples, no row {row}", name(), samples.len()))?
        }
    };
    model
        .compiled
        .quantize_inputs(sample)
        .with_context(name)
        .hint(|| "`assay inspect` shows the declared domain; `assay compile` widens it: --domain, --input-format, or wider calibration data")
}

/// What the statement will say of the inputs: public values as they are, committed ones under their salt.
pub fn statement_inputs(
    model: &Model,
    integers: &[Vec<i64>],
    salts: Option<&[Scalar]>,
) -> anyhow::Result<Vec<Content>> {
    let mut salts = salts.unwrap_or_default().iter();
    let schema = &model.compiled.schema;
    if schema.inputs().len() != integers.len() {
        bail!("the model has {} input tensors, {} were given", schema.inputs().len(), integers.len());
    }
    let contents: Vec<Content> = schema
        .inputs()
        .iter()
        .zip(integers)
        .map(|(tensor, values)| match tensor.visibility {
            Visibility::Public => Ok(Content::Values(values.clone())),
            Visibility::Committed => {
                let salt = salts
                    .next()
                    .with_context(|| {
                        format!("input {:?} is committed, and there is no salt for it", tensor.name)
                    })
                    .hint(|| "--salts names the file that `assay prove --save-salts` wrote")?;
                Ok(Content::Commitment(commit(*salt, &pack(values, tensor.bits)?)?))
            }
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(contents)
}

/// A uniformly random salt for each committed input.
pub fn fresh_salts(model: &Model) -> anyhow::Result<Salts> {
    committed(model).map(|_| random_scalar()).collect()
}

/// The salts in a file that [`salts_to_json`] wrote for this model.
pub fn read_salts(model: &Model, path: &Path) -> anyhow::Result<Salts> {
    let bytes = files::read(path, "file of salts", SALTS)?;
    let object: Map<String, Value> = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not a file of salts", path.display()))
        .hint(|| "`assay prove --save-salts` writes it: a JSON object of salts by input name")?;
    committed(model)
        .map(|name| {
            let text = object.get(name).and_then(Value::as_str);
            let text =
                text.with_context(|| format!("{} holds no salt for input {name:?}", path.display()))?;
            let bytes = parse_hex32(text)
                .map_err(|error| anyhow!("{}: salt of {name:?}: {error}", path.display()))?;
            Scalar::from_be_bytes(bytes).with_context(|| format!("{}: salt of {name:?}", path.display()))
        })
        .collect()
}

/// The salts by input name.
pub fn salts_to_json(model: &Model, salts: &[Scalar]) -> String {
    let object: Map<String, Value> =
        committed(model).zip(salts).map(|(name, salt)| (name.to_owned(), salt.to_string().into())).collect();
    format!("{:#}\n", Value::Object(object))
}

/// Names of the committed inputs, in the order of the schema.
fn committed(model: &Model) -> impl Iterator<Item = &str> {
    let inputs = model.compiled.schema.inputs().iter();
    inputs.filter(|tensor| tensor.visibility == Visibility::Committed).map(|tensor| tensor.name.as_str())
}

/// Uniform below the field's order, by rejection: one draw in four or so is above it.
fn random_scalar() -> anyhow::Result<Scalar> {
    loop {
        let mut bytes = [0; 32];
        OsRng.try_fill_bytes(&mut bytes).context("the system has no random numbers")?;
        bytes[0] &= 0x3f;
        if let Ok(scalar) = Scalar::from_be_bytes(bytes) {
            return Ok(scalar);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_by_ending_and_by_content() {
        let of = |name: &str, bytes: &[u8]| form(Path::new(name), bytes);
        assert_eq!(of("a.CSV", b"{}"), Form::Csv);
        assert_eq!(of("a.json", b"x"), Form::Json);
        assert_eq!(of("/dev/fd/63", b"  [1]"), Form::Json);
        assert_eq!(of("samples", b"a,b\n1,2"), Form::Csv);
        assert_eq!(of("samples", b"\x93NUMPY"), Form::Npy);
        assert_eq!(of("samples", b"PK\x03\x04"), Form::Npz);
    }

    #[test]
    fn random_scalars_differ() {
        assert_ne!(random_scalar().unwrap(), random_scalar().unwrap());
    }
}
