#[test]
fn node_cases() {
    let mut fine = 0;
    for entry in std::fs::read_dir("/tmp/fncases").unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let onnx = std::fs::read(path.join("model.onnx")).unwrap();
        let numbers = |file: &str| -> Vec<f64> {
            std::fs::read_to_string(path.join(file))
                .unwrap()
                .lines()
                .map(|l| l.parse().unwrap_or(f64::NAN))
                .collect()
        };
        let model = match assay_compiler::import::import(&onnx) {
            Ok(model) => model,
            Err(error) => {
                println!("REFUSED {name}: {}", error.to_string().replace('\n', " | "));
                continue;
            }
        };
        let found: Vec<f64> = model.evaluate(&numbers("in.csv")).concat();
        let expected = numbers("out.csv");
        let off =
            found.iter().zip(&expected).map(|(a, b)| (a - b).abs() / (1.0 + b.abs())).fold(0.0, f64::max);
        if found.len() != expected.len() || !(off < 1e-5) {
            println!(
                "WRONG {name}: {off} {:?} {:?}",
                &found[..found.len().min(8)],
                &expected[..expected.len().min(8)]
            );
        } else {
            fine += 1;
        }
    }
    println!("FINE {fine}");
}
