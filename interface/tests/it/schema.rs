//! Model schemas: the identity of encode and decode, the domain, and each fault its own error.

use crate::common;
use assay_interface::missing::{self, MAX_COLUMNS, Missing};
use assay_interface::scales::{MAX_SCALES, Scales};
use assay_interface::schema::{
    MAX_ENCODED_LEN, MAX_TENSORS, ModelSchema, SchemaError, Side, TensorSchema, Visibility, domain_of,
};
use proptest::prelude::*;

fn tensor(name: &str) -> TensorSchema {
    TensorSchema {
        name: name.into(),
        shape: vec![16],
        bits: 15,
        scales: 12.into(),
        missing: Missing::Never,
        visibility: Visibility::Public,
    }
}

fn model(inputs: Vec<TensorSchema>, outputs: Vec<TensorSchema>) -> Result<ModelSchema, SchemaError> {
    ModelSchema::new("risk".into(), inputs, outputs)
}

fn valid() -> ModelSchema {
    let mut committed = tensor("weights");
    committed.visibility = Visibility::Committed;
    committed.shape = vec![2, 40];
    let score = TensorSchema { shape: vec![1], bits: 16, scales: 8.into(), ..tensor("score") };
    model(vec![tensor("features"), committed], vec![score]).expect("valid")
}

#[test]
fn limbs_follow_shapes_and_visibility() {
    let schema = valid();
    assert_eq!(schema.inputs()[1].elements(), 80);
    assert_eq!(schema.inputs()[1].packed_limbs(), 5); // 16 values of 15 bits a limb
    assert_eq!(schema.inputs()[1].statement_limbs(), 1);
    assert_eq!((schema.input_limbs(), schema.output_limbs()), (2, 1));
}

#[test]
fn each_invalid_part_has_its_error() {
    let with = |change: fn(&mut TensorSchema)| {
        let mut input = tensor("x");
        change(&mut input);
        model(vec![input], vec![tensor("y")]).expect_err("invalid")
    };
    assert_eq!(with(|t| t.name = String::new()), SchemaError::NameLength { length: 0 });
    assert_eq!(with(|t| t.name = "n".repeat(33)), SchemaError::NameLength { length: 33 });
    assert_eq!(with(|t| t.name = "a\u{1b}[31m".into()), SchemaError::NameControl("a\u{1b}[31m".into()));
    assert_eq!(with(|t| t.name = "y".into()), SchemaError::NameRepeated("y".into()));
    assert_eq!(with(|t| t.shape = vec![]), SchemaError::Rank { tensor: "x".into(), rank: 0 });
    assert_eq!(with(|t| t.shape = vec![1; 5]), SchemaError::Rank { tensor: "x".into(), rank: 5 });
    assert_eq!(with(|t| t.shape = vec![4, 0]), SchemaError::EmptyDimension { tensor: "x".into(), axis: 1 });
    assert_eq!(with(|t| t.shape = vec![65_537]), SchemaError::TooManyElements { tensor: "x".into() });
    assert_eq!(with(|t| t.shape = vec![u32::MAX; 4]), SchemaError::TooManyElements { tensor: "x".into() });
    assert_eq!(with(|t| t.bits = 0), SchemaError::Bits { tensor: "x".into(), bits: 0 });
    assert_eq!(with(|t| t.bits = 33), SchemaError::Bits { tensor: "x".into(), bits: 33 });
    assert_eq!(
        model(vec![], vec![tensor("y")]),
        Err(SchemaError::TensorCount { side: Side::Input, count: 0 })
    );
    let many = (0..=MAX_TENSORS).map(|i| tensor(&format!("y{i}"))).collect();
    assert_eq!(
        model(vec![tensor("x")], many),
        Err(SchemaError::TensorCount { side: Side::Output, count: 9 })
    );
    let committed = TensorSchema { visibility: Visibility::Committed, ..tensor("y") };
    assert_eq!(
        model(vec![tensor("x")], vec![committed]),
        Err(SchemaError::CommittedOutput { tensor: "y".into() })
    );
}

