//! ONNX files for the tests, written field by field: just enough of the protobuf encoding for small networks, sound
//! ones and every kind of broken one.

/// A node of the graph.
pub struct Node {
    pub name: &'static str,
    pub operator: &'static str,
    pub inputs: Vec<&'static str>,
    pub output: &'static str,
}

/// A dimension of an input: fixed, or free under a name.
#[derive(Clone, Copy)]
pub enum Dim {
    Fixed(u64),
    Free(&'static str),
}

/// A graph with 32-bit float tensors.
pub struct Graph {
    pub name: &'static str,
    pub input: Vec<Dim>,
    pub output: Vec<Dim>,
    pub nodes: Vec<Node>,
    pub weights: Vec<(&'static str, Vec<u64>, Vec<f32>)>,
    pub features: Option<&'static str>,
}

/// A sound network, `widths` wide from input `x` to output `score`, with ReLU between its layers. The weights come
/// from a fixed recurrence, small enough that calibration data in [-1, 1] stays in range.
pub fn network(widths: &[usize]) -> Graph {
    const NAMES: [[&str; 5]; 4] = [
        ["w0", "b0", "h0", "a0", "relu0"],
        ["w1", "b1", "h1", "a1", "relu1"],
        ["w2", "b2", "h2", "a2", "relu2"],
        ["w3", "b3", "h3", "a3", "relu3"],
    ];
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    let (mut nodes, mut weights) = (Vec::new(), Vec::new());
    let mut value = "x";
    let layers = widths.len() - 1;
    for (layer, pair) in widths.windows(2).enumerate() {
        let [w, b, h, a, relu] = NAMES[layer];
        let (rows, columns) = (pair[0], pair[1]);
        let spread = (rows as f32).sqrt().recip();
        weights.push((
            w,
            vec![rows as u64, columns as u64],
            (0..rows * columns).map(|_| next() * spread).collect(),
        ));
        weights.push((b, vec![columns as u64], (0..columns).map(|_| next() * 0.1).collect()));
        let last = layer + 1 == layers;
        let output = if last { "score" } else { h };
        nodes.push(Node { name: NAMES[layer][2], operator: "Gemm", inputs: vec![value, w, b], output });
        if !last {
            nodes.push(Node { name: relu, operator: "Relu", inputs: vec![h], output: a });
            value = a;
        }
    }
    Graph {
        name: "network",
        input: vec![Dim::Fixed(1), Dim::Fixed(widths[0] as u64)],
        output: vec![Dim::Fixed(1), Dim::Fixed(widths[layers] as u64)],
        nodes,
        weights,
        features: None,
    }
}

impl Graph {
    /// The output of a [`network`], in floats.
    pub fn evaluate(&self, input: &[f32]) -> Vec<f32> {
        let mut values = input.to_vec();
        for (layer, pair) in self.weights.chunks(2).enumerate() {
            let [(_, _, weights), (_, _, bias)] = pair else {
                unreachable!("a layer has weights and biases")
            };
            let columns = bias.len();
            let product = |column| -> f32 {
                values.iter().zip(weights.iter().skip(column).step_by(columns)).map(|(x, w)| x * w).sum()
            };
            let sums: Vec<f32> = bias.iter().enumerate().map(|(column, b)| b + product(column)).collect();
            let last = layer + 1 == self.weights.len() / 2;
            values = if last { sums } else { sums.into_iter().map(|sum| sum.max(0.0)).collect() };
        }
        values
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut graph = Vec::new();
        for node in &self.nodes {
            let mut body = Vec::new();
            node.inputs.iter().for_each(|input| bytes(&mut body, 1, input.as_bytes()));
            bytes(&mut body, 2, node.output.as_bytes());
            bytes(&mut body, 3, node.name.as_bytes());
            bytes(&mut body, 4, node.operator.as_bytes());
            bytes(&mut graph, 1, &body);
        }
        bytes(&mut graph, 2, self.name.as_bytes());
        for (name, dims, values) in &self.weights {
            let mut body = Vec::new();
            dims.iter().for_each(|&dim| integer(&mut body, 1, dim));
            integer(&mut body, 2, 1);
            bytes(&mut body, 8, name.as_bytes());
            let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            bytes(&mut body, 9, &raw);
            bytes(&mut graph, 5, &body);
        }
        bytes(&mut graph, 11, &value_info("x", &self.input));
        bytes(&mut graph, 12, &value_info("score", &self.output));

        let mut model = Vec::new();
        integer(&mut model, 1, 8);
        bytes(&mut model, 7, &graph);
        let mut opset = Vec::new();
        integer(&mut opset, 2, 17);
        bytes(&mut model, 8, &opset);
        if let Some(features) = self.features {
            let mut entry = Vec::new();
            bytes(&mut entry, 1, b"feature_names");
            bytes(&mut entry, 2, features.as_bytes());
            bytes(&mut model, 14, &entry);
        }
        model
    }
}

fn value_info(name: &str, dims: &[Dim]) -> Vec<u8> {
    let mut shape = Vec::new();
    for dim in dims {
        let mut body = Vec::new();
        match dim {
            Dim::Fixed(size) => integer(&mut body, 1, *size),
            Dim::Free(name) => bytes(&mut body, 2, name.as_bytes()),
        }
        bytes(&mut shape, 1, &body);
    }
    let mut tensor = Vec::new();
    integer(&mut tensor, 1, 1);
    bytes(&mut tensor, 2, &shape);
    let mut kind = Vec::new();
    bytes(&mut kind, 1, &tensor);
    let mut info = Vec::new();
    bytes(&mut info, 1, name.as_bytes());
    bytes(&mut info, 2, &kind);
    info
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn integer(out: &mut Vec<u8>, field: u64, value: u64) {
    varint(out, field << 3);
    varint(out, value);
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}
