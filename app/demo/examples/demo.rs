fn main() {
    let mut args = std::env::args().skip(1);
    let hours = args.next().and_then(|h| h.parse().ok()).unwrap_or(60);
    let options = assay_demo::Options { hours, ..Default::default() };
    match assay_demo::run(&options, &mut std::io::stdout()) {
        Ok(outcome) => {
            if !outcome.as_expected {
                std::process::exit(1)
            }
        }
        Err(error) => {
            eprintln!("\nerror: {error}\nhint: {:?}", error.hint());
            std::process::exit(2)
        }
    }
}