#[test]
fn each_invalid_encoding_has_its_error() {
    let schema = model(vec![tensor("x")], vec![tensor("y")]).expect("valid");
    let bytes = schema.encode();
    // name: 1 + 4, input count: 5, tensor: name 6..8, rank 8, dimension 9..13, bits 13, scale 14, visibility 15
    let with = |position: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[position] = byte;
        ModelSchema::decode(&bytes).expect_err("invalid")
    };
    assert_eq!(with(0, 0), SchemaError::NameLength { length: 0 });
    assert_eq!(with(0, 40), SchemaError::NameLength { length: 40 });
    assert_eq!(with(1, 0xff), SchemaError::NameEncoding);
    assert_eq!(with(1, 0x07), SchemaError::NameControl("\u{7}isk".into()));
    assert_eq!(with(5, 0), SchemaError::TensorCount { side: Side::Input, count: 0 });
    assert_eq!(with(8, 5), SchemaError::Rank { tensor: "x".into(), rank: 5 });
    assert_eq!(with(9, 0), SchemaError::EmptyDimension { tensor: "x".into(), axis: 0 });
    assert_eq!(with(13, 34), SchemaError::Bits { tensor: "x".into(), bits: 34 });
    assert_eq!(with(15, 3), SchemaError::Visibility(3));
    assert_eq!(with(bytes.len() - 1, 1), SchemaError::CommittedOutput { tensor: "y".into() });
    let mut long = bytes.clone();
    long.extend([0, 0]);
    assert_eq!(ModelSchema::decode(&long), Err(SchemaError::Trailing(2)));
    for end in 0..bytes.len() {
        assert_eq!(ModelSchema::decode(&bytes[..end]), Err(SchemaError::Truncated(end)));
    }
}

#[test]
fn the_longest_encoding_fits_its_bound() {
    let long = |prefix: &str| {
        (0..MAX_TENSORS)
            .map(|i| TensorSchema {
                shape: vec![1, 1, 1, MAX_SCALES as u32],
                scales: Scales::Axis { axis: 3, scales: (-64..64).collect() },
                ..tensor(&format!("{prefix}{}{i}", "n".repeat(30)))
            })
            .collect()
    };
    let mut inputs: Vec<TensorSchema> = long("i");
    inputs[0].visibility = Visibility::Member { depth: 32 };
    for input in &mut inputs {
        input.missing = Missing::Columns((0..MAX_COLUMNS).map(|column| column % 3 == 0).collect());
    }
    let schema = ModelSchema::new("m".repeat(32), inputs, long("o")).expect("valid");
    assert_eq!(schema.encode().len(), MAX_ENCODED_LEN);
}

fn image(axis: u8, scales: Vec<i8>) -> TensorSchema {
    TensorSchema { shape: vec![2, 3, 2], scales: Scales::Axis { axis, scales }, ..tensor("x") }
}

