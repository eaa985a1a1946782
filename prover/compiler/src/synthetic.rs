//! Networks for benchmarks, made on the spot: the architectures that others publish figures for, as ONNX files with
//! calibration data.
//!
//! Weights are drawn at random, scaled so that activations keep their size from layer to layer (He et al., 2015), and
//! not trained: what a proof costs depends on shapes and widths, not on what a network has learned. Images are strokes
//! and patches with noise, of the size and the range of MNIST's and CIFAR's. Everything follows from a seed by integer
//! arithmetic and exact operations, so a network is the same file on every machine.

use prost::Message;

use crate::calibrate::Table;
use crate::onnx::{
    AttributeProto, AttributeType, DataType, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    TensorProto, ValueInfoProto,
};
use crate::options::{Options, Strategy};
use crate::random::SplitMix64;

/// A network of the benchmark suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// 16-32-16-1, ReLU: the size of a risk score.
    Mlp,
    /// 784-56-10, ReLU, over 28 x 28 pixels.
    MnistMlp,
    /// LeNet-5 over 28 x 28 pixels: 5 x 5 convolutions of 6 (padded by 2) and 16 filters with ReLU, each with a 2 x 2
    /// average pooling behind it, then 120, 84 and 10.
    LeNet,
    /// 32 x 32 pixels of three colours: 5 x 5 convolutions of 12 and 33 filters with ReLU, each with a 2 x 2 max pooling
    /// behind it, then 251, 175 and 10: 264,031 parameters.
    Cnn,
    /// 4, then five layers of 1,024 with ReLU, then 3: 4.2 million parameters.
    Dense4M,
    /// 4, then five layers of 2,120 with ReLU, then 3: 18.0 million parameters.
    Dense18M,
}

/// Name of the input of every network.
const INPUT: &str = "x";

/// Rows of calibration data.
const ROWS: usize = 64;

impl Network {
    /// Every network, from the smallest to the largest.
    pub const ALL: [Network; 6] =
        [Network::Mlp, Network::MnistMlp, Network::LeNet, Network::Cnn, Network::Dense4M, Network::Dense18M];

    /// Its name: of the graph, of the schema, and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Network::Mlp => "mlp-16-32-16-1",
            Network::MnistMlp => "mnist-mlp-784-56-10",
            Network::LeNet => "lenet",
            Network::Cnn => "cnn-264k",
            Network::Dense4M => "dense-4m",
            Network::Dense18M => "dense-18m",
        }
    }

    /// The network of a name.
    pub fn by_name(name: &str) -> Option<Network> {
        Network::ALL.into_iter().find(|network| network.name() == name)
    }

    /// The ONNX file.
    pub fn onnx(self, seed: u64) -> Vec<u8> {
        let mut onnx = Onnx::new(self.name(), &self.input_shape(), seed);
        match self {
            Network::Mlp => onnx.dense(&[16, 32, 16, 1]),
            Network::MnistMlp => onnx.dense(&[784, 56, 10]),
            Network::LeNet => {
                onnx.convolution(1, 6, 2);
                onnx.pool("AveragePool");
                onnx.convolution(6, 16, 0);
                onnx.pool("AveragePool");
                onnx.flatten();
                onnx.dense(&[400, 120, 84, 10]);
            }
            Network::Cnn => {
                onnx.convolution(3, 12, 0);
                onnx.pool("MaxPool");
                onnx.convolution(12, 33, 0);
                onnx.pool("MaxPool");
                onnx.flatten();
                onnx.dense(&[825, 251, 175, 10]);
            }
            Network::Dense4M => onnx.dense(&[4, 1024, 1024, 1024, 1024, 1024, 3]),
            Network::Dense18M => onnx.dense(&[4, 2120, 2120, 2120, 2120, 2120, 3]),
        }
        onnx.finish()
    }

    /// Inputs like those that it is for, one row a sample.
    pub fn samples(self, seed: u64, rows: usize) -> Vec<Vec<f64>> {
        let mut random = SplitMix64(seed ^ 0x5eed_0f5a_3c1e_5000);
        let shape = self.input_shape();
        let sample = |_| match shape.as_slice() {
            &[_, channels, height, width] => image(&mut random, channels, height, width),
            _ => {
                let len: i64 = shape.iter().product();
                (0..len).map(|_| (random.single_part() * 2.0 - 1.0) * 2.0).map(on_grid).collect()
            }
        };
        (0..rows).map(sample).collect()
    }

    /// Calibration data.
    pub fn calibration(self, seed: u64) -> Table {
        Table::Rows(self.samples(seed, ROWS))
    }

    /// Options that it is compiled with: outputs are of the size of 1, and off by a twentieth at most. All but the
    /// smallest prove their ranges by lookup. An image is committed to: its pixels would fill a transaction.
    pub fn options(self) -> Options {
        let ranges = match self {
            Network::Mlp => Strategy::Auto,
            _ => Strategy::Lookup,
        };
        let commit = match self {
            Network::MnistMlp | Network::LeNet | Network::Cnn => vec![INPUT.into()],
            Network::Mlp | Network::Dense4M | Network::Dense18M => Vec::new(),
        };
        Options { max_error: 0.05, name: Some(self.name().into()), ranges, commit, ..Options::default() }
    }

    fn input_shape(self) -> Vec<i64> {
        match self {
            Network::Mlp => vec![1, 16],
            Network::MnistMlp => vec![1, 784],
            Network::LeNet => vec![1, 1, 28, 28],
            Network::Cnn => vec![1, 3, 32, 32],
            Network::Dense4M | Network::Dense18M => vec![1, 4],
        }
    }
}

