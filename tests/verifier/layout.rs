use crate::support::{Echo, World};

#[test]
fn write_fixtures() {
    for (echo, name) in Echo::of_each_form().into_iter().zip(["plain", "committed"]) {
        let mut world = World::active_with(echo);
        let proven = echo.prove(3, [0xc7; 32]);
        world.record(&proven).expect_ok();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/verifier/fixtures");
        std::fs::write(
            format!("{folder}/model-{name}-v2.bin"),
            &world.net.account(&world.model).unwrap().data,
        )
        .unwrap();
        let receipt = assay_client::verifier::receipt_address(&world.model, &proven.digest);
        if name == "plain" {
            std::fs::write(format!("{folder}/receipt-v1.bin"), &world.net.account(&receipt).unwrap().data)
                .unwrap();
        }
    }
}
