//! ONNX import, quantization, and lowering to a circuit.
