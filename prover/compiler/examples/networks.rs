//! Compiles networks of the benchmark suite and prints what they cost: `networks [NAME]... [--bits | --lookup]`.

use std::time::Instant;

use assay_compiler::synthetic::Network;
use assay_compiler::{Strategy, compile};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let ranges = match arguments.iter().find(|argument| argument.starts_with("--")).map(String::as_str) {
        None => None,
        Some("--bits") => Some(Strategy::Bits),
        Some("--lookup") => Some(Strategy::Lookup),
        Some(other) => return Err(format!("unknown option {other}").into()),
    };
    let named = |network: &Network| arguments.iter().any(|argument| argument == network.name());
    let all = !Network::ALL.iter().any(named);
    for network in Network::ALL.into_iter().filter(|network| all || named(network)) {
        let onnx = network.onnx(1);
        let calibration = network.calibration(1);
        let start = Instant::now();
        let mut options = network.options();
        options.ranges = ranges.unwrap_or(options.ranges);
        let (compiled, report) = compile(&onnx, &calibration, &options)?;
        let seconds = start.elapsed().as_secs_f64();
        println!("{}", report.text(120));
        println!("compiled     in {seconds:.1} s, {} bytes of .assay\n", compiled.to_bytes().len());
    }
    Ok(())
}
