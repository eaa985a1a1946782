//! Transposed convolution, resizing, and the poolings that images.rs has not: against the independent engine where it knows them, and
//! against answers of the ONNX project's reference implementation.

use crate::builder::*;
use assay_compiler::import::import;

/// The model's answer to `0, 1, 2, ...` is this.
fn answers(onnx: &Onnx, expected: &[f64]) {
    let model = import(&onnx.bytes()).unwrap_or_else(|error| panic!("{error}"));
    let x: Vec<f64> = (0..model.input_len()).map(|i| i as f64).collect();
    let found = model.evaluate(&x).concat();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
    }
}

fn image(shape: &[i64]) -> Onnx {
    Onnx::with_opset(19).input("x", shape)
}

#[test]
fn transposed_convolutions() {
    let w: Vec<f32> = (0..36).map(|i| (i as f32 - 17.0) / 16.0).collect();
    let onnx = image(&[1, 2, 3, 2]).floats("w", &[2, 2, 3, 3], &w).floats("b", &[2], &[0.5, -1.0]);
    for attributes in [
        vec![],
        vec![ints("strides", &[2, 1]), ints("pads", &[1, 0, 0, 1]), ints("output_padding", &[1, 0])],
        vec![ints("strides", &[2, 2]), ints("pads", &[1, 1, 1, 1])],
    ] {
        check_engines(&onnx.clone().node("y", "ConvTranspose", &["x", "w", "b"], attributes).output("y"));
    }
    // Groups, dilations and sizes, in one dimension: 0, 1, 2 and 3, 4, 5 through kernels (1, 2) and (3, 4).
    let line = image(&[1, 2, 3]).floats("w", &[2, 1, 2], &[1.0, 2.0, 3.0, 4.0]);
    let with = |attributes| line.clone().node("y", "ConvTranspose", &["x", "w"], attributes).output("y");
    let groups = int("group", 2);
    answers(&with(vec![groups.clone()]), &[0.0, 1.0, 4.0, 4.0, 9.0, 24.0, 31.0, 20.0]);
    let apart = vec![groups.clone(), ints("dilations", &[2])];
    answers(&with(apart), &[0.0, 1.0, 2.0, 2.0, 4.0, 9.0, 12.0, 27.0, 16.0, 20.0]);
    let same = |auto| vec![groups.clone(), ints("strides", &[2]), text("auto_pad", auto)];
    answers(&with(same("SAME_UPPER")), &[0.0, 0.0, 1.0, 2.0, 2.0, 4.0, 9.0, 12.0, 12.0, 16.0, 15.0, 20.0]);
    let shaped = vec![groups.clone(), ints("strides", &[2]), ints("output_shape", &[5])];
    // Of one position too many, the first goes where nothing else is said.
    answers(&with(shaped), &[0.0, 1.0, 2.0, 2.0, 4.0, 12.0, 12.0, 16.0, 15.0, 20.0]);
    let check = with(vec![groups, ints("strides", &[2])]);
    check_answers(&check, |x| {
        (0..2)
            .flat_map(|c| {
                x[3 * c..3 * c + 3].iter().flat_map(move |v| [v * (1 + 2 * c) as f64, v * (2 + 2 * c) as f64])
            })
            .collect()
    });
}

#[test]
fn resizing_to_the_nearest() {
    let onnx = image(&[1, 1, 2, 2]).floats("s", &[4], &[1.0, 1.0, 2.0, 3.0]);
    let nearest =
        onnx.clone().node("y", "Resize", &["x", "", "s"], vec![text("mode", "nearest")]).output("y");
    let rows = [[0.0, 0.0, 0.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 3.0, 3.0, 3.0]];
    answers(&nearest, &[rows[0], rows[0], rows[1], rows[1]].concat());
    check_engines(&nearest);
    // It moves elements and nothing else.
    let model = import(&nearest.bytes()).unwrap();
    assert!(model.layers.iter().all(|layer| layer.function.operator().is_none()));
    let old = Onnx::with_opset(9).input("x", &[1, 1, 2, 2]).floats("s", &[4], &[1.0, 1.0, 1.0, 1.5]);
    answers(&old.node("y", "Upsample", &["x", "s"], vec![]).output("y"), &[0.0, 0.0, 1.0, 2.0, 2.0, 3.0]);
    let sizes = image(&[1, 1, 2, 4]).integers("n", &[1, 3]);
    let attributes = vec![
        ints("axes", &[2, 3]),
        text("nearest_mode", "ceil"),
        text("coordinate_transformation_mode", "asymmetric"),
    ];
    answers(&sizes.node("y", "Resize", &["x", "", "", "n"], attributes).output("y"), &[0.0, 2.0, 3.0]);
}

