//! Accounts as earlier programs wrote them: later code must read these bytes. The fixtures are never rewritten.
//!
//! Models of version 1 had no room for a committed key, and none was ever deployed.

use assay_host::account::decode;
use assay_interface::groth16::{Form, SetupKind, check_key};
use assay_interface::schema::ModelSchema;
use assay_interface::verifier::{audit_extend, audit_start, model_id};
use assay_verifier_host::{ID, Model, Receipt, Status};

const PLAIN: &[u8] = include_bytes!("fixtures/model-plain-v2.bin");
const COMMITTED: &[u8] = include_bytes!("fixtures/model-committed-v2.bin");
const RECEIPT: &[u8] = include_bytes!("fixtures/receipt-v1.bin");

#[test]
fn models_of_version_2_are_read() {
    for (bytes, name, form) in [(PLAIN, "echo", Form::Plain), (COMMITTED, "committed", Form::Committed)] {
        let model: Model = decode(&ID, bytes).unwrap();
        assert_eq!(model.version, 2);
        assert_eq!(model.status().unwrap(), Status::Active);
        assert_eq!(model.setup().unwrap(), SetupKind::Development);
        assert_eq!((model.accepted, model.limb_count, model.timelock), (1, 2, 0));
        let schema = ModelSchema::decode(model.schema()).unwrap();
        assert_eq!(schema.name(), name);
        assert_eq!(model.domain, schema.domain().to_be_bytes());
        let key = model.key().unwrap();
        assert_eq!((key.form(), check_key(key)), (form, Ok(())));
        assert_eq!(model.key_hash, key.key_hash());
        assert_eq!(model.id, model_id(key, model.schema()));
        model.invariant().unwrap();
    }
}

#[test]
fn a_receipt_of_version_1_is_read() {
    let model: Model = decode(&ID, PLAIN).unwrap();
    let receipt: Receipt = decode(&ID, RECEIPT).unwrap();
    assert_eq!((receipt.version, receipt.index, receipt.setup), (1, 0, 0));
    assert_eq!(receipt.context, [0xc7; 32]);
    assert_eq!(receipt.recorded_at, model.last_accepted_at);
    let chain = audit_extend(&audit_start(&model.id), &receipt.digest, receipt.recorded_at);
    assert_eq!(model.audit_chain, chain);
}

#[test]
fn a_model_with_bytes_behind_a_plain_key_breaks_the_invariant() {
    let mut model: Model = decode(&ID, PLAIN).unwrap();
    model.key[576] = 1;
    assert!(model.invariant().is_err());
    let mut model: Model = decode(&ID, COMMITTED).unwrap();
    model.key_form = 2;
    assert!(model.key().is_err() && model.invariant().is_err());
}
