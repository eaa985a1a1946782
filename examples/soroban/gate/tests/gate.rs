//! A borrower enters by a proof, once, and nobody by another's.

#[path = "../../vectors/read.rs"]
mod vectors;

use assay_soroban_gate::{Error, Gate, GateClient};
use assay_soroban_verifier::{Verifier, VerifierClient};
use soroban_sdk::{Address, Env, String, testutils::EnvTestConfig};

/// A proof whose context is the gate's for the borrower: all have the addresses below.
const VECTOR: &str = include_str!("../../vectors/gate.txt");
const GATE: &str = "CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD2KM";
const BORROWER: &str = "CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAFCT4";
const VERIFIER: &str = "CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAHK3M";
/// The tier of the vector's last limb, and the bits of the model's output.
const TIER: i64 = 0;
const BITS: u32 = 3;

#[test]
fn a_proven_tier_opens_the_gate_once_for_one_borrower() {
    for (bits, highest, refusal) in [
        (BITS, TIER, None),
        (BITS, TIER - 1, Some(Error::TierTooHigh)),
        (BITS - 1, TIER, Some(Error::NotOneTier)),
    ] {
        let env = Env::new_with_config(EnvTestConfig { capture_snapshot_at_drop: false });
        env.mock_all_auths();
        let vector = vectors::read(&env, VECTOR);
        let [gate, borrower, verifier] =
            [GATE, BORROWER, VERIFIER].map(|text| Address::from_string(&String::from_str(&env, text)));
        env.register_at(&verifier, Verifier, (vector.key.clone(), vector.domain.clone()));
        let digest = VerifierClient::new(&env, &verifier).statement_digest(&vector.context, &vector.limbs);
        assert_eq!(digest, vector.digest);
        env.register_at(&gate, Gate, (verifier, bits, highest));
        let contract = GateClient::new(&env, &gate);
        assert_eq!(contract.context_of(&borrower), vector.context, "the vector was made for another context");
        if let Some(refusal) = refusal {
            let refused = contract.try_enter(&borrower, &vector.proof, &vector.limbs);
            assert_eq!(refused, Err(Ok(refusal)));
            continue;
        }
        assert!(
            contract.try_enter(&gate, &vector.proof, &vector.limbs).is_err(),
            "another borrower's context"
        );
        assert!(!contract.is_admitted(&borrower));
        contract.enter(&borrower, &vector.proof, &vector.limbs);
        assert!(contract.is_admitted(&borrower));
        assert!(contract.try_enter(&borrower, &vector.proof, &vector.limbs).is_err(), "the same again");
        assert!(!contract.is_admitted(&gate));
    }
}
