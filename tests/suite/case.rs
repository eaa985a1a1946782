//! A model of the suite, compiled, with its samples and the float model's answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_compiler::float::FloatModel;
use assay_compiler::{CompiledModel, Options, Table, compile};

/// A case: a folder under `models/`.
pub struct Case {
    pub name: String,
    pub model: CompiledModel,
    /// The independent engine, on the same ONNX file.
    pub float: FloatModel,
    /// Inputs in the order of the model's features.
    pub samples: Vec<Vec<f64>>,
    /// For each sample and output tensor, the answer that the training side committed.
    pub answers: Vec<Vec<Vec<f64>>>,
    /// How far a real output may be from the float model on samples that calibration never saw.
    pub tolerance: f64,
}

#[derive(serde::Deserialize)]
struct Answers {
    outputs: BTreeMap<String, Vec<Vec<f64>>>,
}

impl Case {
    pub fn load(name: &str, calibration: &str, options: Options, tolerance: f64) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models").join(name);
        let onnx = read(&folder, "model.onnx");
        let table = table(&folder, calibration);
        let samples = Table::from_json(&read(&folder, "samples.json")).unwrap();
        let compiled = |options: &Options| {
            compile(&onnx, &table, options).unwrap_or_else(|error| panic!("{name}: {error}")).0
        };
        let options = declare_domain(options, &compiled(&Options::default()), &samples);
        let model = compiled(&options);
        let samples = model.arrange(&samples).unwrap().rows;
        let answers: Answers = serde_json::from_slice(&read(&folder, "samples.json")).unwrap();
        let outputs = model.schema.outputs();
        let answer =
            |row: usize| outputs.iter().map(|tensor| answers.outputs[&tensor.name][row].clone()).collect();
        let answers: Vec<Vec<Vec<f64>>> = (0..samples.len()).map(answer).collect();
        assert!(samples.len() >= 50, "{name}: {} samples", samples.len());
        let float = FloatModel::from_onnx(&onnx).unwrap();
        Self { name: name.into(), model, float, samples, answers, tolerance }
    }
}

/// Declares the domain that calibration and samples span together: the samples are other draws, and some lie just
/// outside what calibration saw. Where the case fixes the input format, the format is the domain.
fn declare_domain(mut options: Options, model: &CompiledModel, samples: &Table) -> Options {
    if options.input_format.is_some() {
        return options;
    }
    for (index, feature) in model.features.iter().enumerate() {
        let mut domain = (feature.min, feature.max);
        for sample in model.arrange(samples).unwrap().rows {
            domain = (domain.0.min(sample[index]), domain.1.max(sample[index]));
        }
        options.domains.insert(feature.name.clone(), domain);
    }
    options
}

fn table(folder: &Path, name: &str) -> Table {
    let bytes = read(folder, name);
    let table = if name.ends_with(".csv") { Table::from_csv(&bytes) } else { Table::from_json(&bytes) };
    table.unwrap_or_else(|error| panic!("{}: {error}", folder.join(name).display()))
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    let path = folder.join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
