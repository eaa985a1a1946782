//! Tests of the whole compiler on small ONNX models that are built here, and on the liquidation-risk model.

mod arithmetic;
mod artifacts;
mod budgets;
mod builder;
mod calibration;
mod check;
mod classical;
mod decimals;
mod files;
mod functions;
mod hostile;
mod images;
mod liquidation_risk;
mod missing;
mod movements;
mod networks;
mod operators;
mod progress;
mod reductions;
mod refusals;
mod report;
mod sampling;
mod tables;
mod trace;
mod trees;
mod warnings;
