//! Builds the programs.
fn main() {}