#[test]
fn an_element_has_the_scale_of_its_position() {
    let of = |axis, scales| image(axis, scales).each_scale().take(12).flatten().collect::<Vec<i8>>();
    assert_eq!(of(0, vec![1, 2]), [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    assert_eq!(of(1, vec![5, -6, 7]), [5, 5, -6, -6, 7, 7, 5, 5, -6, -6, 7, 7]);
    assert_eq!(of(2, vec![0, 9]), [0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9]);
    let one = TensorSchema { scales: Scales::One(-3), ..image(0, vec![]) };
    assert!(one.each_scale().take(12).all(|scale| scale == Some(-3)));
    let channels = image(1, vec![5, -6, 7]);
    assert!(channels.each_scale().take(12).eq((0..12).map(|element| channels.scale_of(element))));
    assert_eq!(channels.scales.single(), None);
    for scales in
        [channels.scales.clone(), image(0, vec![1, 2]).scales, image(2, vec![0, 9]).scales, Scales::One(4)]
    {
        let elements: Vec<i8> = scales.each(&channels.shape).take(12).flatten().collect();
        assert_eq!(Scales::of_elements(&elements, &channels.shape), Some(scales));
    }
    let by_two_axes: Vec<i8> = (0..12).collect();
    assert_eq!(Scales::of_elements(&by_two_axes, &channels.shape), None);
    let too_long: Vec<i8> = (0..=MAX_SCALES).map(|i| (i % 2) as i8).collect();
    assert_eq!(Scales::of_elements(&too_long, &[too_long.len() as u32]), None);
    assert_eq!(Scales::along(1, vec![4, 4]), Scales::One(4));
    assert_eq!(Scales::along(1, vec![4, 5]), Scales::Axis { axis: 1, scales: vec![4, 5] });
}

#[test]
fn scales_have_one_form_and_each_fault_its_error() {
    let refused = |input: TensorSchema| model(vec![input], vec![tensor("y")]).expect_err("invalid");
    let x = || String::from("x");
    assert_eq!(refused(image(3, vec![1, 2])), SchemaError::ScaleAxis { tensor: x(), axis: 3, rank: 3 });
    assert_eq!(refused(image(1, vec![1, 2])), SchemaError::ScaleCount { tensor: x(), count: 2, length: 3 });
    assert_eq!(refused(image(1, vec![7, 7, 7])), SchemaError::EqualScales { tensor: x() });
    let single = TensorSchema { shape: vec![1, 4], ..image(0, vec![7]) };
    assert_eq!(refused(single), SchemaError::EqualScales { tensor: x() });
    let long = TensorSchema { shape: vec![129], ..image(0, (-64..65).collect()) };
    assert_eq!(refused(long), SchemaError::TooManyScales { tensor: x(), length: 129 });
}

/// One scale is encoded as it was before there were several; scales along an axis stand in its place.
#[test]
fn the_encoding_of_scales_is_fixed() {
    let of = |input: TensorSchema| model(vec![input], vec![tensor("y")]).expect("valid").encode();
    let one = of(TensorSchema { scales: Scales::One(-2), ..image(0, vec![]) });
    let axis = of(image(1, vec![5, -2, 7]));
    // Of the input: bits, scale, visibility; with the top bit bits, axis, scales, visibility.
    assert_eq!(one[21..24], [15, 0xfe, 0]);
    assert_eq!(axis[21..27], [0x80 | 15, 1, 5, 0xfe, 7, 0]);
    assert_eq!((&one[..21], &one[24..]), (&axis[..21], &axis[27..]));
    let with = |position: usize, byte: u8| {
        let mut bytes = axis.clone();
        bytes[position] = byte;
        ModelSchema::decode(&bytes).expect_err("invalid")
    };
    assert_eq!(with(21, 0x80), SchemaError::Bits { tensor: "x".into(), bits: 0 });
    assert_eq!(with(21, 0x80 | 33), SchemaError::Bits { tensor: "x".into(), bits: 33 });
    assert_eq!(with(22, 3), SchemaError::ScaleAxis { tensor: "x".into(), axis: 3, rank: 3 });
    let mut equal = axis.clone();
    equal[23..26].fill(5);
    assert_eq!(ModelSchema::decode(&equal), Err(SchemaError::EqualScales { tensor: "x".into() }));
    for end in 0..axis.len() {
        assert_eq!(ModelSchema::decode(&axis[..end]), Err(SchemaError::Truncated(end)));
    }
}

fn float32(missing: Missing) -> TensorSchema {
    TensorSchema { bits: 32, scales: Scales::Float32, ..table(missing) }
}

#[test]
fn float32_inputs_have_no_scale_and_each_fault_its_error() {
    let x = float32(Missing::Never);
    assert_eq!((x.scale_of(3), x.scales.single(), x.scales.as_slice()), (None, None, &[][..]));
    assert!(x.each_scale().take(20).all(|scale| scale.is_none()));
    assert_eq!(x.packed_limbs(), 3); // 7 values of 32 bits a limb
    let narrow = TensorSchema { bits: 31, ..x.clone() };
    assert_eq!(
        model(vec![narrow], vec![tensor("y")]),
        Err(SchemaError::Float32Bits { tensor: "x".into(), bits: 31 })
    );
    assert_eq!(
        model(vec![tensor("w")], vec![x.clone()]),
        Err(SchemaError::Float32Output { tensor: "x".into() })
    );
    // The domain tells float32 numbers from integers of 32 bits at any scale.
    let domain = |input| model(vec![input], vec![tensor("y")]).expect("valid").domain();
    let scaled = TensorSchema { scales: Scales::One(0), ..x.clone() };
    assert_ne!(domain(x), domain(scaled));
}

#[test]
fn the_encoding_of_float32_inputs_is_fixed() {
    let of = |input: TensorSchema| model(vec![input], vec![tensor("y")]).expect("valid").encode();
    let scaled = of(TensorSchema { bits: 32, ..table(Missing::Never) });
    let [never, anywhere] = [Missing::Never, Missing::Anywhere].map(|missing| of(float32(missing)));
    // Of the input: bits, scale, visibility; of float32 numbers 33, then what may be missing, visibility.
    assert_eq!(
        (&scaled[17..20], &never[17..19], &anywhere[17..20]),
        (&[32, 12, 0][..], &[33, 0][..], &[0x40 | 33, 0, 0][..])
    );
    assert_eq!((&scaled[..17], &scaled[20..]), (&never[..17], &never[19..]));
    for bytes in [&never, &anywhere] {
        assert_eq!(&ModelSchema::decode(bytes).expect("valid").encode(), bytes);
        for end in 0..bytes.len() {
            assert_eq!(ModelSchema::decode(&bytes[..end]), Err(SchemaError::Truncated(end)));
        }
    }
    // Scales along an axis are of numbers that have some.
    let mut axis = never.clone();
    axis.splice(17..18, [0x80 | 33, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(ModelSchema::decode(&axis), Err(SchemaError::Bits { tensor: "x".into(), bits: 33 }));
    // An output is none.
    let mut output = never.clone();
    let at = output.len() - 3;
    assert_eq!(output[at..], [15, 12, 0]);
    output.splice(at.., [33, 0]);
    assert_eq!(ModelSchema::decode(&output), Err(SchemaError::Float32Output { tensor: "y".into() }));
}

fn table(missing: Missing) -> TensorSchema {
    TensorSchema { shape: vec![2, 10], missing, ..tensor("x") }
}

fn columns(which: &[usize]) -> Missing {
    Missing::Columns((0..10).map(|column| which.contains(&column)).collect())
}

#[test]
fn the_least_integer_is_a_missing_value_where_one_may_be() {
    let schema = table(columns(&[0, 9]));
    assert_eq!(
        (schema.missing_code(), missing::code(2), missing::code(32)),
        (-16_384, -2, i64::from(i32::MIN))
    );
    let which: Vec<usize> = (0..20).filter(|&element| schema.is_missing(element, -16_384)).collect();
    assert_eq!(which, [0, 9, 10, 19]);
    assert!((0..20).all(|element| !schema.is_missing(element, -16_383)));
    assert!((0..20).all(|element| table(Missing::Anywhere).is_missing(element, -16_384)));
    assert!((0..20).all(|element| !table(Missing::Never).is_missing(element, -16_384)));
    for missing in [columns(&[0, 9]), Missing::Anywhere, Missing::Never] {
        let elements: Vec<bool> = missing.each(&[2, 10]).take(20).collect();
        assert_eq!(Missing::of_elements(&elements, &[2, 10]), missing);
    }
    // What one row may miss, all may; of rows too long for a mask, anything.
    let one: Vec<bool> = (0..20).map(|element| element == 13).collect();
    assert_eq!(Missing::of_elements(&one, &[2, 10]), columns(&[3]));
    let long: Vec<bool> = (0..=MAX_COLUMNS).map(|element| element == 13).collect();
    assert_eq!(Missing::of_elements(&long, &[long.len() as u32]), Missing::Anywhere);
}

#[test]
fn missing_values_have_one_form_and_each_fault_its_error() {
    let refused = |input: TensorSchema| model(vec![input], vec![tensor("y")]).expect_err("invalid");
    let x = || String::from("x");
    assert_eq!(refused(table(columns(&[]))), SchemaError::EqualColumns { tensor: x() });
    let all: Vec<usize> = (0..10).collect();
    assert_eq!(refused(table(columns(&all))), SchemaError::EqualColumns { tensor: x() });
    let short = table(Missing::Columns(vec![true, false]));
    assert_eq!(refused(short), SchemaError::MissingColumns { tensor: x(), count: 2, length: 10 });
    let wide = Missing::Columns((0..129).map(|column| column == 0).collect());
    let wide = TensorSchema { shape: vec![129], ..table(wide) };
    assert_eq!(refused(wide), SchemaError::MissingColumns { tensor: x(), count: 129, length: 129 });
    let narrow = TensorSchema { bits: 1, ..table(Missing::Anywhere) };
    assert_eq!(refused(narrow), SchemaError::MissingBits { tensor: x(), bits: 1 });
    let output = TensorSchema { missing: Missing::Anywhere, ..tensor("y") };
    assert_eq!(
        model(vec![tensor("x")], vec![output]),
        Err(SchemaError::MissingOutput { tensor: "y".into() })
    );
}

/// A schema of which nothing may be missing is encoded as it was before anything could.
#[test]
fn the_encoding_of_missing_values_is_fixed() {
    let of = |input: TensorSchema| model(vec![input], vec![tensor("y")]).expect("valid").encode();
    let [never, anywhere, some] =
        [Missing::Never, Missing::Anywhere, columns(&[0, 2, 9])].map(|m| of(table(m)));
    // Of the input: bits, scale, then what may be missing, visibility.
    assert_eq!(never[17..20], [15, 12, 0]);
    assert_eq!(anywhere[17..21], [0x40 | 15, 12, 0, 0]);
    assert_eq!(some[17..23], [0x40 | 15, 12, 2, 0b101, 0b10, 0]);
    assert_eq!((&never[..17], &never[20..]), (&some[..17], &some[23..]));
    let with = |position: usize, byte: u8| {
        let mut bytes = some.clone();
        bytes[position] = byte;
        ModelSchema::decode(&bytes).expect_err("invalid")
    };
    let x = || String::from("x");
    assert_eq!(with(17, 0x40), SchemaError::Bits { tensor: x(), bits: 0 });
    assert_eq!(with(19, 1), SchemaError::MissingColumns { tensor: x(), count: 1, length: 10 });
    assert_eq!(with(21, 0b110), SchemaError::EqualColumns { tensor: x() });
    for (position, bytes) in [(20, [0, 0]), (20, [0xff, 3])] {
        let mut equal = some.clone();
        equal[position..position + 2].copy_from_slice(&bytes);
        assert_eq!(ModelSchema::decode(&equal), Err(SchemaError::EqualColumns { tensor: x() }));
    }
    for end in 0..some.len() {
        assert_eq!(ModelSchema::decode(&some[..end]), Err(SchemaError::Truncated(end)));
    }
}

#[test]
fn the_domain_is_fixed() {
    // A change of this value is a change of every statement: it needs a new version in the tag.
    let domain = valid().domain();
    assert_eq!(domain.to_string(), "0x0074c37d197c5fe4f72d0f0dda5953ceb105eb76eed03c7233cf7cf19c982c13");
    assert_eq!(domain, domain_of(&valid().encode()));
}

proptest! {
    #[test]
    fn decode_inverts_encode(schema in common::schema()) {
        prop_assert_eq!(ModelSchema::decode(&schema.encode()), Ok(schema));
    }

    #[test]
    fn distinct_schemas_have_distinct_domains(left in common::schema(), right in common::schema(), bits in 2u8..=32) {
        prop_assert_eq!(left.domain() == right.domain(), left == right);
        let mut inputs = left.inputs().to_vec();
        // The other width of float32 numbers is that of an input with a scale.
        (inputs[0].bits, inputs[0].scales) = match &inputs[0].scales {
            Scales::Float32 => (32, Scales::One(0)),
            scales => (bits, scales.clone()),
        };
        let near = ModelSchema::new(left.name().into(), inputs, left.outputs().to_vec()).unwrap();
        prop_assert_eq!(left.domain() == near.domain(), left == near);
    }

    #[test]
    fn what_decodes_encodes_to_the_same_bytes(schema in common::schema(), position: prop::sample::Index, byte: u8) {
        let mut bytes = schema.encode();
        let position = position.index(bytes.len());
        bytes[position] = byte;
        if let Ok(other) = ModelSchema::decode(&bytes) {
            prop_assert_eq!(other.encode(), bytes);
        }
    }
}
