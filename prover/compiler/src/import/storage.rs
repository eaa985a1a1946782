//! How the elements of a constant lie in a file: one behind the other, little-endian, those of less than a byte from
//! the low bits up; or in the field of their type, where the narrow ones stand in 32 bits.
//!
//! Every number is read as the `f64` of its value, which is exact but for integers beyond 2^53: they are the nearest
//! `f64`, so that the largest `int64`, which files write for "to the end", is 2^63 and reads back as itself, saturated.
//!
//! Formats: IEEE 754; bfloat16; the 8-bit floats of OCP's "8-bit Floating Point Specification" and of Graphcore
//! (`fnuz`); the 4-bit float and the power of two of OCP's "Microscaling Formats (MX)".

use crate::model::Kind;
use crate::onnx::{DataType, TensorProto};

/// How the elements of a type are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Storage {
    /// Bits of an element in raw data.
    bits: u32,
    meaning: Meaning,
    field: Field,
}

/// What the bits of an element mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Single,
    Double,
    /// A float of other widths.
    Float(Float),
    Signed,
    Unsigned,
    Truth,
}

/// A binary float: sign, exponent, mantissa.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Float {
    exponent: u32,
    mantissa: u32,
    bias: i32,
    special: Special,
}

/// Which codes are no finite numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Special {
    /// As in IEEE 754: the largest exponent has infinity and NaN.
    Ieee,
    /// NaN is the code of ones; no infinities.
    Ones,
    /// NaN is the code of negative zero; no infinities.
    NegativeZero,
    /// All codes are numbers.
    None,
    /// No sign and no mantissa: a power of two; the code of ones is NaN.
    Power,
}

/// Where elements stand that are not raw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Float,
    Double,
    Int32,
    Int64,
    Uint64,
}

/// Elements that are missing, or one too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrongLength {
    /// Elements found.
    pub found: usize,
}

impl Storage {
    /// How elements of a type are stored; `None` for types that no operator here takes.
    pub fn of(data_type: DataType) -> Option<Storage> {
        let int = |bits, meaning, field| Some(Storage { bits, meaning, field });
        let float = |bits, exponent, mantissa, bias, special| {
            let meaning = Meaning::Float(Float { exponent, mantissa, bias, special });
            Some(Storage { bits, meaning, field: Field::Int32 })
        };
        match data_type {
            DataType::Float => int(32, Meaning::Single, Field::Float),
            DataType::Double => int(64, Meaning::Double, Field::Double),
            DataType::Float16 => float(16, 5, 10, 15, Special::Ieee),
            DataType::Bfloat16 => float(16, 8, 7, 127, Special::Ieee),
            DataType::Float8e4m3fn => float(8, 4, 3, 7, Special::Ones),
            DataType::Float8e4m3fnuz => float(8, 4, 3, 8, Special::NegativeZero),
            DataType::Float8e5m2 => float(8, 5, 2, 15, Special::Ieee),
            DataType::Float8e5m2fnuz => float(8, 5, 2, 16, Special::NegativeZero),
            DataType::Float8e8m0 => float(8, 8, 0, 127, Special::Power),
            DataType::Float4e2m1 => float(4, 2, 1, 1, Special::None),
            DataType::Bool => int(8, Meaning::Truth, Field::Int32),
            DataType::Int2 => int(2, Meaning::Signed, Field::Int32),
            DataType::Int4 => int(4, Meaning::Signed, Field::Int32),
            DataType::Int8 => int(8, Meaning::Signed, Field::Int32),
            DataType::Int16 => int(16, Meaning::Signed, Field::Int32),
            DataType::Int32 => int(32, Meaning::Signed, Field::Int32),
            DataType::Int64 => int(64, Meaning::Signed, Field::Int64),
            DataType::Uint2 => int(2, Meaning::Unsigned, Field::Int32),
            DataType::Uint4 => int(4, Meaning::Unsigned, Field::Int32),
            DataType::Uint8 => int(8, Meaning::Unsigned, Field::Int32),
            DataType::Uint16 => int(16, Meaning::Unsigned, Field::Int32),
            DataType::Uint32 => int(32, Meaning::Unsigned, Field::Uint64),
            DataType::Uint64 => int(64, Meaning::Unsigned, Field::Uint64),
            DataType::Undefined | DataType::String | DataType::Complex64 | DataType::Complex128 => None,
        }
    }

    /// What elements of the type are.
    pub fn kind(self) -> Kind {
        match self.meaning {
            Meaning::Single | Meaning::Double | Meaning::Float(_) => Kind::Real,
            Meaning::Signed | Meaning::Unsigned => Kind::Integer,
            Meaning::Truth => Kind::Bool,
        }
    }

