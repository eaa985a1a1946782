//! What real files take of their readers' budgets: a quarter at most. The hostile ones are in `tests/suite/budgets.rs`.

use crate::budget::Budget;
use crate::import::graph::Resources;
use crate::import::{decode, import_within};
use crate::options::{Options, Strategy};
use crate::synthetic::Network;
use crate::{Table, compile};

/// The models of this repository: ONNX file, calibration data.
fn models() -> Vec<(String, Vec<u8>, Table)> {
    let root = format!("{}/../../models", env!("CARGO_MANIFEST_DIR"));
    let suite = std::fs::read_dir(format!("{root}/suite")).unwrap();
    let folders = suite.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let read = |folder: std::path::PathBuf| {
        let onnx = std::fs::read(folder.join("model.onnx")).unwrap();
        let table = match std::fs::read(folder.join("calibration.csv")) {
            Ok(csv) => Table::from_csv(&csv),
            Err(_) => Table::from_json(&std::fs::read(folder.join("calibration.json")).unwrap()),
        };
        (folder.display().to_string(), onnx, table.unwrap())
    };
    folders.chain([format!("{root}/liquidation-risk").into()]).map(read).collect()
}

fn check(what: &str, budget: &Budget) {
    println!("{what}: {} units taken, {:.1} times as many allowed", budget.spent(), budget.ratio());
    assert!(budget.ratio() >= 4.0, "{what}: only {:.1} times what it takes", budget.ratio());
}

#[test]
fn imports_take_a_quarter_of_their_budget() {
    let of_network = |network: Network| (network.name().to_owned(), network.onnx(1));
    let of_models = models().into_iter().map(|(name, onnx, _)| (name, onnx));
    for (name, onnx) in Network::ALL.into_iter().map(of_network).chain(of_models) {
        let (_, left) = import_within(&decode(&onnx).unwrap(), Resources::new(onnx.len())).unwrap();
        check(&format!("{name} in memory"), &left.memory);
        check(&format!("{name} in steps"), &left.work);
    }
}

/// By bits, which have the most constraints.
#[test]
fn compiled_models_take_a_quarter_of_their_budget() {
    let of_network = |network: Network| {
        (network.name().to_owned(), network.onnx(1), network.calibration(1), network.options())
    };
    let of_models = models().into_iter().map(|(name, onnx, table)| (name, onnx, table, Options::default()));
    let networks = [Network::Mlp, Network::MnistMlp, Network::LeNet].into_iter().map(of_network);
    for (name, onnx, table, options) in networks.chain(of_models) {
        let options = Options { ranges: Strategy::Bits, max_error: 0.5, ..options };
        let (model, _) = compile(&onnx, &table, &options).unwrap();
        check(&format!("{name}, compiled"), &model.budget_left().unwrap());
    }
}
