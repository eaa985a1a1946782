//! NumPy's `.npy` format: magic, version, a Python dictionary as header, then the elements.
//! Reference: NumPy Enhancement Proposal 1 and `numpy.lib.format`.

use super::{CalibrationError, NpyProblem, finite};

/// Reads one element.
type Decode = fn(&[u8]) -> Option<f64>;

/// The samples: the first dimension counts them, the others are flattened.
pub(super) fn read(bytes: &[u8], array: &str) -> Result<Vec<Vec<f64>>, CalibrationError> {
    let fail = |problem| CalibrationError::Npy { array: array.to_owned(), problem };
    let (header, data) = split(bytes).ok_or_else(|| fail(NpyProblem::Header))?;
    let header = Header::parse(header).ok_or_else(|| fail(NpyProblem::Header))?;
    if header.fortran_order {
        return Err(fail(NpyProblem::FortranOrder));
    }
    let (&samples, rest) = header.shape.split_first().ok_or_else(|| fail(NpyProblem::Scalar))?;
    let (size, decode): (usize, Decode) = match header.descr {
        "<f4" => (4, |b| Some(f64::from(f32::from_le_bytes(b.try_into().ok()?)))),
        "<f8" => (8, |b| Some(f64::from_le_bytes(b.try_into().ok()?))),
        "<i4" => (4, |b| Some(f64::from(i32::from_le_bytes(b.try_into().ok()?)))),
        "<i8" => (8, |b| Some(i64::from_le_bytes(b.try_into().ok()?) as f64)),
        other => return Err(fail(NpyProblem::ElementType(other.to_owned()))),
    };
    let width = rest.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim));
    let expected =
        width.and_then(|width| width.checked_mul(samples)?.checked_mul(size)).unwrap_or(usize::MAX);
    if data.len() != expected {
        let (shape, found) = (header.shape.clone(), data.len());
        return Err(fail(NpyProblem::Length { shape, expected, found }));
    }
    let width = width.unwrap_or(0);
    if width == 0 || samples == 0 {
        return Err(CalibrationError::Empty);
    }
    let rows = data.chunks_exact(width * size).enumerate().map(|(i, row)| {
        let cells = row.chunks_exact(size).enumerate().map(|(j, bytes)| {
            let value = decode(bytes).unwrap_or(f64::NAN);
            finite(value, i + 1, || format!("{array}[{j}]"))
        });
        cells.collect()
    });
    rows.collect()
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
