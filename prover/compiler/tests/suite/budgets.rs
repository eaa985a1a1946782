//! Small files that ask for much: each reader refuses them before it makes what they ask for. What is measured is the
//! memory of the thread that reads, at its highest.

use std::sync::Arc;

use allocation_counter::measure;
use assay_circuits::cost::{Interval, Tally};
use assay_circuits::layers::dense::Weights;
use assay_circuits::{Bounded, BuildError, Builder};
use assay_compiler::calibrate::{CalibrationError, ZipProblem};
use assay_compiler::import::import;
use assay_compiler::model::{Axis, Window};
use assay_compiler::operators::operator::{IntegerOperator, Sink};
use assay_compiler::quantize::{Linear, QuantArgument, QuantLayer, Rounding, Step};
use assay_compiler::{CompiledModel, DecodeError, ImportError, Options, ReadError, Refusal, Table};

use crate::builder::*;
use crate::calibration::zip;

const MIB: u64 = 1 << 20;

/// The result of reading, and the memory it took at most.
fn memory<T>(read: impl FnOnce() -> T) -> (T, u64) {
    let mut result = None;
    let info = measure(|| result = Some(read()));
    (result.unwrap(), info.bytes_max)
}

/// A compiled model of one value with more layers, each reading the input.
fn with_layers(count: usize, layer: impl Fn(&QuantLayer) -> QuantLayer) -> Vec<u8> {
    let onnx = Onnx::new().input("x", &[1, 1]).floats("w", &[1, 1], &[0.5]);
    let onnx = onnx.node("y", "Gemm", &["x", "w"], vec![]).output("y");
    let mut model: CompiledModel = compiled(&onnx, &Options::default()).0;
    let first = model.graph.layers[0].clone();
    model.graph.layers.extend((0..count).map(|_| layer(&first)));
    model.to_bytes()
}

fn one_weight() -> Arc<Linear> {
    Arc::new(Linear::Dense(Weights { rows: 1, cols: 1, w: vec![1] }, vec![0]))
}

/// An operator as a file claims it: nothing but a tag and bytes.
#[derive(Debug)]
struct Claim {
    tag: u8,
    bytes: Vec<u8>,
}

impl IntegerOperator for Claim {
    fn kind(&self) -> &'static str {
        "claim"
    }

    fn len(&self) -> usize {
        1
    }

    fn reference(&self, x: &[i64]) -> Result<Vec<i64>, BuildError> {
        Ok(x.to_vec())
    }

    fn constrain(&self, _: &mut Builder, x: &[Bounded]) -> Result<Vec<Bounded>, BuildError> {
        Ok(x.to_vec())
    }

    fn cost(&self, _: &mut Tally, x: &[Interval]) -> Result<Vec<Interval>, BuildError> {
        Ok(x.to_vec())
    }

    fn tag(&self) -> u8 {
        self.tag
    }

    fn write(&self, out: &mut dyn Sink) {
        out.bytes(&self.bytes);
    }
}

fn step(rounding: Rounding, claim: Claim) -> Step {
    let arguments = vec![QuantArgument { len: 1, rounding: Some(rounding) }];
    Step::Operator { arguments, operator: Arc::new(claim) }
}

/// A table of 2^16 entries follows from its ends: some 70 bytes a layer.
#[test]
fn compiled_models_of_nothing_but_tables() {
    let bytes = with_layers(2000, |first| QuantLayer {
        name: "t".into(),
        map: one_weight(),
        step: step(
            Rounding { shifts: vec![0], lo: -(1 << 15), hi: (1 << 15) - 1 },
            // A sigmoid over a domain of scale 12, with values in [0, 2^10].
            Claim {
                tag: 3,
                bytes: [&[0, 12][..], &0i64.to_le_bytes(), &(1i64 << 10).to_le_bytes()].concat(),
            },
        ),
        scale: 10,
        ..first.clone()
    });
    let (result, memory) = memory(|| CompiledModel::from_bytes(&bytes));
    assert!(bytes.len() < 200_000);
    assert!(matches!(result, Err(DecodeError::Read(ReadError::Budget(_)))), "{result:?}");
    assert!(memory < 100 * MIB, "{memory} bytes for a file of {}", bytes.len());
}

