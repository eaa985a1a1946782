//! Proofs, and what verification says of them.

use assay::{
    CircuitBinding, Context, Error, Membership, Observer, ProofFile, Salts, SetupKind, Verified, Verifier,
    parse_scalar, system_rng,
};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;

use crate::{
    errors::{exception, raised},
    keys::{Keys, VerifyingKey},
    model::{Model, arrange, one_of},
    table::{Source, samples},
    work::{observed, quiet},
};

/// A proof with its statement.
#[pyclass(frozen, module = "assay._native")]
pub struct Proof(ProofFile);

/// A proof just made: itself; its inputs and outputs, and seconds of its parts, as JSON; the salts of committed inputs, where it has some.
type Made = (Proof, String, Option<String>, Vec<String>);

/// The one row of samples in the integers of a model.
fn inputs(
    model: &assay::Model,
    samples: &assay::Samples,
    membership: Option<&[u8]>,
) -> Result<(Result<assay::Inputs, usize>, Vec<String>), Error> {
    let (rows, warnings) = arrange(model, samples)?;
    let [row] = &rows[..] else { return Ok((Err(rows.len()), warnings)) };
    let mut inputs = model.quantize(row)?;
    if let Some(membership) = membership {
        inputs = inputs.with_membership(Membership::from_json(membership)?)?;
    }
    Ok((Ok(inputs), warnings))
}

#[pymethods]
impl Proof {
    #[staticmethod]
    #[expect(clippy::too_many_arguments, reason = "keywords of `Compiled.prove`")]
    fn make(
        py: Python<'_>,
        model: &Model,
        keys: &Keys,
        source: Source<'_>,
        context: [u8; 32],
        salts: Option<Vec<u8>>,
        membership: Option<Vec<u8>>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Made> {
        let samples = samples(py, source)?;
        let model = &model.0;
        let made = observed(py, progress, |observer: Observer<'_>| {
            let (inputs, warnings) = inputs(model, &samples, membership.as_deref())?;
            let inputs = match inputs {
                Ok(inputs) => inputs,
                Err(rows) => return Ok(Err(rows)),
            };
            let mut rng = system_rng()?;
            let salts = match &salts {
                Some(json) => Salts::from_json(model, json)?,
                None => Salts::draw(model, &mut rng),
            };
            let prover = keys.prover(model)?;
            let decision = prover.prove_with(&inputs, Context::from(context), &salts, &mut rng, observer)?;
            let shown = model.decode(&decision.statement)?;
            let timings = decision.timings;
            let facts = json!({
                "inputs": shown.inputs,
                "outputs": shown.outputs,
                "decisions": model.decide(&inputs)?,
                "seconds": {
                    "solve": timings.solve.as_secs_f64(),
                    "prove": timings.prove.as_secs_f64(),
                    "check": timings.check.as_secs_f64(),
                },
            });
            let salts = (!salts.is_empty()).then(|| salts.to_json(model));
            Ok(Ok((Proof(decision.to_file()), facts.to_string(), salts, warnings)))
        })?;
        made.map_err(|rows| one_of(py, rows, "a proof"))
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Proof> {
        quiet(py, || Ok(Proof(ProofFile::from_bytes(bytes)?)))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.to_bytes())
    }

    /// What it states, as JSON: `{digest, domain, context, limbs, key}` in hex.
    fn statement(&self, py: Python<'_>) -> PyResult<String> {
        let statement = &self.0.statement;
        let digest = statement.digest().map_err(|error| raised(py, &Error::Statement(error.into())))?;
        let limbs: Vec<String> = statement.limbs.iter().map(ToString::to_string).collect();
        let value = json!({
            "digest": digest.to_string(),
            "domain": statement.domain.to_string(),
            "context": hex::encode(statement.context),
            "limbs": limbs,
            "key": hex::encode(self.0.key),
        });
        Ok(value.to_string())
    }
}

/// Who must have made the proof, and what it must be about.
#[derive(FromPyObject)]
pub enum Key<'py> {
    /// Keys, which may have been made here.
    Keys(PyRef<'py, Keys>),
    /// A verifying key.
    Verifying(PyRef<'py, VerifyingKey>),
}

/// Verifies a proof, and says of a valid one what it shows, as JSON: `{digest, context, circuit, binding, setup, inputs, outputs,
/// decisions}`.
///
/// # Errors
/// `invalid-proof`, `other-statement`, `other-context`, `other-input`, `proof-key`: each says that the answer is no.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "keywords of `Compiled.verify`")]
pub fn verify(
    py: Python<'_>,
    proof: &Proof,
    key: Key<'_>,
    model: Option<&Model>,
    context: Option<[u8; 32]>,
    source: Option<Source<'_>>,
    salts: Option<Vec<u8>>,
    membership: Option<Vec<u8>>,
    root: Option<&str>,
    scope: Option<[u8; 32]>,
) -> PyResult<String> {
    let root = match root.map(|root| (root, parse_scalar(root))) {
        Some((root, None)) => {
            let text = format!("root {root:?} is no field element: 64 hexadecimal digits");
            return Err(exception(py, "member", "refused", &text, None));
        }
        Some((_, root)) => root,
        None => None,
    };
    let verifier = match &key {
        Key::Keys(keys) => Verifier::of_keys(&keys.keys),
        Key::Verifying(key) => Verifier::new(key.0.clone()),
    };
    let samples = source.map(|source| samples(py, source)).transpose()?;
    let model = model.map(|model| &model.0);
    let verdict = quiet(py, || {
        let verifier = match model {
            Some(model) => verifier.for_model(model)?,
            None => verifier,
        };
        let verified = verifier.verify_file(&proof.0)?;
        if let Some(context) = context {
            verified.expect_context(Context::from(context))?;
        }
        if let (Some(model), Some(samples)) = (model, &samples) {
            let inputs = match inputs(model, samples, membership.as_deref())?.0 {
                Ok(inputs) => inputs,
                Err(rows) => return Ok(Err(rows)),
            };
            let salts = match &salts {
                Some(json) => Salts::from_json(model, json)?,
                None => Salts::none(),
            };
            verified.expect_inputs(&inputs, &salts)?;
        }
        if let (Some(model), true) = (model, root.is_some() || scope.is_some()) {
            verified.expect_member(model, root, scope)?;
        }
        Ok(Ok(facts(&verified)))
    })?;
    verdict.map_err(|rows| one_of(py, rows, "a proof"))
}

fn facts(verified: &Verified) -> String {
    let shown = verified.tensors.as_ref();
    let facts = json!({
        "digest": verified.digest.to_string(),
        "context": hex::encode(verified.statement.context),
        "circuit": hex::encode(verified.circuit),
        "binding": match verified.binding {
            CircuitBinding::Claimed => "claimed",
            CircuitBinding::Recomputed => "recomputed",
        },
        "setup": match verified.setup {
            SetupKind::Development => "development",
            SetupKind::Ceremony => "ceremony",
        },
        "inputs": shown.map(|shown| &shown.inputs),
        "outputs": shown.map(|shown| &shown.outputs),
        "decisions": verified.decisions,
    });
    facts.to_string()
}
