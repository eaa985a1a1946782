//! Poseidon against circomlib's published vectors and light-poseidon, and the chain of `absorb`.

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use assay_interface::{
    field::Scalar,
    poseidon::{MAX_ARITY, PoseidonError, absorb, hash},
};
use assay_poseidon::{PoseidonHasher, hasher};
use proptest::prelude::*;

fn scalar(decimal: &str) -> Scalar {
    let element: Fr = decimal.parse().expect("a decimal field element");
    Scalar::from_be_bytes(element.into_bigint().to_bytes_be().try_into().expect("32 bytes"))
        .expect("canonical")
}

fn integers(values: &[u64]) -> Vec<Scalar> {
    values.iter().map(|&value| Scalar::from(value)).collect()
}

/// Vectors of circomlib's and circomlibjs' own tests (`test/poseidoncircuit.js`, `test/poseidon.js`).
#[test]
fn published_vectors() {
    let vectors: &[(&[u64], &str)] = &[
        (&[1], "18586133768512220936620570745912940619677854269274689475585506675881198879027"),
        (&[1, 2], "7853200120776062878684798364095072458815029376092732009249414926327459813530"),
        (&[3, 4], "14763215145315200506921711489642608356394854266165572616578112107564877678998"),
        (&[1, 2, 0, 0, 0], "1018317224307729531995786483840663576608797660851238720571059489595066344487"),
        (&[3, 4, 0, 0, 0], "5811595552068139067952687508729883632420015185677766880877743348592482390548"),
        (
            &[1, 2, 0, 0, 0, 0],
            "15336558801450556532856248569924170992202208561737609669134139141992924267169",
        ),
        (
            &[3, 4, 0, 0, 0, 0],
            "12263118664590987767234828103155242843640892839966517009184493198782366909018",
        ),
        (
            &[1, 2, 3, 4, 5, 6],
            "20400040500897583745843009878988256314335038853985262692600694741116813247201",
        ),
        (
            &[1, 2, 3, 4, 5, 6, 7, 8],
            "18604317144381847857886385684060986177838410221561136253933256952257712543953",
        ),
    ];
    for (inputs, expected) in vectors {
        assert_eq!(hash(&integers(inputs)), Ok(scalar(expected)), "Poseidon({inputs:?})");
    }
    assert_eq!(
        hash(&integers(&[1, 2])).map(|digest| digest.to_string()),
        Ok("0x115cc0f5e7d690413df64c6b9662e9cf2a3617f2743245519e19607a4417189a".into())
    );
    assert_eq!(
        hash(&integers(&[1, 2, 3, 4])).map(|digest| digest.to_string()),
        Ok("0x299c867db6c1fdd79dcefa40e4510b9837e60ebb1ce0663dbaa525df65250465".into())
    );
}

#[test]
fn lengths_are_checked() {
    assert_eq!(hash(&[]), Err(PoseidonError::Empty));
    assert_eq!(absorb(&[]), Err(PoseidonError::Empty));
    assert_eq!(hash(&[Scalar::ZERO; MAX_ARITY + 1]), Err(PoseidonError::TooMany(13)));
    assert!(absorb(&[Scalar::ZERO; MAX_ARITY + 1]).is_ok());
}

fn elements(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Scalar>> {
    let element = any::<[u8; 32]>().prop_map(|mut bytes| {
        bytes[0] &= 0x1f;
        Scalar::from_be_bytes(bytes).expect("below 2^253")
    });
    proptest::collection::vec(element, count)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_arity_equals_light_poseidon(inputs in elements(1..13)) {
        let native: Vec<Fr> = inputs.iter().map(|input| Fr::from_be_bytes_mod_order(input.as_be_bytes())).collect();
        let expected = hasher(native.len()).unwrap().hash(&native).unwrap();
        prop_assert_eq!(hash(&inputs).unwrap().to_be_bytes().to_vec(), expected.into_bigint().to_bytes_be());
    }

    #[test]
    fn absorb_is_a_chain_of_hashes(inputs in elements(1..40)) {
        let (first, rest) = inputs.split_at(inputs.len().min(MAX_ARITY));
        let mut expected = hash(first).unwrap();
        for chunk in rest.chunks(MAX_ARITY - 1) {
            let mut next = vec![expected];
            next.extend_from_slice(chunk);
            expected = hash(&next).unwrap();
        }
        prop_assert_eq!(absorb(&inputs), Ok(expected));
    }
}
