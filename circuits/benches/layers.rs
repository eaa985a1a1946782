//! References, construction and witness of the layers that dominate a convolutional network.

use assay_circuits::layers::conv::{self, Convolution};
use assay_circuits::layers::function::{Activation, FunctionTable, Quantization};
use assay_circuits::layers::max_pool;
use assay_circuits::layers::requantize::{self, Requantize};
use assay_circuits::layers::softmax::{self, Softmax};
use assay_circuits::layers::window::{Axis, Window};
use assay_circuits::{Assignment, BuildError, Builder, Circuit, Ranges};
use criterion::{Criterion, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The first layer of a network over 32x32x3: 12 filters of 5x5.
fn convolution() -> Convolution {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let axis = Axis::new(32, 5);
    let window = Window { channels: 3, height: axis, width: axis };
    let w = (0..12 * 75).map(|_| rng.gen_range(-127..=127)).collect();
    Convolution { window, filters: 12, groups: 1, w, bias: vec![100; 12] }
}

/// It, max pooling by 2x2, and requantization with ReLU to 8 bits.
fn layer(ranges: Ranges) -> Result<Circuit, BuildError> {
    let conv = convolution();
    let mut b = Builder::with_ranges(ranges);
    let x = b.input("x", conv.window.inputs(), 8)?;
    let acc = conv::constrain(&mut b, &x, &conv)?;
    let axis = Axis::new(28, 2).stride(2);
    let pooled = max_pool::constrain(&mut b, &acc, &Window { channels: 12, height: axis, width: axis })?;
    let y = requantize::requantize_relu(&mut b, &pooled, Requantize::unsigned(10, 8))?;
    b.finish_gadget(&[&y])
}

fn bench(c: &mut Criterion) {
    let conv = convolution();
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let x: Vec<i64> = (0..conv.window.inputs()).map(|_| rng.gen_range(-128..128)).collect();
    let mut group = c.benchmark_group("convolution 32x32x3 to 12, 5x5");
    group.sample_size(10);
    group.bench_function("reference", |b| b.iter(|| conv::reference(&x, &conv)));
    for (name, ranges) in [("bits", Ranges::Bits), ("lookups", Ranges::Lookup)] {
        let circuit = layer(ranges).unwrap_or_else(|e| panic!("{e}"));
        eprintln!("with pooling and requantization, {name}: {:?}", circuit.stats());
        group.bench_function(format!("build, {name}"), |b| b.iter(|| layer(ranges)));
        let assignment = Assignment { inputs: vec![x.clone()], ..Assignment::default() };
        group.bench_function(format!("solve, {name}"), |b| b.iter(|| circuit.solve(&assignment)));
    }
    group.finish();

    let mut group = c.benchmark_group("tables of 4096 entries");
    group.sample_size(10);
    for function in [Activation::Sigmoid, Activation::Gelu, Activation::Sqrt] {
        let q = Quantization {
            lo: 0,
            hi: 4095,
            input_scale: 9,
            output_scale: 10,
            output_lo: 0,
            output_hi: 1 << 20,
        };
        group.bench_function(function.name(), |b| b.iter(|| FunctionTable::of(function, q)));
    }
    group.finish();

    let softmax = Softmax::new(10, 5, 8).unwrap_or_else(|e| panic!("{e}"));
    c.bench_function("softmax of 10, reference", |b| b.iter(|| softmax::reference(&x[..10], &softmax)));
}

criterion_group!(benches, bench);
criterion_main!(benches);
