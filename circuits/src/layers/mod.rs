//! Layers of a quantized network. Each file holds the operator's integer meaning (`reference`), the
//! constraints that equal it bit for bit (`constrain`), and their cost.

pub mod add;
pub mod argmax;
pub mod average_pool;
pub mod clip;
pub mod conv;
pub mod dense;
pub mod function;
pub mod layer_norm;
pub mod leaky_relu;
pub mod max_pool;
pub mod relu;
pub mod requantize;
pub mod shape;
pub mod softmax;
pub mod threshold;
pub mod window;
