//! Bytes from anyone: import answers, and never panics.

use assay_compiler::import::import;
use assay_compiler::{Options, Table, compile};
use proptest::prelude::*;

use crate::builder::*;

/// A model with many operators, so that mutations reach all of them.
fn model() -> Vec<u8> {
    Onnx::new()
        .input("x", &[1, 4])
        .features("a,b,c,d")
        .node_in("ai.onnx.ml", "s", "Scaler", &["x"], vec![floats("offset", &[0.5]), floats("scale", &[2.0])])
        .floats("w", &[4, 3], &[0.5; 12])
        .floats("v", &[3], &[1.0, 0.5, 0.25])
        .floats("low", &[], &[-1.0])
        .integers("shape", &[1, 3])
        .integers("axes", &[0])
        .node("g", "Gemm", &["s", "w", "v"], vec![float("alpha", 0.5)])
        .node("n", "BatchNormalization", &["g", "v", "v", "v", "v"], vec![])
        .node("h", "Relu", &["n"], vec![])
        .node("c", "Clip", &["g", "low"], vec![])
        .node("j", "Concat", &["h", "c"], vec![int("axis", 0)])
        .node("m", "ArgMax", &["j"], vec![int("axis", 1)])
        .node("r", "Reshape", &["h", "shape"], vec![])
        .node("u", "Unsqueeze", &["r", "axes"], vec![])
        .node("q", "Squeeze", &["u", "axes"], vec![])
        .node("f", "Flatten", &["q"], vec![])
        .node("y", "Sub", &["f", "v"], vec![])
        .floats("k", &[1, 1, 2], &[0.5, -0.5])
        .integers("image", &[1, 1, 4])
        .node("i", "Reshape", &["x", "image"], vec![])
        .node("o", "Conv", &["i", "k"], vec![ints("pads", &[1, 0]), ints("strides", &[1])])
        .node("t", "Tanh", &["o"], vec![])
        .node("p", "MaxPool", &["t"], vec![ints("kernel_shape", &[2]), ints("strides", &[2])])
        .node("e", "AveragePool", &["o"], vec![ints("kernel_shape", &[2])])
        .node("l", "Softmax", &["y"], vec![int("axis", 1)])
        .output("y")
        .output("m")
        .output("p")
        .output("e")
        .output("l")
        .bytes()
}

#[test]
fn the_model_itself_is_sound() {
    let table = Table::Rows(rows(20, 4, 1));
    assert!(compile(&model(), &table, &Options { max_error: 0.05, ..Options::default() }).is_ok());
}

proptest! {
    #![proptest_config(cases(300))]

    /// A model that import accepts goes through the whole compiler, the float engine included, without a panic.
    #[test]
    fn changed_bytes_through_the_compiler(index in any::<prop::sample::Index>(), value in any::<u8>()) {
        let mut bytes = model();
        let at = index.index(bytes.len());
        bytes[at] = value;
        let table = Table::Rows(rows(4, 4, 1));
        let options = Options { max_error: 0.5, ..Options::default() };
        if let Ok((compiled, _)) = compile(&bytes, &table, &options) {
            check_circuit(&compiled, 4);
        }
    }
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn changed_bytes(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = model();
        for (index, value) in changes {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        let _ = import(&bytes);
    }

    #[test]
    fn cut_and_repeated_bytes(from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let bytes = model();
        let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
        let _ = import(&[&bytes[..from], &bytes[to..]].concat());
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = import(&bytes);
        let _ = Table::from_csv(&bytes);
        let _ = Table::from_json(&bytes);
        let _ = Table::from_npz(&bytes);
        let _ = Table::from_npy(&[b"\x93NUMPY\x01\x00".as_slice(), &bytes].concat());
    }
}
