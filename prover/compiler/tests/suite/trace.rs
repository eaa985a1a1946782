//! The integers of every layer, without a proof.

use assay_compiler::{Options, RunError};

use crate::builder::*;

#[test]
fn a_trace_leads_to_the_outputs() {
    let onnx = Onnx::new()
        .input("x", &[1, 1, 4, 4])
        .floats("k", &[2, 1, 3, 3], &[0.5, -0.25, 0.75, 0.1, 0.2, -0.3, 0.4, 0.6, -0.5].repeat(2))
        .floats("w", &[8, 3], &(0..24).map(|i| (i % 7) as f32 / 7.0 - 0.4).collect::<Vec<_>>())
        .node("c", "Conv", &["x", "k"], vec![ints("pads", &[1, 1, 1, 1])])
        .node("r", "Relu", &["c"], vec![])
        .node("p", "MaxPool", &["r"], vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])])
        .node("f", "Flatten", &["p"], vec![])
        .node("y", "Gemm", &["f", "w"], vec![])
        .output("y");
    let (model, report) = compiled(&onnx, &Options { max_error: 0.05, ..Options::default() });
    let sample = rows(1, 16, 9).remove(0).into_iter().zip(&model.features);
    let sample: Vec<f64> = sample.map(|(value, feature)| value.clamp(feature.min, feature.max)).collect();
    let inputs = model.quantize_inputs(&sample).unwrap();
    let trace = model.trace(&inputs).unwrap();
    let described = trace.iter().map(|layer| (layer.name.as_str(), layer.kind.as_str(), layer.shape.clone()));
    let [hidden, last] = described.collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(hidden, (report.layers[0].name.as_str(), "max pool, relu", vec![2, 2, 2]));
    assert_eq!((last.1, last.2), ("accumulate", vec![3]));
    assert!(trace.iter().all(|layer| layer.shape.iter().product::<usize>() == layer.integers.len()));
    let outputs = model.run_reference(&inputs).unwrap();
    assert_eq!(trace[1].integers, outputs[0]);
    assert_eq!(trace[1].reals(), model.dequantize_outputs(&outputs)[0]);
    assert!(trace[0].integers.iter().all(|&value| value >= 0) && trace[0].integers.iter().any(|&v| v > 0));
    assert!(matches!(model.trace(&[vec![0; 15]]), Err(RunError::Elements { .. })));
}
