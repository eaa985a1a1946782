//! Tests of the whole compiler on small ONNX models that are built here, and on the liquidation-risk model.

mod arithmetic;
mod artifacts;
mod budgets;
mod builder;
mod calibration;
mod check;
mod decimals;
mod functions;
mod hostile;
mod images;
mod liquidation_risk;
mod networks;
mod operators;
mod progress;
mod refusals;
mod report;
mod tables;
mod trace;
mod warnings;
mod zz_cases;