/// The nearest multiple of 2^-7.
fn on_grid(value: f64) -> f64 {
    (value * 128.0).round() / 128.0
}

/// Bright strokes on a dark ground, in each channel the same ones at another brightness; values of `[0, 1)`.
fn image(random: &mut SplitMix64, channels: i64, height: i64, width: i64) -> Vec<f64> {
    let point = |random: &mut SplitMix64| {
        (random.single_part() * (height - 8) as f64 + 4.0, random.single_part() * (width - 8) as f64 + 4.0)
    };
    let corners: Vec<(f64, f64)> = (0..4).map(|_| point(random)).collect();
    let brightness: Vec<f64> = (0..channels).map(|_| 0.4 + 0.6 * random.single_part()).collect();
    let mut pixels = Vec::with_capacity((channels * height * width) as usize);
    for channel in &brightness {
        for y in 0..height {
            for x in 0..width {
                let strokes = corners.windows(2).filter_map(|pair| match pair {
                    [a, b] => Some(distance((y as f64, x as f64), *a, *b)),
                    _ => None,
                });
                let nearest = strokes.fold(f64::INFINITY, f64::min);
                let ink = (2.2 - nearest).clamp(0.0, 1.0) * channel;
                pixels.push(on_grid((ink + 0.06 * random.single_part()).min(0.99)));
            }
        }
    }
    pixels
}

/// Distance of a point from a line segment.
fn distance((y, x): (f64, f64), (ay, ax): (f64, f64), (by, bx): (f64, f64)) -> f64 {
    let (dy, dx) = (by - ay, bx - ax);
    let length = (dy * dy + dx * dx).max(1e-9);
    let t = (((y - ay) * dy + (x - ax) * dx) / length).clamp(0.0, 1.0);
    let (ey, ex) = (ay + t * dy - y, ax + t * dx - x);
    (ey * ey + ex * ex).sqrt()
}

/// A file under construction: a chain of nodes.
struct Onnx {
    graph: GraphProto,
    random: SplitMix64,
    /// The tensor at the end of the chain.
    value: String,
}

impl Onnx {
    fn new(name: &str, shape: &[i64], seed: u64) -> Self {
        let graph = GraphProto {
            name: name.into(),
            input: vec![ValueInfoProto::floats(INPUT, shape)],
            ..Default::default()
        };
        Onnx { graph, random: SplitMix64(seed), value: INPUT.into() }
    }

    /// Gemm for each pair of sizes, ReLU between them.
    fn dense(&mut self, sizes: &[i64]) {
        for (i, pair) in sizes.windows(2).enumerate() {
            let &[from, to] = pair else { continue };
            let w = self.weights(&[to, from], from);
            let b = self.weights(&[to], 100 * from);
            self.node("Gemm", vec![w, b], vec![int("transB", 1)]);
            if i + 2 < sizes.len() {
                self.node("Relu", vec![], vec![]);
            }
        }
    }

