//! NumPy's `.npy` format: magic, version, a Python dictionary as header, then the elements.
//! The data must be as long as the shape says, so an array costs what its bytes do. (What the crates that read it do
//! instead: the module `zip`.)
//! Reference: NumPy Enhancement Proposal 1 and `numpy.lib.format`.

use super::error::{CalibrationError, NpyProblem};
use super::table::finite;

/// The samples: the first dimension counts them, the others are flattened.
pub(super) fn read(bytes: &[u8], array: &str) -> Result<Vec<Vec<f64>>, CalibrationError> {
    let fail = |problem| CalibrationError::Npy { array: array.to_owned(), problem };
    let (header, data) = split(bytes).ok_or_else(|| fail(NpyProblem::Header))?;
    let header = Header::parse(header).ok_or_else(|| fail(NpyProblem::Header))?;
    if header.fortran_order {
        return Err(fail(NpyProblem::FortranOrder));
    }
    let size = match header.descr {
        "<f4" | "<i4" => 4,
        "<f8" | "<i8" => 8,
        other => return Err(fail(NpyProblem::ElementType(other.to_owned()))),
    };
    let (&samples, rest) = header.shape.split_first().ok_or_else(|| fail(NpyProblem::Scalar))?;
    let product = |dims: &[usize]| dims.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim));
    let width = product(rest);
    let expected = width.and_then(|width| width.checked_mul(samples)?.checked_mul(size));
    let (Some(width), true) = (width, expected == Some(data.len())) else {
        let (shape, found) = (header.shape.clone(), data.len());
        return Err(fail(NpyProblem::Length { shape, expected, found }));
    };
    if width == 0 || samples == 0 {
        return Err(CalibrationError::Empty);
    }
    let values: Vec<f64> = match header.descr {
        "<f4" => elements(data, |bytes| f32::from_le_bytes(bytes).into()),
        "<i4" => elements(data, |bytes| i32::from_le_bytes(bytes).into()),
        "<i8" => elements(data, |bytes| i64::from_le_bytes(bytes) as f64),
        _ => elements(data, f64::from_le_bytes),
    };
    let row = |(i, row): (usize, &[f64])| {
        let cell = |(j, &value)| finite(value, i + 1, || format!("{array}[{j}]"));
        row.iter().enumerate().map(cell).collect()
    };
    values.chunks_exact(width).enumerate().map(row).collect()
}

fn elements<const N: usize>(data: &[u8], decode: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    data.as_chunks::<N>().0.iter().map(|&bytes| decode(bytes)).collect()
}

fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let rest = bytes.strip_prefix(b"\x93NUMPY")?;
    let (version, rest) = rest.split_at_checked(2)?;
    let (length, rest) = match version {
        [1, 0] => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        [2 | 3, 0] => {
            let (length, rest) = rest.split_first_chunk::<4>()?;
            (usize::try_from(u32::from_le_bytes(*length)).ok()?, rest)
        }
        _ => return None,
    };
    let (header, data) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(header).ok()?, data))
}

struct Header<'a> {
    descr: &'a str,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl<'a> Header<'a> {
    /// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
    fn parse(text: &'a str) -> Option<Self> {
        let field = |key: &str| {
            let at = text.find(&format!("'{key}':"))?;
            text.get(at + key.len() + 3..).map(str::trim_start)
        };
        let descr = field("descr")?.strip_prefix('\'')?.split_once('\'')?.0;
        let fortran_order = field("fortran_order")?.starts_with("True");
        let shape = field("shape")?.strip_prefix('(')?.split_once(')')?.0;
        let dims = shape.split(',').map(str::trim).filter(|dim| !dim.is_empty());
        let shape = dims.map(|dim| dim.parse().ok()).collect::<Option<_>>()?;
        Some(Header { descr, fortran_order, shape })
    }
}
