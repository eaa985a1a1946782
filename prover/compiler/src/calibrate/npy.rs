//! NumPy's `.npy` format: magic, version, a Python dictionary as header, then the elements.
//! The data must be as long as the shape says, so an array costs what its bytes do. (What the crates that read it do
//! instead: the module `zip`.)
//! Reference: NumPy Enhancement Proposal 1 and `numpy.lib.format`.

use super::error::{CalibrationError, NpyProblem};

/// The samples: the first dimension counts them, the others are flattened in row-major order.
pub(super) fn read(bytes: &[u8], array: &str) -> Result<Vec<Vec<f64>>, CalibrationError> {
    let fail = |problem| CalibrationError::Npy { array: array.to_owned(), problem };
    let (header, data) = split(bytes).ok_or_else(|| fail(NpyProblem::Header))?;
    let header = Header::parse(header).ok_or_else(|| fail(NpyProblem::Header))?;
    let element =
        Element::parse(header.descr).ok_or_else(|| fail(NpyProblem::ElementType(header.descr.to_owned())))?;
    let (&samples, rest) = header.shape.split_first().ok_or_else(|| fail(NpyProblem::Scalar))?;
    let product = |dims: &[usize]| dims.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim));
    let width = product(rest);
    let expected = width.and_then(|width| width.checked_mul(samples)?.checked_mul(element.size));
    let (Some(width), true) = (width, expected == Some(data.len())) else {
        let (shape, found) = (header.shape.clone(), data.len());
        return Err(fail(NpyProblem::Length { shape, expected, found }));
    };
    if width == 0 || samples == 0 {
        return Err(CalibrationError::Empty);
    }
    let values: Vec<f64> = data.chunks_exact(element.size).map(|bytes| element.value(bytes)).collect();
    if !header.fortran_order {
        return Ok(values.chunks_exact(width).map(<[f64]>::to_vec).collect());
    }
    // Column-major: the first index runs fastest.
    let at = |sample: usize, position: usize| {
        let (mut position, mut at) = (position, sample);
        let strides: Vec<usize> = rest
            .iter()
            .scan(samples, |stride, dim| Some(std::mem::replace(stride, stride.saturating_mul(*dim))))
            .collect();
        for (dim, stride) in rest.iter().zip(strides).rev() {
            at += position % dim * stride;
            position /= dim;
        }
        values.get(at).copied()
    };
    let row = |sample| (0..width).map(|position| at(sample, position)).collect::<Option<Vec<f64>>>();
    (0..samples).map(row).collect::<Option<_>>().ok_or_else(|| fail(NpyProblem::Header))
}

/// An element type: `<f4` and its like.
struct Element {
    kind: Kind,
    /// Bytes.
    size: usize,
    order: Order,
}

enum Kind {
    Float,
    Signed,
    Unsigned,
    Truth,
}

enum Order {
    Little,
    Big,
}

impl Element {
    fn parse(descr: &str) -> Option<Element> {
        let order = match descr.as_bytes().first()? {
            b'<' | b'|' => Order::Little,
            b'>' => Order::Big,
            _ => return None,
        };
        let (kind, size) = match descr.get(1..)? {
            "f2" => (Kind::Float, 2),
            "f4" => (Kind::Float, 4),
            "f8" => (Kind::Float, 8),
            "i1" => (Kind::Signed, 1),
            "i2" => (Kind::Signed, 2),
            "i4" => (Kind::Signed, 4),
            "i8" => (Kind::Signed, 8),
            "u1" => (Kind::Unsigned, 1),
            "u2" => (Kind::Unsigned, 2),
            "u4" => (Kind::Unsigned, 4),
            "u8" => (Kind::Unsigned, 8),
            "b1" => (Kind::Truth, 1),
            _ => return None,
        };
        Some(Element { kind, size, order })
    }

    /// The number in so many bytes.
    fn value(&self, bytes: &[u8]) -> f64 {
        let join = |unit: u64, &byte: &u8| (unit << 8) | u64::from(byte);
        let unit = match self.order {
            Order::Little => bytes.iter().rev().fold(0, join),
            Order::Big => bytes.iter().fold(0, join),
        };
        let unused = 64 - 8 * self.size as u32; // 1 to 8 bytes
        match (&self.kind, self.size) {
            (Kind::Float, 2) => half(unit),
            (Kind::Float, 4) => f32::from_bits(unit as u32).into(),
            (Kind::Float, _) => f64::from_bits(unit),
            (Kind::Signed, _) => ((unit << unused).cast_signed() >> unused) as f64,
            (Kind::Unsigned, _) => unit as f64,
            (Kind::Truth, _) => f64::from(u8::from(unit != 0)),
        }
    }
}

/// An IEEE 754 number of 16 bits.
fn half(bits: u64) -> f64 {
    let (power, fraction) = (bits >> 10 & 31, (bits & 1023) as f64);
    let magnitude = match power {
        0 => fraction / f64::from(1 << 24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        power => (1024.0 + fraction) * (1u64 << power) as f64 / f64::from(1 << 25),
    };
    if bits >> 15 & 1 == 1 { -magnitude } else { magnitude }
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