/// Answers of the reference implementation for a ramp.
#[test]
fn resizing_between_positions() {
    let line = image(&[1, 1, 4]).floats("s", &[3], &[1.0, 1.0, 2.0]);
    let with = |attributes| line.clone().node("y", "Resize", &["x", "", "s"], attributes).output("y");
    let linear = with(vec![text("mode", "linear")]);
    answers(&linear, &[0.0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.0]);
    check_answers(&linear, |x| {
        let at = |i: usize, j: usize, w: f64| x[i] * (1.0 - w) + x[j] * w;
        vec![
            x[0],
            at(0, 1, 0.25),
            at(0, 1, 0.75),
            at(1, 2, 0.25),
            at(1, 2, 0.75),
            at(2, 3, 0.25),
            at(2, 3, 0.75),
            x[3],
        ]
    });
    let corners = vec![text("mode", "linear"), text("coordinate_transformation_mode", "align_corners")];
    answers(&with(corners), &(0..8).map(|i| 3.0 * f64::from(i) / 7.0).collect::<Vec<_>>());
    let cubic = with(vec![text("mode", "cubic")]);
    answers(
        &cubic,
        &[-0.10546875, 0.19140625, 0.66796875, 1.296875, 1.703125, 2.33203125, 2.80859375, 3.10546875],
    );
    let refused = with(vec![text("mode", "linear"), int("antialias", 1)]);
    assert!(import(&refused.bytes()).unwrap_err().to_string().contains("antialias"));
}

#[test]
fn poolings_that_reach_over_the_end() {
    let pool = |operator: &str, attributes: Vec<_>| {
        image(&[1, 1, 6])
            .node(
                "y",
                operator,
                &["x"],
                [vec![ints("kernel_shape", &[3]), ints("strides", &[2])], attributes].concat(),
            )
            .output("y")
    };
    let ceil = || int("ceil_mode", 1);
    let maxima = pool("MaxPool", vec![ceil()]);
    answers(&maxima, &[2.0, 4.0, 5.0]);
    check_answers(&maxima, |x| {
        [0..3, 2..5, 4..6].map(|r| x[r].iter().copied().fold(f64::MIN, f64::max)).to_vec()
    });
    answers(&pool("AveragePool", vec![ceil()]), &[1.0, 3.0, 4.5]);
    // Padding counts as far as it was asked for: three positions in the first window, two in the last.
    let counted = vec![ceil(), ints("pads", &[1, 1]), int("count_include_pad", 1)];
    answers(&pool("AveragePool", counted), &[1.0 / 3.0, 2.0, 4.0, 2.5]);
    let apart = vec![ints("dilations", &[2])];
    answers(&pool("AveragePool", apart), &[2.0]);
}

#[test]
fn norms_of_windows_and_extremes_of_channels() {
    let onnx = image(&[1, 2, 4]);
    let norm = |p| {
        onnx.clone()
            .node("y", "LpPool", &["x"], vec![ints("kernel_shape", &[2]), ints("strides", &[2]), int("p", p)])
            .output("y")
    };
    check_answers(&norm(1), |x| x.chunks(2).map(|x| x[0].abs() + x[1].abs()).collect());
    check_answers(&norm(2), |x| x.chunks(2).map(|x| x[0].hypot(x[1])).collect());
    let whole = onnx.clone().node("y", "GlobalLpPool", &["x"], vec![]).output("y");
    check_answers(&whole, |x| x.chunks(4).map(|x| x.iter().map(|x| x * x).sum::<f64>().sqrt()).collect());
    let padded =
        onnx.clone().node("y", "LpPool", &["x"], vec![ints("kernel_shape", &[3]), ints("pads", &[1, 1])]);
    check_answers(&padded.output("y"), |x| {
        let of = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
        x.chunks(4).flat_map(|x| [of(&x[..2]), of(&x[..3]), of(&x[1..]), of(&x[2..])]).collect()
    });
    check_engines(&onnx.node("y", "GlobalMaxPool", &["x"], vec![]).output("y"));
}
