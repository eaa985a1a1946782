//! What the demo carries with it, so that it works from anywhere.

/// Hourly SOL candles; source and terms in `models/data/README.md`.
pub const CANDLES: &[u8] = include_bytes!("../../../../models/data/sol_1h.csv");

/// The liquidation-risk network.
pub const MODEL: &[u8] = include_bytes!("../../../../models/liquidation-risk/model.onnx");

/// Inputs by which the compiler chooses scales and widths.
pub const CALIBRATION: &[u8] = include_bytes!("../../../../models/liquidation-risk/calibration.csv");

/// What training measured, the score threshold among it.
pub const METRICS: &[u8] = include_bytes!("../../../../models/liquidation-risk/metrics.json");
