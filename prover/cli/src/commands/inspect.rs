//! `assay inspect`: what a file is, what it was made from, and what it holds.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use assay::{
    Calibration, ClassNames, Feature, ProofFile, ProvingKey, SetupKind, SetupRecord, VerifyingKey,
    WeightsProvingKey, WeightsVerifyingKey,
};
use assay_circuits::Witness;
use assay_compiler::compute_units::ComputeUnits;
use assay_compiler::model::{Absent, Unknown};
use assay_compiler::registration;
use assay_groth16::{KeyReadError, snarkjs};
use assay_interface::artifact::{self, Artifact, HEADER_LEN, Kind};
use assay_interface::scales::Scales;
use assay_interface::schema::{ModelSchema, TensorSchema, Visibility};
use serde_json::{Map, Value, json};

use crate::artifacts;
use crate::commands::{print, setup_kind, show};
use crate::decisions;
use crate::estimates;
use crate::failure::hinted;
use crate::outcome::Outcome;
use crate::progress::observed;
use crate::ui::{self, STRONG, Table, bytes, paint};
use crate::values::{self, LISTED};

const EXAMPLE: &str = "\
Examples:
  $ assay inspect model.assay                         schema, sizes, digests
  $ assay inspect decision.proof --model model.assay  the proven values in the model's own units
  $ assay inspect model.vk --snarkjs                  verification_key.json for snarkjs
  $ assay inspect model.vk --json | jq -r .circuit    one field for a script

The file is read and checked in full; damage ends in exit code 2 with what is wrong.";

/// Show what a compiled model, key, witness or proof file holds.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// A file that ends in .assay, .pk, .vk, .wtns, .proof, .secret, .weights or .commitment; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Compiled model: decodes the values of a proof
    #[arg(long, value_name = "MODEL.assay")]
    model: Option<PathBuf>,
    /// Print a verifying key, or a proof with its public signals, as snarkjs reads it
    #[arg(long, conflicts_with_all = ["json", "model"])]
    snarkjs: bool,
}

/// A description under construction: the same facts as lines and as JSON.
#[derive(Default)]
struct Description {
    lines: Vec<(&'static str, String)>,
    json: Map<String, Value>,
    tables: String,
}

impl Description {
    fn field(&mut self, label: &'static str, key: &str, text: impl Into<String>, value: impl Into<Value>) {
        self.lines.push((label, text.into()));
        self.json.insert(key.into(), value.into());
    }

    /// A field whose text is its value.
    fn plain(&mut self, label: &'static str, key: &str, text: impl Into<String>) {
        let text = text.into();
        self.field(label, key, text.clone(), text);
    }

    fn count(&mut self, label: &'static str, key: &str, count: usize) {
        self.field(label, key, count.to_string(), count);
    }