    /// The `count` elements of a tensor.
    pub fn read(self, tensor: &TensorProto, count: usize) -> Result<Vec<f64>, WrongLength> {
        let raw = tensor.raw_data.as_slice();
        if !raw.is_empty() {
            return self.packed(raw, count);
        }
        match self.field {
            Field::Float => self.listed(tensor.float_data.iter().map(|x| x.to_bits().into()), count),
            Field::Double => self.listed(tensor.double_data.iter().map(|x| x.to_bits()), count),
            Field::Int64 => self.listed(tensor.int64_data.iter().map(|x| x.cast_unsigned()), count),
            Field::Uint64 => self.listed(tensor.uint64_data.iter().copied(), count),
            // Of elements of less than a byte, a number holds a byte.
            Field::Int32 if self.bits < 8 => {
                let bytes: Vec<u8> = tensor.int32_data.iter().map(|x| x.to_le_bytes()[0]).collect();
                self.packed(&bytes, count)
            }
            Field::Int32 => self.listed(tensor.int32_data.iter().map(|x| x.cast_unsigned().into()), count),
        }
    }

    fn listed(
        self,
        units: impl ExactSizeIterator<Item = u64>,
        count: usize,
    ) -> Result<Vec<f64>, WrongLength> {
        if units.len() != count {
            return Err(WrongLength { found: units.len() });
        }
        Ok(units.map(|unit| self.value(unit)).collect())
    }

    fn packed(self, raw: &[u8], count: usize) -> Result<Vec<f64>, WrongLength> {
        let in_byte = (8 / self.bits).max(1) as usize;
        let of_element = (self.bits / 8).max(1) as usize;
        let bytes = if self.bits < 8 { Some(count.div_ceil(in_byte)) } else { count.checked_mul(of_element) };
        if bytes != Some(raw.len()) {
            return Err(WrongLength { found: raw.len() / of_element * in_byte });
        }
        if self.bits < 8 {
            let parts =
                |&byte: &u8| (0..in_byte).map(move |part| u64::from(byte >> (part as u32 * self.bits)));
            return Ok(raw.iter().flat_map(parts).take(count).map(|unit| self.value(unit)).collect());
        }
        let unit = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |unit, &byte| (unit << 8) | u64::from(byte));
        Ok(raw.chunks_exact(of_element).map(|bytes| self.value(unit(bytes))).collect())
    }

    /// The value of an element, of whose bits the low ones count.
    fn value(self, unit: u64) -> f64 {
        // 2 to 64 bits are left.
        let unused = 64 - self.bits;
        let unit = (unit << unused) >> unused;
        match self.meaning {
            Meaning::Single => f32::from_bits(unit as u32).into(),
            Meaning::Double => f64::from_bits(unit),
            Meaning::Float(float) => float.value(unit),
            Meaning::Signed => ((unit << unused).cast_signed() >> unused) as f64,
            Meaning::Unsigned => unit as f64,
            Meaning::Truth => f64::from(u8::from(unit != 0)),
        }
    }
}

impl Float {
    fn value(self, code: u64) -> f64 {
        let Float { exponent, mantissa, bias, special } = self;
        let (power, fraction) = (code >> mantissa & ((1 << exponent) - 1), code & ((1 << mantissa) - 1));
        let ones = (1u64 << exponent) - 1;
        if special == Special::Power {
            return if power == ones { f64::NAN } else { scaled(1, power as i32 - bias) };
        }
        let negative = code >> (mantissa + exponent) & 1 == 1;
        let magnitude = match special {
            Special::Ieee if power == ones && fraction == 0 => f64::INFINITY,
            Special::Ieee if power == ones => f64::NAN,
            Special::Ones if power == ones && fraction == (1 << mantissa) - 1 => f64::NAN,
            Special::NegativeZero if negative && power == 0 && fraction == 0 => f64::NAN,
            // Without the leading one, at the exponent of the smallest normal numbers.
            _ if power == 0 => scaled(fraction, 1 - bias - mantissa as i32),
            _ => scaled(fraction | 1 << mantissa, power as i32 - bias - mantissa as i32),
        };
        if negative { -magnitude } else { magnitude }
    }
}

