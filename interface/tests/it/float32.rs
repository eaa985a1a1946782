//! Order keys of single-precision numbers.

use assay_interface::float32::{KEY_OF_INFINITY, key, number};
use assay_interface::missing::code;
use proptest::prelude::*;

/// Numbers at which something changes, ascending.
const EDGES: [f32; 17] = [
    f32::NEG_INFINITY,
    f32::MIN,
    -16_777_217.0,
    -1.0,
    -0.1,
    -f32::MIN_POSITIVE,
    -1.1754942e-38, // the largest denormal number
    -1e-45,         // the least
    0.0,
    1e-45,
    1.1754942e-38,
    f32::MIN_POSITIVE,
    0.1,
    1.0,
    16_777_217.0,
    f32::MAX,
    f32::INFINITY,
];

#[test]
fn keys_are_those_of_the_definition() {
    assert_eq!([0.0f32, -0.0, 1e-45, -1e-45].map(key), [Some(0), Some(0), Some(1), Some(-1)]);
    assert_eq!([1.0f32, -1.0].map(key), [Some(0x3f80_0000), Some(-0x3f80_0000)]);
    assert_eq!([f32::INFINITY, f32::NEG_INFINITY].map(key), [Some(KEY_OF_INFINITY), Some(-KEY_OF_INFINITY)]);
    for bits in [0x7f80_0001u32, 0x7fc0_0000, 0xffff_ffff, 0xff80_0001] {
        assert_eq!(key(f32::from_bits(bits)), None, "{bits:x}");
    }
}

#[test]
fn neighbours_have_neighbouring_keys() {
    let keys: Vec<i64> = EDGES.iter().map(|&x| key(x).unwrap()).collect();
    assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
    for &x in &EDGES[..EDGES.len() - 1] {
        let above = x.next_up();
        // The two zeros are one number.
        let above = if above == 0.0 { 0.0 } else { above };
        assert_eq!(key(above).unwrap(), key(x).unwrap() + 1, "{x}");
    }
}

/// The code of a missing value is no number's, nor are the other integers beyond the infinities.
#[test]
fn integers_beyond_infinity_are_no_numbers() {
    for beyond in [
        code(32),
        code(32) + 1,
        -KEY_OF_INFINITY - 1,
        KEY_OF_INFINITY + 1,
        i32::MAX.into(),
        i64::MIN,
        i64::MAX,
    ] {
        assert_eq!(number(beyond), None, "{beyond}");
    }
    assert_eq!(number(0).map(f32::to_bits), Some(0));
}

proptest! {
    #[test]
    fn keys_compare_as_numbers(a: u32, b: u32) {
        let (a, b) = (f32::from_bits(a), f32::from_bits(b));
        match (key(a), key(b)) {
            (Some(of_a), Some(of_b)) => {
                prop_assert_eq!(of_a.cmp(&of_b), a.partial_cmp(&b).unwrap());
                prop_assert_eq!(number(of_a), Some(a));
                prop_assert_eq!(of_a, i64::from(of_a as i32));
            }
            (of_a, of_b) => prop_assert_eq!((of_a.is_none(), of_b.is_none()), (a.is_nan(), b.is_nan())),
        }
    }

    #[test]
    fn each_key_is_of_one_number(of in -KEY_OF_INFINITY..=KEY_OF_INFINITY) {
        prop_assert_eq!(number(of).and_then(key), Some(of));
    }
}
