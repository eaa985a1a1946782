//! A model of the corpus from its file to a verified proof.

use assay::{
    Compilation, CompileOptions, Context, Error, ExactFloats, Keys, Model, Observer, OnnxFile, Prover, Salts,
    Samples, Verifier,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::answers::Answers;
use crate::case::{Case, Expected};
use crate::claim::{self, Held};
use crate::outcome::{Outcome, Trouble};

/// What becomes of the model, and of what is certified of it.
pub fn run(case: &Case) -> (Outcome, Vec<Held>) {
    let mut held = Vec::new();
    let outcome = Outcome::of(|| {
        let (compilation, onnx, samples) = compile(case)?;
        let answers = Answers::read(case).map_err(Trouble::Fails)?;
        works(case, &compilation.model, &answers).map_err(Trouble::Fails)?;
        held =
            claim::hold(&compilation.model, &compilation.report, &onnx, &samples).map_err(Trouble::Fails)?;
        match held.iter().find(|held| held.beyond > 0) {
            Some(held) => Err(Trouble::Fails(format!("{} is off by more than is certified", held.output))),
            None => Ok(()),
        }
    });
    let outcome = match (&case.expected, outcome) {
        (Expected::Compiles | Expected::CompilesExactly, outcome) => outcome,
        (Expected::Refused(word), Outcome::Refused(reason)) if reason.contains(word) => {
            Outcome::RightlyRefused(reason)
        }
        (Expected::Refused(word), Outcome::Refused(reason)) => {
            Outcome::Fails(format!("refused without a word of {word}: {reason}"))
        }
        (Expected::Refused(_), Outcome::Passes) => Outcome::Fails("compiles, and is to be refused".into()),
        (Expected::Refused(_), outcome) => outcome,
    };
    (outcome, held)
}

fn compile(case: &Case) -> Result<(Compilation, OnnxFile, Samples), Trouble> {
    let refused = |error: Error| Trouble::Refused(error.to_string());
    let samples = Samples::open(&case.file("calibration.csv")).map_err(refused)?;
    let onnx = assay::open_onnx(&case.file("model.onnx")).map_err(refused)?;
    let options = CompileOptions {
        max_error: case.max_error,
        shapes: case.shape.clone(),
        outputs: case.output.clone(),
        exact_floats: match case.expected {
            Expected::CompilesExactly => ExactFloats::All,
            Expected::Compiles | Expected::Refused(_) => ExactFloats::None,
        },
        ..CompileOptions::default()
    };
    Ok((Model::compile(&onnx, &samples, &options).map_err(refused)?, onnx, samples))
}

/// Runs every sample, and proves the first.
fn works(case: &Case, model: &Model, answers: &Answers) -> Result<(), String> {
    let said = |error: Error| error.to_string();
    let model = &Model::load(&model.to_bytes()).map_err(said)?;
    let rows = model.arrange(&answers.inputs).map_err(said)?.rows;
    if rows.len() != answers.outputs.len() || rows.is_empty() {
        return Err(format!("{} samples, {} answers", rows.len(), answers.outputs.len()));
    }
    for (row, values) in rows.iter().enumerate() {
        let inputs = model.quantize(values).map_err(|error| format!("sample {row}: {error}"))?;
        let outputs = model.evaluate(&inputs).map_err(|error| format!("sample {row}: {error}"))?;
        answers.check(case, model, row, &outputs.reals())?;
    }
    prove(model, &rows[0]).map_err(said)
}

/// A proof of what the model says of these values, which a verifier with the model accepts.
fn prove(model: &Model, values: &[f64]) -> Result<(), Error> {
    let mut rng = ChaCha20Rng::seed_from_u64(10);
    let keys = Keys::setup(model, &mut rng)?;
    let inputs = model.quantize(values)?;
    let salts = Salts::draw(model, &mut rng);
    let context: Context = "0a".repeat(32).parse().expect("64 digits");
    let decision =
        Prover::new(model, &keys)?.prove_with(&inputs, context, &salts, &mut rng, Observer::none())?;
    assert_eq!(
        decision.outputs.integers(),
        model.evaluate(&inputs)?.integers(),
        "circuit and integer reference"
    );
    let verified = Verifier::of_keys(&keys).for_model(model)?.verify_file(&decision.to_file())?;
    verified.expect_context(context)?;
    verified.expect_inputs(&inputs, &salts)
}