/// `digits · 2^exponent`, exact: `digits` has at most 11 bits, and no format reaches the ends of `f64`'s exponents.
fn scaled(digits: u64, exponent: i32) -> f64 {
    let power = f64::from_bits(u64::from((exponent + 1023).cast_unsigned()) << 52);
    digits as f64 * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data_type: DataType, raw: &[u8], count: usize) -> Result<Vec<f64>, WrongLength> {
        let tensor = TensorProto { raw_data: raw.to_vec(), ..Default::default() };
        Storage::of(data_type).unwrap().read(&tensor, count)
    }

    /// Widening to `f32` by the bits of both formats, for every code.
    #[test]
    fn halves_and_bfloats_are_what_their_bits_say() {
        for code in 0..=u16::MAX {
            let bytes = code.to_le_bytes();
            let bfloat = f64::from(f32::from_bits(u32::from(code) << 16));
            let found = read(DataType::Bfloat16, &bytes, 1).unwrap()[0];
            assert!(found.to_bits() == bfloat.to_bits() || (found.is_nan() && bfloat.is_nan()), "{code:#x}");
            let (sign, power, fraction) = (code >> 15, i32::from(code >> 10 & 31), f64::from(code & 1023));
            let half = match power {
                0 => fraction * 2f64.powi(-24),
                31 if code & 1023 == 0 => f64::INFINITY,
                31 => f64::NAN,
                power => (1024.0 + fraction) * 2f64.powi(power - 25),
            };
            let half = if sign == 1 { -half } else { half };
            let found = read(DataType::Float16, &bytes, 1).unwrap()[0];
            assert!(found.to_bits() == half.to_bits() || (found.is_nan() && half.is_nan()), "{code:#x}");
        }
    }

    #[test]
    fn narrow_floats_at_their_ends() {
        let all = |data_type| (0..=u8::MAX).map(move |code| read(data_type, &[code], 1).unwrap()[0]);
        let most = |data_type| all(data_type).filter(|x| x.is_finite()).fold(0.0f64, f64::max);
        let least = |data_type| all(data_type).filter(|&x| x > 0.0).fold(f64::MAX, f64::min);
        let nans = |data_type| all(data_type).filter(|x| x.is_nan()).count();
        for (data_type, largest, smallest, numberless) in [
            (DataType::Float8e4m3fn, 448.0, 2f64.powi(-9), 2),
            (DataType::Float8e4m3fnuz, 240.0, 2f64.powi(-10), 1),
            (DataType::Float8e5m2, 57344.0, 2f64.powi(-16), 6),
            (DataType::Float8e5m2fnuz, 57344.0, 2f64.powi(-17), 1),
            (DataType::Float8e8m0, 2f64.powi(127), 2f64.powi(-127), 1),
        ] {
            assert_eq!((most(data_type), least(data_type)), (largest, smallest), "{data_type:?}");
            assert_eq!(nans(data_type), numberless, "{data_type:?}");
        }
        let fours: Vec<f64> =
            read(DataType::Float4e2m1, &[0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe], 16).unwrap();
        assert_eq!(fours[..8], [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0]);
        assert_eq!(fours[9..], [-0.5, -1.0, -1.5, -2.0, -3.0, -4.0, -6.0]);
    }

    #[test]
    fn integers_of_every_width_raw_and_listed() {
        assert_eq!(read(DataType::Int8, &[0x80, 0x7f, 0xff], 3).unwrap(), [-128.0, 127.0, -1.0]);
        assert_eq!(read(DataType::Uint16, &[0xff, 0xff], 1).unwrap(), [65535.0]);
        assert_eq!(read(DataType::Int4, &[0x8f, 0x07], 3).unwrap(), [-1.0, -8.0, 7.0]);
        assert_eq!(read(DataType::Uint4, &[0x8f], 2).unwrap(), [15.0, 8.0]);
        assert_eq!(read(DataType::Int2, &[0b11_10_01_00], 4).unwrap(), [0.0, 1.0, -2.0, -1.0]);
        assert_eq!(read(DataType::Uint2, &[0b11_10_01_00, 0b1], 5).unwrap(), [0.0, 1.0, 2.0, 3.0, 1.0]);
        assert_eq!(read(DataType::Bool, &[0, 1, 2], 3).unwrap(), [0.0, 1.0, 1.0]);
        let ends =
            read(DataType::Int64, &[i64::MAX.to_le_bytes(), i64::MIN.to_le_bytes()].concat(), 2).unwrap();
        assert_eq!([ends[0] as i64, ends[1] as i64], [i64::MAX, i64::MIN]);
        let listed =
            |data_type, tensor: TensorProto, count| Storage::of(data_type).unwrap().read(&tensor, count);
        let int32 =
            |int32_data: &[i32]| TensorProto { int32_data: int32_data.to_vec(), ..Default::default() };
        assert_eq!(listed(DataType::Float16, int32(&[0x3c00, 0xc000]), 2).unwrap(), [1.0, -2.0]);
        assert_eq!(listed(DataType::Int8, int32(&[-5, 5]), 2).unwrap(), [-5.0, 5.0]);
        assert_eq!(listed(DataType::Int4, int32(&[0x8f]), 2).unwrap(), [-1.0, -8.0]);
        let wide = TensorProto { uint64_data: vec![u64::MAX], ..Default::default() };
        assert_eq!(listed(DataType::Uint64, wide, 1).unwrap(), [2f64.powi(64)]);
    }

    #[test]
    fn lengths_that_do_not_fit() {
        for (data_type, raw, count) in [
            (DataType::Int4, &[0u8; 2][..], 2),
            (DataType::Int4, &[0; 1], 3),
            (DataType::Float, &[0; 5], 1),
            (DataType::Double, &[0; 8], usize::MAX),
            (DataType::Uint2, &[0; 1], usize::MAX),
        ] {
            assert!(read(data_type, raw, count).is_err(), "{data_type:?}");
        }
    }
}