/// A softmax at a fine scale has the longest table: 590,000 exponentials.
#[test]
fn compiled_models_of_fine_softmaxes() {
    let bytes = with_layers(2000, |first| QuantLayer {
        name: "s".into(),
        map: one_weight(),
        step: step(
            Rounding { shifts: vec![0], lo: -(1 << 20), hi: 1 << 20 },
            // A softmax over groups of one, of a domain of scale 14.
            Claim { tag: 4, bytes: [&[14][..], &[1u32.to_le_bytes(); 3].concat()].concat() },
        ),
        scale: 20,
        ..first.clone()
    });
    let (result, memory) = memory(|| CompiledModel::from_bytes(&bytes));
    assert!(matches!(result, Err(DecodeError::Read(ReadError::Budget(_)))), "{result:?}");
    assert!(memory < 100 * MIB, "{memory} bytes for a file of {}", bytes.len());
}

/// One weight, padded to a picture of 2^22 places, each with a range proof.
#[test]
fn compiled_models_of_one_wide_convolution() {
    let side = Axis { pad_before: 1023, pad_after: 1024, ..Axis::new(1, 1) };
    let bytes = with_layers(1, |first| QuantLayer {
        name: "c".into(),
        map: Arc::new(Linear::Convolution(assay_circuits::layers::conv::Convolution {
            window: Window { channels: 1, height: side, width: side },
            filters: 1,
            groups: 1,
            w: vec![1],
            bias: vec![5],
        })),
        step: Step::Requantize(Rounding { shifts: vec![3], lo: 0, hi: 3 }),
        ..first.clone()
    });
    let (result, memory) = memory(|| CompiledModel::from_bytes(&bytes));
    assert!(bytes.len() < 1000);
    assert!(matches!(result, Err(DecodeError::Read(ReadError::Budget(_)))), "{result:?}");
    assert!(memory < 3000 * MIB, "{memory} bytes for a file of {}", bytes.len());
}

/// A file's own models stay far below: what they ask for is what they are.
#[test]
fn compiled_models_that_are_honest() {
    let onnx = crate::networks::perceptron(&[8, 64, 64, 4], 1);
    let bytes = compiled(&onnx, &Options::default()).0.to_bytes();
    let (result, memory) = memory(|| CompiledModel::from_bytes(&bytes));
    assert!(result.is_ok());
    assert!(memory < 100 * MIB, "{memory} bytes for a file of {}", bytes.len());
}

fn too_large(onnx: &Onnx, most: u64) {
    let bytes = onnx.bytes();
    let (result, memory) = memory(|| import(&bytes));
    let Err(ImportError::Refused(refusals)) = result else { panic!("accepted") };
    assert!(matches!(refusals[..], [Refusal::TooLarge { .. }]), "{refusals:?}");
    assert!(memory < most, "{memory} bytes for a file of {}", bytes.len());
}

#[test]
fn onnx_inputs_of_a_size_that_takes_no_bytes() {
    let onnx = Onnx::new().input("x", &[1, 1 << 25]).node("y", "Relu", &["x"], vec![]).output("y");
    too_large(&onnx, MIB);
}

#[test]
fn onnx_constants_that_grow_from_node_to_node() {
    // Padded: 2^25 zeros from one number.
    let padded = Onnx::new()
        .input("x", &[1, 1])
        .floats("one", &[1], &[1.0])
        .integers("pads", &[0, 1 << 25])
        .node("p", "Pad", &["one", "pads"], vec![])
        .node("y", "Mul", &["x", "p"], vec![])
        .output("y");
    too_large(&padded, MIB);
    // Broadcast: a column plus a row.
    let (column, row) = ([1.0; 4096], [1.0; 4096]);
    let spread = Onnx::new()
        .input("x", &[1, 1])
        .floats("c", &[4096, 1], &column)
        .floats("r", &[1, 4096], &row)
        .node("s", "Add", &["c", "r"], vec![])
        .node("y", "Mul", &["x", "s"], vec![])
        .output("y");
    too_large(&spread, 4 * MIB);
    // Doubled: integers that are joined with themselves forty times.
    let mut doubled = Onnx::new().input("x", &[1, 1]).integers("i0", &[1, 1]);
    for i in 0..40 {
        let (from, to) = (format!("i{i}"), format!("i{}", i + 1));
        doubled = doubled.node(&to, "Concat", &[&from, &from], vec![int("axis", 0)]);
    }
    too_large(&doubled.node("y", "Reshape", &["x", "i40"], vec![]).output("y"), 300 * MIB);
}