    fn table(&mut self, title: &str, table: &str) {
        self.tables += &format!("{}\n{table}", paint(STRONG, title));
    }
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<Outcome> {
    let (kind, file) = artifacts::any(&args.file)?;
    let path = args.file.display().to_string();
    if args.snarkjs {
        let text = to_snarkjs(kind, &file, &args.file)?;
        ui::data(&format!("{}\n", text.trim_end()))?;
        return Ok(Outcome::Valid);
    }
    if args.model.is_some() && kind != Kind::Proof {
        return Err(hinted(
            anyhow!("--model decodes the values of a proof, and {path} is a {kind}"),
            "leave --model out",
        ));
    }
    let container = artifact::decode(kind, &file).with_context(|| path.clone())?;
    let mut description = Description::default();
    description.plain("file", "file", show(&args.file));
    description.field("kind", "kind", kind.to_string(), kind.extension());
    description.field("format", "version", format!("version {}", kind.version()), kind.version());
    let size = (HEADER_LEN + container.payload.len()) as u64;
    description.field("size", "bytes", bytes(size), size);
    description.plain("digest", "digest", hex::encode(container.digest));
    match kind {
        Kind::Circuit => {
            let model = assay::Model::load(&file).with_context(|| path.clone())?;
            describe_model(&model, &mut description)?;
        }
        Kind::ProvingKey => {
            match observed("checking the proving key", |o| ProvingKey::from_bytes_observed(&file, o)) {
                Err(KeyReadError::HasWeights) => {
                    let key = WeightsProvingKey::from_bytes(&file).with_context(|| path.clone())?;
                    describe_weights(key.verifying_key(), &mut description);
                }
                key => {
                    let key = key.with_context(|| path.clone())?;
                    describe_plain(key.verifying_key(), &mut description);
                    let memory = key.memory_bytes() as u64;
                    description.field("in memory", "memory_bytes", bytes(memory), memory);
                }
            }
        }
        Kind::VerifyingKey if WeightsVerifyingKey::is_in(&file) => {
            let key = WeightsVerifyingKey::from_bytes(&file).with_context(|| path.clone())?;
            describe_weights(&key, &mut description);
        }
        Kind::VerifyingKey => {
            let key = VerifyingKey::from_bytes(&file).with_context(|| path.clone())?;
            describe_plain(&key, &mut description);
        }
        Kind::Witness => describe_witness(&container, &path, &mut description)?,
        Kind::Proof => {
            let proof = ProofFile::from_bytes(&file).with_context(|| path.clone())?;
            describe_proof(&proof, args.model.as_deref(), &mut description)?;
        }
        Kind::Weights | Kind::Commitment => {
            description.plain("circuit", "circuit", hex::encode(container.parent));
        }
        Kind::SetupRecord => {
            let record = SetupRecord::from_bytes(&file).with_context(|| path.clone())?;
            description.plain("circuit", "circuit", hex::encode(record.circuit_digest()));
            description.plain("key", "key", hex::encode(record.key_digest()));
            ui::warn("whoever has this file can forge proofs under the key: keep it secret");
        }
    }
    let Description { lines, json, tables } = description;
    print(|| Value::Object(json), || ui::fields(&lines) + &tables)?;
    Ok(Outcome::Valid)
}

fn describe_model(model: &assay::Model, description: &mut Description) -> anyhow::Result<()> {
    let schema = model.schema();
    description.plain("model", "model", schema.name());
    description.plain("circuit", "circuit", hex::encode(model.circuit_digest()));
    description.plain("domain", "domain", schema.domain().to_string());
    let stats = model.circuit().stats();
    description.count("constraints", "constraints", stats.constraints);
    description.count("wires", "wires", stats.instance + stats.witness);
    description.count("nonzeros", "nonzeros", stats.nonzeros);
    description.count("FFT domain", "fft_domain", stats.domain);
    let time = estimates::proving_time(model)?;
    description.field("to prove", "proving", time.to_string(), serde_json::to_value(time)?);
    let memory = model.estimate(&Calibration::REFERENCE).memory_bytes;
    description.field(
        "memory",
        "proving_memory_bytes",
        format!("at most {} to prove", bytes(memory)),
        memory,
    );
    let units = ComputeUnits::new(schema, model.compiled().ranges());
    let on_chain = format!(
        "verify by CPI {} compute units, the calling program included; verify alone {}",
        units.verify_by_cpi, units.verify_alone
    );
    description.field("on chain", "compute_units", on_chain, serde_json::to_value(units)?);
    let limbs = schema.input_limbs() + schema.output_limbs();
    description.count("statement limbs", "limbs", limbs);
    let schema_bytes = schema.encode().len();
    let of_most =
        format!("{schema_bytes} bytes, of {} that a program registers", registration::MAX_SCHEMA_LEN);
    description.field("schema", "schema_bytes", of_most, schema_bytes);
    for warning in registration::warnings(schema) {
        ui::warn(&format!("{}. What to do: {}", warning.text(), warning.remedy()));
    }
    description.json.insert("inputs".into(), schema_json(schema.inputs()));
    description.json.insert("outputs".into(), schema_json(schema.outputs()));
    description.plain("source", "source", hex::encode(model.compiled().source_digest));
    let mut kinds = Table::new(["kind", "constraints"]);
    let counted = model.circuit().kinds().most_first();
    for (kind, constraints) in &counted {
        kinds.row([(*kind).to_owned(), constraints.to_string()]);
    }
    description.table("constraints by kind", &kinds.render());
    let counted: Map<String, Value> =
        counted.into_iter().map(|(kind, constraints)| (kind.to_owned(), constraints.into())).collect();
    description.json.insert("kinds".into(), Value::Object(counted));
    description.table("tensors", &schema_table(schema));
    describe_columns(model, description);
    describe_classes(model, description);
    if let Some(table) = decisions::claims(model) {
        description.table("decisions, as this file claims", &table);
        description.json.insert("decisions".into(), decisions::claims_json(model));
    }
    let mut table = Table::new(["feature", "least", "greatest"]);
    let features = model.features();
    for feature in features.iter().take(LISTED) {
        table.row([feature.name.clone(), value(feature, feature.min), value(feature, feature.max)]);
    }
    if features.len() > LISTED {
        table.row([format!("... {} more", features.len() - LISTED), String::new(), String::new()]);
    }
    description.table("declared domain of the features", &table.render());
    let ends = model.compiled().observed_ends();
    description.field(
        "domains",
        "observed_ends",
        match ends {
            0 => "none is the calibration data's range".to_owned(),
            _ => format!(
                "{ends} ends are the calibration data's (margin {}%): rows outside are refused",
                100.0 * model.compiled().provenance.options.margin
            ),
        },
        ends,
    );
    let narrowed = model.compiled().first_narrowed();
    description.field(
        "formats",
        "is_whole_format",
        match narrowed {
            None => "every integer of the inputs' formats can be proven".to_owned(),
            Some(feature) => format!(
                "only integers of the declared domains can be proven, of '{}' among others not all of its format: no model for a program \
                 that computes the inputs",
                feature.name
            ),
        },
        narrowed.is_none(),
    );
    if let Some(missing) = missing_table(features) {
        description.table("features that may be missing", &missing);
    }
    let features = features.iter().map(|f| {
        let mut json = json!({ "name": f.name, "min": end(f.min), "max": end(f.max) });
        if let (Some(categories), Some(object)) = (&f.categories, json.as_object_mut()) {
            object.insert("categories".into(), json!(categories.names));
            object.insert("unknown".into(), json!(categories.unknown == Unknown::Taken));
        }
        if let (Some(missing), Some(object)) = (f.missing, json.as_object_mut()) {
            let read_as = match missing {
                Absent::StandsFor(number) => json!(number),
                Absent::Coded => json!("missing"),
            };
            object.insert("missing".into(), read_as);
        }
        json
    });
    description.json.insert("features".into(), features.collect());
    Ok(())
}

/// What missing values of the features become, of those that may be missing.
fn missing_table(features: &[Feature]) -> Option<String> {
    let mut table = Table::new(["feature", "where it is missing"]);
    let may_be: Vec<(&Feature, Absent)> = features.iter().filter_map(|f| Some((f, f.missing?))).collect();
    for (feature, missing) in may_be.iter().take(LISTED) {
        let becomes = match missing {
            Absent::StandsFor(number) => format!("taken for {number}"),
            Absent::Coded => "the least integer says so".to_owned(),
        };
        table.row([feature.name.clone(), becomes]);
    }
    if may_be.len() > LISTED {
        table.row([format!("... {} more", may_be.len() - LISTED), String::new()]);
    }
    (!may_be.is_empty()).then(|| table.render())
}

/// A value of a feature: of text, what it stands for.
fn value(feature: &Feature, value: f64) -> String {
    match &feature.categories {
        None => value.to_string(),
        Some(categories) => {
            categories.names.get(value as usize).map_or("unknown".into(), |name| format!("'{name}'"))
        }
    }
}

/// The inputs of the ONNX file that are columns of a tensor.
fn describe_columns(model: &assay::Model, description: &mut Description) {
    let mut table = Table::new(["tensor", "column", "input of the ONNX file"]);
    let mut json = Map::new();
    for (tensor, columns) in model.schema().inputs().iter().zip(model.compiled().columns()) {
        if columns.is_empty() {
            continue;
        }
        for (position, column) in columns.iter().enumerate().take(LISTED) {
            table.row([tensor.name.clone(), position.to_string(), (*column).to_owned()]);
        }
        if columns.len() > LISTED {
            table.row([tensor.name.clone(), format!("... {} more", columns.len() - LISTED), String::new()]);
        }
        json.insert(tensor.name.clone(), json!(columns));
    }
    if !json.is_empty() {
        description.table("joined columns", &table.render());
        description.json.insert("columns".into(), Value::Object(json));
        // Samples without names are in the file's order, which is not that of the tensors.
        let inputs: Vec<&str> =
            model.compiled().file_inputs.iter().map(|input| input.name.as_str()).collect();
        let mut table = Table::new(["position", "input of the ONNX file"]);
        for (position, input) in inputs.iter().enumerate().take(LISTED) {
            table.row([position.to_string(), (*input).to_owned()]);
        }
        if inputs.len() > LISTED {
            table.row([format!("... {} more", inputs.len() - LISTED), String::new()]);
        }
        description.table("order of samples without names", &table.render());
        description.json.insert("order".into(), json!(inputs));
    }
}

/// The names of classes, where an output has them.
fn describe_classes(model: &assay::Model, description: &mut Description) {
    let mut table = Table::new(["output", "stands for", "class"]);
    let mut json = Map::new();
    for (tensor, classes) in model.schema().outputs().iter().zip(model.classes()) {
        let Some(classes) = classes else { continue };
        json.insert(tensor.name.clone(), json!(classes.names()));
        for (position, class) in classes.names().iter().enumerate().take(LISTED) {
            let what = match classes {
                ClassNames::Values(_) => format!("value {position}"),
                ClassNames::Elements(_) => format!("element {position}"),
            };
            table.row([tensor.name.clone(), what, class.clone()]);
        }
        if classes.names().len() > LISTED {
            let more = format!("... {} more", classes.names().len() - LISTED);
            table.row([tensor.name.clone(), more, String::new()]);
        }
    }
    if !json.is_empty() {
        description.table("classes", &table.render());
        description.json.insert("classes".into(), Value::Object(json));
    }
}

fn schema_table(schema: &ModelSchema) -> String {
    let mut table = Table::new(["tensor", "role", "shape", "bits", "scale", "least", "greatest"]);
    let sides = [("input", schema.inputs()), ("output", schema.outputs())];
    for (side, tensor) in sides.into_iter().flat_map(|(side, list)| list.iter().map(move |t| (side, t))) {
        let role = match tensor.visibility {
            Visibility::Public => side.to_owned(),
            Visibility::Committed => format!("{side}, committed"),
            Visibility::Member { depth } => format!("{side}, member (depth {depth})"),
        };
        let (least, greatest) = domain(tensor);
        table.row([
            tensor.name.clone(),
            role,
            tensor.shape.iter().map(u32::to_string).collect::<Vec<_>>().join("x"),
            tensor.bits.to_string(),
            tensor.scales.to_string(),
            least.to_string(),
            greatest.to_string(),
        ]);
    }
    table.render()
}

fn schema_json(tensors: &[TensorSchema]) -> Value {
    tensors
        .iter()
        .map(|tensor| {
            let (least, greatest) = domain(tensor);
            json!({
                "name": tensor.name,
                "shape": tensor.shape,
                "bits": tensor.bits,
                "scale": match &tensor.scales {
                    Scales::One(scale) => json!(scale),
                    Scales::Float32 => json!("float32"),
                    Scales::Axis { axis, scales } => json!({ "axis": axis, "scales": scales }),
                },
                "visibility": match tensor.visibility {
                    Visibility::Public => "public",
                    Visibility::Committed => "committed",
                    Visibility::Member { .. } => "member",
                },
                "depth": tensor.member_depth(),
                "least": end(least),
                "greatest": end(greatest),
            })
        })
        .collect()
}

/// An end of a domain as JSON has it: text where there is none.
fn end(number: f64) -> Value {
    if number.is_finite() { json!(number) } else { json!(number.to_string()) }
}

/// Smallest and largest number that a tensor's integers stand for, of the elements with the widest domain.
fn domain(tensor: &TensorSchema) -> (f64, f64) {
    if tensor.scales == Scales::Float32 {
        return (f64::NEG_INFINITY, f64::INFINITY);
    }
    let half = 1i64 << (u32::from(tensor.bits.clamp(1, 32)) - 1);
    let widest = tensor.scales.as_slice().iter().copied().min().unwrap_or(0);
    (assay::real(-half, widest), assay::real(half - 1, widest))
}

fn describe_plain(key: &VerifyingKey, description: &mut Description) {
    describe_key(key.setup_kind(), key.circuit_digest(), key.to_interface().key_hash(), description);
}

fn describe_weights(key: &WeightsVerifyingKey, description: &mut Description) {
    describe_key(key.setup_kind(), key.circuit_digest(), key.to_interface().key_hash(), description);
    description.plain("weights", "weights", "committed");
}

fn describe_key(setup: SetupKind, circuit: [u8; 32], key_hash: [u8; 32], description: &mut Description) {
    let text = match setup {
        SetupKind::Development => "development: do not trust it with real funds",
        SetupKind::Ceremony => "ceremony, as the file claims: `assay ceremony verify` checks it",
    };
    description.field("setup", "setup", text, setup_kind(setup));
    let circuit = hex::encode(circuit);
    description.field("circuit", "circuit", format!("{circuit}, as the file claims"), circuit);
    description.plain("key hash", "key_hash", hex::encode(key_hash));
}

fn describe_witness(
    container: &Artifact<'_>,
    path: &str,
    description: &mut Description,
) -> anyhow::Result<()> {
    let witness = Witness::from_bytes(container.payload).with_context(|| path.to_owned())?;
    description.plain("circuit", "circuit", hex::encode(container.parent));
    description.count("wires", "wires", witness.values.len());
    description.plain(
        "statement digest",
        "statement_digest",
        assay_groth16::scalar(witness.digest()).to_string(),
    );
    let outputs = witness.outputs();
    description.field("outputs", "outputs", format!("{outputs:?}"), json!(outputs));
    Ok(())
}

fn describe_proof(
    proof: &ProofFile,
    model: Option<&Path>,
    description: &mut Description,
) -> anyhow::Result<()> {
    let statement = &proof.statement;
    description.plain("key", "key", hex::encode(proof.key));
    description.plain("domain", "domain", statement.domain.to_string());
    description.plain("context", "context", hex::encode(statement.context));
    description.plain("statement digest", "statement_digest", statement.digest()?.to_string());
    let limbs: Vec<String> = statement.limbs.iter().map(ToString::to_string).collect();
    description.field("limbs", "limbs", limbs.len().to_string(), limbs);
    description.json.insert("proof".into(), hex::encode(proof.proof.as_bytes()).into());
    let Some(path) = model else {
        ui::note("with --model the values are decoded; whether the proof is valid, ask `assay verify`");
        return Ok(());
    };
    let model = artifacts::model(path)?.model;
    let tensors = model.decode(statement)?;
    description.plain("model", "model", model.name());
    description.json.insert("inputs".into(), json!(tensors.inputs));
    description.json.insert("outputs".into(), json!(tensors.outputs));
    description.table("inputs", &values::table(&tensors.inputs));
    description.table("outputs", &values::table(&tensors.outputs));
    Ok(())
}

fn to_snarkjs(kind: Kind, file: &[u8], path: &Path) -> anyhow::Result<String> {
    let name = || path.display().to_string();
    match kind {
        Kind::VerifyingKey => {
            Ok(snarkjs::verifying_key_to_json(&VerifyingKey::from_bytes(file).with_context(name)?)
                .with_context(name)?)
        }
        Kind::Proof => {
            let read = ProofFile::from_bytes(file).with_context(name)?;
            let proof = assay_groth16::Proof::from_interface(&read.proof).with_context(name)?;
            let proof: Value = serde_json::from_str(&snarkjs::proof_to_json(&proof).with_context(name)?)?;
            let signals: Value = serde_json::from_str(&snarkjs::public_to_json(&read.statement.digest()?))?;
            Ok(format!("{:#}", json!({ "proof": proof, "publicSignals": signals })))
        }
        _ => Err(hinted(
            anyhow!("{} is a {kind}: snarkjs has a form for verifying keys and proofs only", path.display()),
            "leave --snarkjs out",
        )),
    }
}
