//! Readers of what a user brings: models and samples.

use assay_compiler::calibrate::{CalibrationError, FeatureNames, Signature, Table};
use assay_compiler::import::import;
use assay_compiler::{CompiledModel, Options, Strategy, compile};
use assay_interface::artifact::Kind;

use super::seeds::{as_file_and_payload, file_and_payload};

const LINEAR_SCORE: &[u8] = include_bytes!("../../../models/suite/linear-score/model.onnx");

/// The suite's models: most of the operators that import knows.
const MODELS: [&[u8]; 9] = [
    LINEAR_SCORE,
    include_bytes!("../../../models/suite/activations/model.onnx"),
    include_bytes!("../../../models/suite/clip-classifier/model.onnx"),
    include_bytes!("../../../models/suite/conv-average/model.onnx"),
    include_bytes!("../../../models/suite/conv-residual/model.onnx"),
    include_bytes!("../../../models/suite/layer-norm/model.onnx"),
    include_bytes!("../../../models/suite/signal/model.onnx"),
    include_bytes!("../../../models/suite/softmax-classifier/model.onnx"),
    include_bytes!("../../../models/suite/two-branch/model.onnx"),
];

/// A compiled model, and a run of whatever the bytes made of it.
pub fn compiled_model(bytes: &[u8]) {
    for bytes in as_file_and_payload(Kind::Circuit, bytes) {
        let Ok(read) = CompiledModel::from_bytes(&bytes) else { continue };
        assert_eq!(read.to_bytes(), bytes, "one encoding for each model");
        let sample: Vec<f64> = read.features.iter().map(|feature| feature.min).collect();
        if let Ok(integers) = read.quantize_inputs(&sample)
            && let Ok(outputs) = read.run_reference(&integers)
        {
            assert_eq!(outputs.len(), read.dequantize_outputs(&outputs).len());
        }
    }
}

pub(super) fn compiled_model_seeds() -> Vec<Vec<u8>> {
    let table = Table::from_csv(include_bytes!("../../../models/suite/linear-score/calibration.csv"))
        .expect("the suite's calibration data is sound");
    let compiled = |ranges| {
        let options = Options { ranges, ..Options::default() };
        let (model, _) = compile(LINEAR_SCORE, &table, &options).expect("the suite's models compile");
        file_and_payload(model.to_bytes())
    };
    [Strategy::Bits, Strategy::Lookup].into_iter().flat_map(compiled).collect()
}

/// An ONNX file. What import takes is also compiled, on two samples, where it is small.
pub fn onnx(bytes: &[u8]) {
    let Ok(model) = import(bytes) else { return };
    let (width, layers) = (model.input_len(), model.layers.len());
    if width > 64 || layers > 8 || model.layers.iter().any(|layer| layer.map.rows() > 64) {
        return; // sound, but slow to compile for each mutant
    }
    let table = Table::Rows(vec![vec![0.5; width], vec![-0.25; width]]);
    let options = Options { max_error: 0.5, ..Options::default() };
    if let Ok((compiled, _)) = compile(bytes, &table, &options) {
        assert!(CompiledModel::from_bytes(&compiled.to_bytes()).is_ok_and(|read| read == compiled));
    }
}

pub(super) fn onnx_seeds() -> Vec<Vec<u8>> {
    MODELS.map(<[u8]>::to_vec).to_vec()
}

/// Samples as CSV.
pub fn samples_csv(bytes: &[u8]) {
    arrange(Table::from_csv(bytes));
}

pub(super) fn samples_csv_seeds() -> Vec<Vec<u8>> {
    vec![b"a,b\n1,2\n-0.5,1e3\n".to_vec(), b"\xef\xbb\xbf\"a\", b\r\n1 ,2\r\n".to_vec()]
}

/// Samples as JSON.
pub fn samples_json(bytes: &[u8]) {
    arrange(Table::from_json(bytes));
}

pub(super) fn samples_json_seeds() -> Vec<Vec<u8>> {
    [
        "[[1, 2], [3.5, -4e2]]",
        "[{\"a\": 1, \"b\": 2}]",
        "{\"a\": 1, \"b\": 2}",
        "{\"inputs\": {\"x\": [[1, 2]]}}",
        "[1, 2]",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

/// Samples as NumPy arrays and archives.
pub fn samples_numpy(bytes: &[u8]) {
    arrange(Table::from_npy(bytes));
    arrange(Table::from_npz(bytes));
}

pub(super) fn samples_numpy_seeds() -> Vec<Vec<u8>> {
    let header = format!("{:<117}\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }");
    let mut npy = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    npy.extend_from_slice(header.as_bytes());
    [1.0f32, -2.5, 0.0, 3.0].iter().for_each(|value| npy.extend(value.to_le_bytes()));
    vec![stored_zip("x.npy", &npy), npy]
}

/// A zip archive of one uncompressed entry: local header, data, central directory, end record.
fn stored_zip(name: &str, data: &[u8]) -> Vec<u8> {
    let crc = data.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    });
    let length = (data.len() as u32).to_le_bytes();
    let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    common.extend((!crc).to_le_bytes());
    common.extend(length);
    common.extend(length);
    common.extend((name.len() as u16).to_le_bytes());
    common.extend([0, 0]);
    let mut zip = b"PK\x03\x04".to_vec();
    zip.extend_from_slice(&common);
    zip.extend_from_slice(name.as_bytes());
    zip.extend_from_slice(data);
    let directory = zip.len() as u32;
    zip.extend_from_slice(b"PK\x01\x02\x14\x00");
    zip.extend_from_slice(&common);
    zip.extend([0; 14]);
    zip.extend_from_slice(name.as_bytes());
    let size = zip.len() as u32 - directory;
    zip.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend(size.to_le_bytes());
    zip.extend(directory.to_le_bytes());
    zip.extend([0, 0]);
    zip
}

/// Arranges a table for a model of two features: what comes out has that form and is finite.
fn arrange(table: Result<Table, CalibrationError>) {
    let Ok(table) = table else { return };
    for named in [FeatureNames::Declared, FeatureNames::Derived] {
        let features = ["a".to_owned(), "b".to_owned()];
        let signature = Signature::new(vec![("x", 2)], &features, named);
        if let Ok(samples) = table.arrange(&signature).map(|found| found.rows) {
            assert!(!samples.is_empty());
            assert!(
                samples
                    .iter()
                    .all(|sample| sample.len() == 2 && sample.iter().all(|value| value.is_finite()))
            );
        }
    }
}
