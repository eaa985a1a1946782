use super::*;

fn flipped<const N: usize>(bytes: [u8; N]) -> impl Iterator<Item = [u8; N]> {
    (0..N).map(move |at| {
        let mut bytes = bytes;
        bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1);
        bytes
    })
}

fn digest() -> Scalar {
    Scalar::from_be_bytes([3; 32]).expect("no byte of it is over 3")
}

#[test]
fn transcripts_are_their_formulas_and_bind_every_byte() {
    let (key, weights, commitment, proof) = ([1; 32], [2; 64], [4; 64], [5; 384]);
    let h = |key, weights, commitment| {
        weights_challenge(&key, &WeightsCommitment(weights), &commitment, &digest())
    };
    let hash = sha256(&[b"assay:challenge:weights:v1\0", &key, &weights, &commitment, &[3; 32]]);
    assert_eq!(h(key, weights, commitment).as_be_bytes().split_at(1), (&[0][..], hash.split_at(31).0));
    assert!(flipped(key).all(|other| h(other, weights, commitment) != h(key, weights, commitment)));
    assert!(flipped(weights).all(|other| h(key, other, commitment) != h(key, weights, commitment)));
    assert!(flipped(commitment).all(|other| h(key, weights, other) != h(key, weights, commitment)));

    let rho = |key, weights, proof| {
        fold_factor(&key, &WeightsCommitment(weights), &CommittedProof::from_bytes(proof), &digest())
    };
    let hash = sha256(&[b"assay:fold:weights:v1\0", &key, &weights, &proof, &[3; 32]]);
    assert_eq!(rho(key, weights, proof).split_at(16), (&[0; 16][..], hash.split_at(16).0));
    assert!(flipped(key).all(|other| rho(other, weights, proof) != rho(key, weights, proof)));
    assert!(flipped(weights).all(|other| rho(key, other, proof) != rho(key, weights, proof)));
    assert!(flipped(proof).all(|other| rho(key, weights, other) != rho(key, weights, proof)));
}

#[test]
fn lengths_say_which_form_a_key_has() {
    for (len, form) in [(704, Form::Plain), (896, Form::Committed)] {
        let bytes: alloc::vec::Vec<u8> = (0..len).map(|i| i as u8).collect();
        let key = WeightsKey::from_slice(&bytes).expect("a length of a key");
        assert_eq!((key.form(), key.as_bytes()), (form, &bytes[..]));
        assert_eq!(key.as_ref().sigma_weights_negated()[..], bytes[len - 128..]);
        assert_eq!(key.as_ref().key().as_bytes(), &bytes[..len - 128]);
    }
    for len in [0, 576, 703, 705, 768, 895, 897] {
        let bytes = alloc::vec![0; len];
        assert_eq!(WeightsKey::from_slice(&bytes).err(), Some(WeightsError::KeyLength(len)));
        assert_eq!(WeightsKey::decompress(&bytes).err(), Some(WeightsError::KeyLength(len)));
    }
}
