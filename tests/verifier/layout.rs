//! Accounts as version 1 wrote them: later code must read these bytes. The fixtures are never rewritten.

use assay_client::account::decode;
use assay_client::verifier::{ID, Model, Receipt, Status};
use assay_interface::groth16::{SetupKind, VerifyingKey, check_key};
use assay_interface::schema::ModelSchema;

#[test]
fn a_model_of_version_1_is_read() {
    let model: Model = decode(&ID, include_bytes!("fixtures/model-v1.bin")).unwrap();
    assert_eq!(model.version, 1);
    assert_eq!(model.status().unwrap(), Status::Active);
    assert_eq!(model.setup().unwrap(), SetupKind::Development);
    assert_eq!((model.accepted, model.limb_count, model.timelock), (1, 2, 0));
    let schema = ModelSchema::decode(model.schema()).unwrap();
    assert_eq!(schema.name(), "echo");
    assert_eq!(model.domain, schema.domain().to_be_bytes());
    let key = VerifyingKey::from_bytes(model.key);
    assert_eq!(check_key(&key), Ok(()));
    assert_eq!(model.key_hash, key.key_hash());
    model.invariant().unwrap();
}

#[test]
fn a_receipt_of_version_1_is_read() {
    let model: Model = decode(&ID, include_bytes!("fixtures/model-v1.bin")).unwrap();
    let receipt: Receipt = decode(&ID, include_bytes!("fixtures/receipt-v1.bin")).unwrap();
    assert_eq!((receipt.version, receipt.index, receipt.setup), (1, 0, 0));
    assert_eq!(receipt.context, [0xc7; 32]);
    assert_eq!(receipt.recorded_at, model.last_accepted_at);
}