#[test]
fn onnx_windows_wider_than_any_picture() {
    let size = 1 << 16;
    let attributes = vec![ints("kernel_shape", &[size, size]), ints("pads", &[size, size, size, size])];
    let onnx = Onnx::new().input("x", &[1, 1, 8, 8]).node("y", "AveragePool", &["x"], attributes).output("y");
    too_large(&onnx, MIB);
}

/// A chain of nodes folds into one layer that is named after all of them: the names add up to a square.
#[test]
fn onnx_chains_of_names() {
    let mut onnx = Onnx::new().input("x", &[1, 1]).floats("b", &[1], &[1.0]);
    let name = |i: usize| if i == 0 { "x".to_owned() } else { format!("n{i}") };
    for i in 0..4000 {
        onnx = onnx.node(&name(i + 1), "Add", &[&name(i), "b"], vec![]);
    }
    too_large(&onnx.node("y", "Relu", &["n4000"], vec![]).output("y"), 1000 * MIB);
}

#[test]
fn archives_whose_entries_overlap() {
    let plain = vec![0u8; 1 << 18];
    let deflated = miniz_oxide::deflate::compress_to_vec(&plain, 6);
    let archive = zip(&["a.npy", "b.npy"], 8, &deflated, &plain, 1);
    assert!(matches!(Table::from_npz(&archive), Err(CalibrationError::Npy { .. })), "two entries");
    // The same data listed once more.
    let overlapping = zip(&["a.npy", "b.npy"], 8, &deflated, &plain, 40);
    let (result, memory) = memory(|| Table::from_npz(&overlapping));
    assert!(matches!(result, Err(CalibrationError::Npz(ZipProblem::Overlap { .. }))), "{result:?}");
    assert!(memory < MIB, "{memory} bytes for an archive of {}", overlapping.len());
}

#[test]
fn archives_that_unpack_to_much() {
    let plain = vec![0u8; 128 << 20];
    let deflated = miniz_oxide::deflate::compress_to_vec(&plain, 6);
    let archive = zip(&["a.npy"], 8, &deflated, &plain, 1);
    let (result, memory) = memory(|| Table::from_npz(&archive));
    assert!(matches!(result, Err(CalibrationError::Npz(ZipProblem::TooLarge { .. }))), "{result:?}");
    assert!(memory < MIB, "{memory} bytes for an archive of {}", archive.len());
    // One that says less than it holds is cut off where it said that it ends.
    let lying = zip(&["a.npy"], 8, &deflated, &plain[..1 << 20], 1);
    let (result, memory) = self::memory(|| Table::from_npz(&lying));
    assert!(matches!(result, Err(CalibrationError::Npz(ZipProblem::Damaged { .. }))), "{result:?}");
    assert!(memory < 4 * MIB, "{memory} bytes for an archive of {}", lying.len());
}

#[test]
fn tables_cost_what_their_bytes_do() {
    let lines = "1,2\n".repeat(1 << 16);
    let (result, memory) = memory(|| Table::from_csv(lines.as_bytes()));
    assert!(result.is_ok());
    assert!(memory < 40 * lines.len() as u64, "{memory} bytes for CSV of {}", lines.len());

    let objects = format!("[{}]", [r#"{"a":1}"#; 1 << 15].join(","));
    let (result, memory) = self::memory(|| Table::from_json(objects.as_bytes()));
    assert!(result.is_ok());
    assert!(memory < 120 * objects.len() as u64, "{memory} bytes for JSON of {}", objects.len());

    let nested = "[".repeat(1 << 20);
    let (result, memory) = self::memory(|| Table::from_json(nested.as_bytes()));
    assert!(matches!(result, Err(CalibrationError::Json(_))));
    assert!(memory < MIB, "{memory} bytes for nested JSON");

    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776, 1099511627776), }";
    let bytes = crate::calibration::npy(header, &[0; 8]);
    let (result, memory) = self::memory(|| Table::from_npy(&bytes));
    assert!(matches!(result, Err(CalibrationError::Npy { .. })));
    assert!(memory < MIB, "{memory} bytes for an array");
}