    /// Conv of 5 x 5 and ReLU.
    fn convolution(&mut self, channels: i64, filters: i64, pad: i64) {
        let fan_in = 25 * channels;
        let w = self.weights(&[filters, channels, 5, 5], fan_in);
        let b = self.weights(&[filters], 100 * fan_in);
        self.node("Conv", vec![w, b], vec![ints("kernel_shape", &[5, 5]), ints("pads", &[pad; 4])]);
        self.node("Relu", vec![], vec![]);
    }

    fn pool(&mut self, operator: &str) {
        self.node(operator, vec![], vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])]);
    }

    fn flatten(&mut self) {
        self.node("Flatten", vec![], vec![]);
    }

    /// An initializer of numbers drawn evenly from `±sqrt(6 / fan_in)`; its name.
    fn weights(&mut self, dims: &[i64], fan_in: i64) -> String {
        let name = format!("w{}", self.graph.initializer.len());
        let bound = (6.0 / fan_in as f64).sqrt();
        let count: i64 = dims.iter().product();
        let mut raw_data = Vec::with_capacity(4 * count as usize);
        for _ in 0..count {
            let weight = (self.random.single_part() * 2.0 - 1.0) * bound;
            raw_data.extend_from_slice(&(weight as f32).to_le_bytes());
        }
        self.graph.initializer.push(TensorProto {
            name: name.clone(),
            dims: dims.to_vec(),
            data_type: DataType::Float as i32,
            raw_data,
            ..Default::default()
        });
        name
    }

    /// A node that reads the end of the chain, and parameters.
    fn node(&mut self, operator: &str, parameters: Vec<String>, attribute: Vec<AttributeProto>) {
        let name = format!("{}{}", operator.to_lowercase(), self.graph.node.len());
        let input = std::iter::once(std::mem::replace(&mut self.value, name.clone())).chain(parameters);
        self.graph.node.push(NodeProto {
            name: name.clone(),
            op_type: operator.into(),
            input: input.collect(),
            output: vec![name],
            attribute,
            ..Default::default()
        });
    }

    fn finish(mut self) -> Vec<u8> {
        self.graph.output.push(ValueInfoProto { name: self.value, ..Default::default() });
        let model = ModelProto {
            ir_version: 8,
            producer_name: "assay".into(),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 17 }],
            graph: Some(self.graph),
            ..Default::default()
        };
        model.encode_to_vec()
    }
}

fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: AttributeType::Int as i32, i, ..Default::default() }
}

fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    let ints = ints.to_vec();
    AttributeProto { name: name.into(), r#type: AttributeType::Ints as i32, ints, ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::import;

    #[test]
    fn networks_have_the_published_sizes() {
        let parameters = |network: Network| {
            let model = import(&network.onnx(1)).unwrap();
            assert_eq!(model.name, network.name());
            let samples = network.samples(1, 2);
            assert!(samples.iter().all(|sample| sample.len() == model.input_len()));
            let output = model.evaluate(&samples[0]);
            let largest = output.iter().flatten().fold(0.0f64, |largest, value| largest.max(value.abs()));
            assert!((0.01..20.0).contains(&largest), "{output:?}");
            let layers = model
                .layers
                .iter()
                .filter(|layer| !matches!(layer.function, crate::model::LayerFunction::Sum));
            layers.map(|layer| layer.map.parameters() + layer.map.channels()).sum::<usize>()
        };
        assert_eq!(parameters(Network::Mlp), 1_089);
        assert_eq!(parameters(Network::MnistMlp), 44_530);
        assert_eq!(parameters(Network::LeNet), 61_706);
        assert_eq!(parameters(Network::Cnn), 264_031);
        assert_eq!(parameters(Network::Dense4M), 4_206_595);
    }

    #[test]
    fn a_seed_decides_everything() {
        let network = Network::MnistMlp;
        assert_eq!(network.onnx(5), network.onnx(5));
        assert_ne!(network.onnx(5), network.onnx(6));
        assert_eq!(network.samples(5, 3), network.samples(5, 3));
        assert_eq!(Network::by_name("lenet"), Some(Network::LeNet));
    }
}
