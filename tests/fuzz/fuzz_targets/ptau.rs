#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| assay_tests::readers::ptau(data));
