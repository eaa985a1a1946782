//! The runtime's Poseidon against the host's, through the gate program's `digest`.

use assay_gate::{accounts, instruction};
use assay_interface::field::Scalar;
use assay_interface::statement::{Statement, digest_of_encoded};
use assay_localnet::Localnet;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use solana_signer::Signer;

fn on_chain(net: &mut Localnet, domain: &Scalar, context: [u8; 32], limbs: &[Scalar]) -> Vec<u8> {
    let payer = net.payer().insecure_clone();
    let limbs = limbs.iter().map(|limb| limb.to_be_bytes()).collect();
    let digest = instruction::Digest { domain: domain.to_be_bytes(), context, limbs }
        .to_instruction(accounts::Digest { payer: payer.pubkey() });
    net.send(&[digest], &[&payer]).expect_ok().return_data
}

#[test]
fn the_runtimes_digest_is_the_hosts() {
    let mut net = Localnet::new().unwrap();
    net.deploy(assay_gate::ID, "assay_gate").unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let largest = {
        let mut bytes = Scalar::MODULUS;
        bytes[31] -= 1;
        Scalar::from_be_bytes(bytes).unwrap()
    };
    // One hash up to 9 limbs (with the domain and two halves of the context), then one more for each 11.
    for count in (0..=24).chain([30]) {
        let context = rng.r#gen();
        let mut limbs: Vec<Scalar> = (0..count).map(|_| Scalar::from_be_bytes_31(&rng.r#gen())).collect();
        if let Some(limb) = limbs.first_mut() {
            *limb = largest;
        }
        if let Some(limb) = limbs.last_mut() {
            *limb = Scalar::ZERO;
        }
        let domain = Scalar::from_be_bytes_31(&rng.r#gen());
        let encoded: Vec<[u8; 32]> = limbs.iter().map(|limb| limb.to_be_bytes()).collect();
        let host = digest_of_encoded(&domain, &context, &encoded).unwrap();
        assert_eq!(on_chain(&mut net, &domain, context, &limbs), host.to_be_bytes(), "{count} limbs");
        assert_eq!(Statement { domain, context, limbs }.digest(), Ok(host));
    }
}
