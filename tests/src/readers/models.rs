//! Readers of what a user brings: models and samples.

use assay_compiler::calibrate::{CalibrationError, FeatureNames, Signature, Table};
use assay_compiler::import::import;
use assay_compiler::{CompiledModel, Options, Strategy, compile};
use assay_interface::artifact::Kind;

use super::seeds::{as_file_and_payload, file_and_payload};

const LINEAR_SCORE: &[u8] = include_bytes!("../../../models/suite/linear-score/model.onnx");

/// A model of the corpus: its file, and the data that it is calibrated on.
macro_rules! of_corpus {
    ($path:literal) => {
        (
            include_bytes!(concat!("../../../models/corpus/", $path, "/model.onnx")).as_slice(),
            include_bytes!(concat!("../../../models/corpus/", $path, "/calibration.csv")).as_slice(),
        )
    };
}

/// Small models of the corpus that between them have every kind of integer operator: trees of each form, arithmetic of
/// variables, comparisons and choices, extrema, norms, functions by table, ranks.
const CORPUS: [(&[u8], &[u8]); 17] = [
    of_corpus!("boosting/catboost-binary"),
    of_corpus!("boosting/xgboost-stumps"),
    of_corpus!("boosting/xgboost-three-classes"),
    of_corpus!("forests/tree-three-classes"),
    of_corpus!("kernels/svr-rbf"),
    of_corpus!("linear/scaled-logistic"),
    of_corpus!("pipelines/normalizer-l2"),
    of_corpus!("rules/collateral-basket"),
    of_corpus!("rules/grades-by-rounding"),
    of_corpus!("rules/hardmax"),
    of_corpus!("rules/health-factor"),
    of_corpus!("rules/mean-of-the-best-two"),
    of_corpus!("rules/powers-and-logarithms"),
    of_corpus!("rules/reductions"),
    of_corpus!("rules/remainder"),
    of_corpus!("rules/truth-values"),
    of_corpus!("rules/two-opinions"),
];

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
    let linear =
        (LINEAR_SCORE, include_bytes!("../../../models/suite/linear-score/calibration.csv").as_slice());
    let compiled = |(onnx, samples): (&[u8], &[u8]), ranges| {
        let table = Table::from_csv(samples).expect("calibration data is sound");
        let options = Options { ranges, max_error: 0.5, ..Options::default() };
        let (model, _) = compile(onnx, &table, &options).expect("committed models compile");
        file_and_payload(model.to_bytes())
    };
    let by_lookups = compiled(linear, Strategy::Lookup);
    let by_bits = std::iter::once(linear).chain(CORPUS).flat_map(|model| compiled(model, Strategy::Bits));
    by_lookups.into_iter().chain(by_bits).collect()
}

/// An ONNX file.
pub fn onnx(bytes: &[u8]) {
    let _ = import(bytes);
}

/// An ONNX file that is compiled, on two samples, if it is small: most of the time goes to tables of functions.
pub fn compilation(bytes: &[u8]) {
    let Ok(model) = import(bytes) else { return };
    let rows: usize = model.layers.iter().map(|layer| layer.map.rows()).sum();
    if model.input_len() > 64 || model.layers.len() > 8 || rows > 256 {
        return; // sound, but slow to compile for each mutant
    }
    let width = model.input_len();
    let table = Table::Rows(vec![vec![0.5; width], vec![-0.25; width]]);
    let options = Options { max_error: 0.5, ..Options::default() };
    if let Ok((compiled, _)) = compile(bytes, &table, &options) {
        assert!(CompiledModel::from_bytes(&compiled.to_bytes()).is_ok_and(|read| read == compiled));
    }
}

pub(super) fn onnx_seeds() -> Vec<Vec<u8>> {
    MODELS.into_iter().chain(CORPUS.map(|(onnx, _)| onnx)).map(<[u8]>::to_vec).collect()
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
