//! Strategies for valid schemas.

use assay_interface::float32;
use assay_interface::missing::Missing;
use assay_interface::scales::Scales;
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};
use proptest::prelude::*;

pub fn tensor() -> impl Strategy<Value = TensorSchema> {
    let visibility = prop_oneof![
        Just(Visibility::Public),
        Just(Visibility::Committed),
        (1u8..=32).prop_map(|depth| Visibility::Member { depth }),
    ];
    let shape =
        proptest::collection::vec(1u32..6, 1..=4).prop_flat_map(|shape| (scales(shape.clone()), Just(shape)));
    let missing = proptest::collection::vec(any::<bool>(), 5);
    ("[a-z]{1,20}", shape, 1u8..=32, missing, visibility).prop_map(
        |(name, (scales, shape), bits, missing, visibility)| {
            let columns: Vec<bool> =
                missing.into_iter().cycle().take(shape[shape.len() - 1] as usize).collect();
            let missing = if bits > 1 { Missing::of_elements(&columns, &shape) } else { Missing::Never };
            let bits = if scales == Scales::Float32 { float32::BITS } else { bits };
            TensorSchema { name, shape, bits, scales, missing, visibility }
        },
    )
}

/// Scales of a tensor of this shape.
fn scales(shape: Vec<u32>) -> impl Strategy<Value = Scales> {
    let along = (0..shape.len()).prop_flat_map(move |axis| {
        let length = shape[axis] as usize;
        proptest::collection::vec(any::<i8>(), length)
            .prop_map(move |scales| Scales::along(axis as u8, scales))
    });
    prop_oneof![any::<i8>().prop_map(Scales::One), along, Just(Scales::Float32)]
}

/// A valid schema: names are made unique by their position.
pub fn schema() -> impl Strategy<Value = ModelSchema> {
    let tensors = || proptest::collection::vec(tensor(), 1..=4);
    ("[a-z0-9-]{1,32}", tensors(), tensors()).prop_map(|(name, mut inputs, mut outputs)| {
        for (index, tensor) in inputs.iter_mut().chain(&mut outputs).enumerate() {
            tensor.name = format!("{}{index}", tensor.name);
        }
        let members = inputs.iter_mut().filter(|tensor| tensor.member_depth().is_some());
        members.skip(1).for_each(|tensor| tensor.visibility = Visibility::Committed);
        for output in &mut outputs {
            (output.visibility, output.missing) = (Visibility::Public, Missing::Never);
            if output.scales == Scales::Float32 {
                output.scales = Scales::One(0);
            }
        }
        ModelSchema::new(name, inputs, outputs).expect("valid by construction")
    })
}
