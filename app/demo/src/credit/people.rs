//! The model and the people of the demonstration: applicants of the German credit data, whom the model was not trained on.

use crate::error::DemoError;
use assay::{
    CompileOptions, Inputs, IntegerFormat, Keys, MemberInput, Membership, Model, Prover, SampleFormat,
    Samples, draw_scalar,
};
use assay_credit_host::follower::Path;
use assay_credit_interface::formats::{APPLICANT_BITS, DEPTH, TIERS};
use assay_interface::{field::Scalar, member, sha256};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use solana_address::Address;

/// The scorecard, the inputs by which the compiler chooses scales and widths, and applicants whom it was not trained on.
const MODEL: &[u8] = include_bytes!("../../../../models/credit-score/model.onnx");
const CALIBRATION: &[u8] = include_bytes!("../../../../models/credit-score/calibration.csv");
const SAMPLES: &[u8] = include_bytes!("../../../../models/credit-score/samples.json");

/// The input that an issuer attests.
const APPLICANT: &str = "applicant";

/// Somebody whom the issuer attests.
#[derive(Clone)]
pub struct Applicant {
    inputs: Inputs,
    secret: Scalar,
    seed: [u8; 32],
    /// The tier that the model gives.
    pub tier: u8,
}

/// The scorecard under a key.
///
/// # Errors
/// The model does not compile.
pub fn prover(seed: u64) -> Result<Prover, DemoError> {
    let depth = u8::try_from(DEPTH).map_err(|_| DemoError::Scenario("a tree of at most 32 levels"))?;
    let options = CompileOptions {
        input_format: Some(IntegerFormat { bits: APPLICANT_BITS, scale: 0 }),
        max_error: 0.05,
        member: Some(MemberInput { name: APPLICANT.to_owned(), depth }),
        ..CompileOptions::default()
    };
    let samples = Samples::read_as(SampleFormat::Csv, CALIBRATION)?;
    let model = Model::compile(MODEL, &samples, &options)?.model;
    let keys = Keys::setup(&model, &mut generator("key", seed))?;
    Ok(Prover::new(&model, &keys)?)
}

/// One applicant of each tier, the riskiest first, and `others` more.
///
/// # Errors
/// The samples lack a tier.
pub fn applicants(
    prover: &Prover,
    seed: u64,
    others: usize,
) -> Result<([Applicant; TIERS], Vec<Applicant>), DemoError> {
    let model = prover.model();
    let rows = model.arrange(&Samples::read_as(SampleFormat::Json, SAMPLES)?)?.rows;
    let mut all = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let inputs = model.quantize(row)?;
        let tier = model.evaluate(&inputs)?.single().and_then(|tier| u8::try_from(tier).ok());
        let tier = tier.ok_or(DemoError::Scenario("the model gives one tier"))?;
        let seed =
            sha256(&[b"assay:demo:credit:v1\0applicant", &(index as u64).to_le_bytes(), &seed.to_le_bytes()]);
        let secret = draw_scalar(&mut ChaCha20Rng::from_seed(seed));
        all.push(Applicant { inputs, secret, seed, tier });
    }
    let mut chosen = Vec::new();
    for tier in 0..TIERS {
        let first = all.iter().position(|applicant| usize::from(applicant.tier) == tier);
        chosen.push(all.remove(first.ok_or(DemoError::Scenario("the samples have each tier"))?));
    }
    let chosen = chosen.try_into().map_err(|_| DemoError::Scenario("four tiers"))?;
    all.truncate(others);
    Ok((chosen, all))
}

/// A generator for one purpose.
pub fn generator(label: &str, seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::from_seed(sha256(&[b"assay:demo:credit:v1\0", label.as_bytes(), &seed.to_le_bytes()]))
}

impl Applicant {
    /// The salt that the issuer drew for an epoch: fresh in each, so that the leaves of two cannot be linked.
    fn salt(&self, epoch: u32) -> Scalar {
        draw_scalar(&mut ChaCha20Rng::from_seed(sha256(&[b"salt", &self.seed, &epoch.to_le_bytes()])))
    }

    /// The leaf that the issuer appends in an epoch.
    ///
    /// # Errors
    /// A hash failed.
    pub fn leaf(&self, epoch: u32) -> Result<Scalar, DemoError> {
        Ok(self.inputs.leaf(self.salt(epoch), member::key(self.secret)?)?)
    }

    /// The nullifier in a pool.
    ///
    /// # Errors
    /// A hash failed.
    pub fn nullifier(&self, pool: &Address) -> Result<Scalar, DemoError> {
        Ok(member::nullifier(self.secret, &pool.to_bytes())?)
    }

    /// A proof of the tier, from a leaf's path, for a pool and a context.
    ///
    /// # Errors
    /// The prover fails.
    pub fn prove(
        &self,
        prover: &Prover,
        epoch: u32,
        path: &Path,
        pool: &Address,
        context: [u8; 32],
    ) -> Result<Vec<u8>, DemoError> {
        let membership = Membership {
            secret: self.secret,
            salt: self.salt(epoch),
            position: path.position,
            siblings: path.siblings.clone(),
            scope: pool.to_bytes(),
        };
        let inputs = self.inputs.clone().with_membership(membership)?;
        let decision = prover.prove(&inputs, context.into())?;
        Ok(decision.proof.to_interface().as_bytes().to_vec())
    }
}
