//! `assay prove --zkey`: snarkjs' key and circom's witness -> proof.json, public.json.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use assay_groth16::{
    ValidatedKeys, VerifyError,
    circom::{CircomError, Zkey, read_wtns},
    snarkjs::{inputs_to_json, proof_from_json, proof_to_json},
};
use rand::rngs::OsRng;
use serde_json::json;

use crate::commands::{print, show};
use crate::failure::hinted;
use crate::files::{self, Claims, Force, Product};
use crate::outcome::Outcome;
use crate::progress::observed;
use crate::ui::{self, Bar, duration};

/// Most bytes of a witness that are read: 2^27 wires.
const LARGE: u64 = 4 << 30;

/// What is read and written.
pub struct Args {
    /// The proving key.
    pub zkey: PathBuf,
    /// The witness.
    pub wtns: PathBuf,
    /// Where the proof goes.
    pub proof: PathBuf,
    /// Where the public signals go.
    pub public: PathBuf,
    /// Whether to replace what this command would not make again.
    pub force: Force,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Outcome> {
    let mut claims = Claims::reading([args.zkey.as_path(), &args.wtns]);
    let proof_output = claims.output(&args.proof, Product::ProofJson, args.force)?;
    let public_output = claims.output(&args.public, Product::PublicJson, args.force)?;
    let start = Instant::now();
    files::check(&args.zkey, "proving key")?;
    let key = observed("reading and checking the proving key", |observer| {
        Zkey::open_observed(&args.zkey, &ValidatedKeys::of_user(), observer)
    });
    let key = key.map_err(|error| unreadable(&args.zkey, error))?;
    let wtns = files::read(&args.wtns, "witness", LARGE)?;
    let witness = read_wtns(&wtns).map_err(|error| unreadable(&args.wtns, error))?;
    let loaded = start.elapsed();

    let start = Instant::now();
    let (proof, timings) = {
        let _spinner = Bar::start("proving");
        key.prove(&witness, &mut OsRng).with_context(|| show(&args.wtns))?
    };
    let proved = start.elapsed();
    let public = key.public_inputs(&witness)?;
    key.verify(&proof, public).map_err(|error| match error {
        VerifyError::Invalid => hinted(
            anyhow::anyhow!("{} breaks a constraint of {}", args.wtns.display(), args.zkey.display()),
            "the witness is of another circuit or input: `snarkjs wtns check` names the constraint",
        ),
        error => error.into(),
    })?;

    if let Some(standing) = proof_output.standing()? {
        // A proof in this form names no statement; whether it is one of this statement, the key can tell.
        let earlier = String::from_utf8(standing).ok().and_then(|text| proof_from_json(&text).ok());
        if earlier.is_none_or(|earlier| key.verify(&earlier, public).is_err()) {
            return Err(hinted(
                anyhow::anyhow!("{} is a proof of another statement", args.proof.display()),
                "--force replaces it; another name keeps both",
            ));
        }
    }
    let proof_json = proof_to_json(&proof)?;
    let written = vec![(proof_output, proof_json), (public_output, inputs_to_json(public))];
    files::commit(written)?;
    ui::note(&format!("loaded in {}, proof {}", duration(loaded), duration(proved)));
    print(
        || {
            let ms = |time: std::time::Duration| time.as_secs_f64() * 1e3;
            let phases: serde_json::Map<String, serde_json::Value> =
                timings.phases().iter().map(|(name, time)| ((*name).to_owned(), ms(*time).into())).collect();
            json!({
                "proof_file": show(&args.proof),
                "public_file": show(&args.public),
                "wires": witness.len(),
                "public_inputs": public.len(),
                "load_ms": ms(loaded),
                "prove_ms": ms(proved),
                "phases_ms": phases,
            })
        },
        || {
            ui::fields(&[
                ("proof", show(&args.proof)),
                ("public signals", show(&args.public)),
                ("wires", witness.len().to_string()),
            ])
        },
    )?;
    Ok(Outcome::Valid)
}

fn unreadable(path: &Path, error: CircomError) -> anyhow::Error {
    let hint = match &error {
        CircomError::Io(_) => "the file must be readable, and a regular file",
        CircomError::Magic(_) | CircomError::Protocol => {
            "`snarkjs groth16 setup` makes .zkey files, circom's witness generator .wtns files"
        }
        CircomError::Key(_) => {
            "do not prove with it: a key from `snarkjs zkey contribute`, after phase 2, has none of this"
        }
        _ => "copy the file again from where it was made, or make it again",
    };
    hinted(anyhow::Error::new(error).context(show(path)), hint)
}
