//! One job: its secrets are read, the model is asked, and a proof is made.

use std::time::Duration;

use assay::{Context, Decision, Inputs, Membership, Model, Observer, Prover, Salts, SampleFormat, Samples};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use crate::jobs::{Failure, Proven};

/// What a job hides, as it is encrypted. Each part is what `assay prove` reads from a file.
#[derive(Serialize, Deserialize)]
pub struct Hidden {
    /// The inputs.
    pub inputs: Box<RawValue>,
    /// The salts of committed inputs, or nothing where fresh ones are drawn and forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salts: Option<Box<RawValue>>,
    /// What shows that the member input is in its tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership: Option<Box<RawValue>>,
}

/// What a proof shows.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Answer {
    /// The model's name.
    pub model: String,
    /// The digest by which the proof names its key.
    pub key: String,
    /// The statement's digest: the proof's public input.
    pub statement: String,
    /// The outputs, by name, as `assay prove --json` has them.
    #[schema(value_type = Vec<Object>)]
    pub outputs: serde_json::Value,
    /// How long it took.
    pub seconds: Seconds,
}

/// How long the phases of a job took, seconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Seconds {
    /// Until model and key were ready.
    pub load: f64,
    /// Solving for the witness.
    pub solve: f64,
    /// Proving.
    pub prove: f64,
    /// Checking the proof.
    pub check: f64,
}

/// Why there is no proof.
#[derive(Debug)]
pub enum Fault {
    /// What was asked for cannot be proven, now or ever.
    Refused(Failure),
    /// This attempt failed, and another may not.
    Attempt(Failure),
    /// The machine failed, its store or the database: the job is not to blame, and the attempt does not count.
    Machine(Failure),
}

/// Proves.
///
/// # Errors
/// [`Fault::Refused`] for inputs that the model does not take, and the like; [`Fault::Machine`] for what the machine lacked.
pub fn prove(
    prover: &Prover,
    hidden: &Zeroizing<Vec<u8>>,
    context: &str,
    load: Duration,
    observer: Observer<'_>,
) -> Result<(Proven, Seconds), Fault> {
    let hidden: Hidden =
        serde_json::from_slice(hidden).map_err(|_| Fault::internal("the job's secrets are no document"))?;
    let model = prover.model();
    let inputs = inputs(model, &hidden)?;
    let context: Context = context.parse().map_err(assay::Error::from)?;
    let mut rng = assay::system_rng()?;
    let salts = match &hidden.salts {
        Some(salts) => Salts::from_json(model, salts.get().as_bytes())?,
        None => Salts::draw(model, &mut rng),
    };
    let decision = prover.prove_with(&inputs, context, &salts, &mut rng, observer)?;
    let seconds = Seconds {
        load: load.as_secs_f64(),
        solve: decision.timings.solve.as_secs_f64(),
        prove: decision.timings.prove.as_secs_f64(),
        check: decision.timings.check.as_secs_f64(),
    };
    Ok((written(model, &decision, seconds)?, seconds))
}

fn inputs(model: &Model, hidden: &Hidden) -> Result<Inputs, Fault> {
    let samples = Samples::read_as(SampleFormat::Json, hidden.inputs.get().as_bytes())?;
    let rows = model.arrange(&samples)?.rows;
    let [row] = &rows[..] else {
        return Err(Fault::Refused(Failure {
            code: "samples".into(),
            message: format!("{} samples were given, and a job is about one", rows.len()),
            hint: Some("submit a job for each".into()),
        }));
    };
    let inputs = model.quantize(row)?;
    match &hidden.membership {
        Some(membership) => Ok(inputs.with_membership(Membership::from_json(membership.get().as_bytes())?)?),
        None => Ok(inputs),
    }
}

fn written(model: &Model, decision: &Decision, seconds: Seconds) -> Result<Proven, Fault> {
    let proof = decision.to_bytes();
    let lost = |_| Fault::internal("the outputs are no document");
    let answer = Answer {
        model: model.name().into(),
        key: hex::encode(decision.key),
        statement: decision.digest.to_string(),
        outputs: serde_json::to_value(decision.outputs.tensors()).map_err(lost)?,
        seconds,
    };
    let digest = hex::encode(Sha256::digest(&proof));
    Ok(Proven { digest, proof, answer: serde_json::to_string(&answer).map_err(lost)? })
}

impl Fault {
    /// A check of the service on itself failed.
    pub fn internal(message: &str) -> Fault {
        Fault::Attempt(Failure { code: "internal".into(), message: message.into(), hint: None })
    }

    /// The machine failed; why is in its log.
    pub fn machine(code: &str) -> Fault {
        let message = "machines of the service could not do their part; their logs say why".into();
        let hint = Some("submit the job again later, and tell whoever runs the service".into());
        Fault::Machine(Failure { code: code.into(), message, hint })
    }

    /// What is said of it.
    pub fn failure(&self) -> &Failure {
        match self {
            Fault::Refused(failure) | Fault::Attempt(failure) | Fault::Machine(failure) => failure,
        }
    }
}

impl From<assay::Error> for Fault {
    fn from(error: assay::Error) -> Fault {
        use assay::Class::{Cancelled, Internal, Invalid, Refused, System, Unreadable};
        // Whoever submitted the job sees this: it names no place of this machine.
        if error.class() == System || matches!(error, assay::Error::Io { .. }) {
            tracing::warn!(%error, "a job could not be proven here");
            return Fault::machine(error.code());
        }
        let failure = Failure {
            code: error.code().into(),
            message: error.to_string(),
            hint: error.hint().map(String::from),
        };
        match error.class() {
            System | Cancelled | Internal => Fault::Attempt(failure),
            Invalid | Refused | Unreadable => Fault::Refused(failure),
        }
    }
}
