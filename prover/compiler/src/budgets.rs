//! What real files take of their readers' budgets: a quarter at most. The hostile ones are in `tests/suite/budgets.rs`.

use crate::budget::Budget;
use crate::calibrate::{Cell, zip};
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
        let (_, left) =
            import_within(&decode(&onnx).unwrap(), &Options::default(), &[], Resources::new(onnx.len()))
                .unwrap();
        check(&format!("{name} in memory"), &left.memory);
        check(&format!("{name} in steps"), &left.work);
    }
}

/// Samples as NumPy saves them, in doubles: pictures of 28 x 28 and 32 x 32, and a table of features.
#[test]
fn archives_of_samples_take_a_quarter_of_their_budget() {
    let risk = |(name, _, table): (String, Vec<u8>, Table)| match table {
        Table::Columns { rows, .. } if name.ends_with("liquidation-risk") => {
            let numbers = |row: &Vec<Cell>| row.iter().filter_map(Cell::number).collect();
            Some((name, rows.iter().map(numbers).collect::<Vec<Vec<f64>>>()))
        }
        _ => None,
    };
    let pictures = [Network::MnistMlp, Network::Cnn];
    let pictures = pictures.map(|network| (network.name().to_owned(), network.samples(1, 1000)));
    for (name, rows) in pictures.into_iter().chain(models().into_iter().find_map(risk)) {
        let plain: Vec<u8> = rows.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
        let packed = miniz_oxide::deflate::compress_to_vec(&plain, 6);
        let mut budget = Budget::new(packed.len(), zip::BASE, zip::PER_BYTE);
        budget.spend("bytes", plain.len()).unwrap();
        let times = plain.len() as f64 / packed.len() as f64;
        check(&format!("{name}, packed {times:.0} times"), &budget);
        // A file of any size: what counts then is the factor alone.
        assert!(times * 4.0 <= zip::PER_BYTE as f64, "{name} packs {times:.0} times");
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
        check(&format!("{name}, compiled"), &model.check_readable().unwrap());
    }
}
