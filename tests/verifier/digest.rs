//! The runtime's Poseidon against the host's: the digest that `verify` answers with.

use assay_circuits::Ranges;
use assay_interface::groth16::Transcript;
use assay_tests::pass_through::{PassThrough, tensor};
use assay_verifier_host::Verified;

use crate::support::{Proven, World};

/// One hash takes 12 elements, and each further one 11 more: statements on both sides of the steps. Three elements are
/// the domain and the context.
#[test]
fn the_runtimes_digest_is_the_hosts() {
    // Values of 8 bits going in, 31 a limb, and of 32 bits coming out, 7 a limb.
    for (values, elements) in [(49, 12), (50, 13), (112, 23), (113, 24)] {
        let (input, output) = (tensor("in", values, 8, 0), tensor("out", values, 32, 0));
        let model = PassThrough::build("wide", input, output, Ranges::Bits, 9);
        let mut world = World::active_under(&model.key, &model.schema);
        let given: Vec<i64> = (0..values).map(|i| i64::from(i * 37 % 256) - 128).collect();
        let (proof, statement) = model.prove(&given, [0xa5; 32], Transcript::Assay, 1);
        assert_eq!(statement.elements().len(), elements);
        let proven = Proven::new(proof, statement);
        let answer = Verified::decode(&world.verify(&proven).expect_ok().return_data).unwrap();
        assert_eq!(answer.digest, proven.digest.to_be_bytes(), "{elements} elements");
    }
}
