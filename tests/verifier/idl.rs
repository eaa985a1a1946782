//! The IDL against what the program does: its accounts, their addresses, the types that it names.

use std::collections::{BTreeMap, BTreeSet};

use assay_verifier_host::{self as verifier, NewSeries, attestation_address, buffer};
use serde_json::Value;
use solana_address::Address;
use solana_signer::Signer;

use crate::attest::Committee;
use crate::series::new_series;
use crate::support::{Echo, World};

fn idl() -> Value {
    serde_json::from_str(verifier::IDENTITY.idl).unwrap()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

/// Bytes of a type, as the IDL describes it: accounts are laid out without padding.
fn size(kind: &Value) -> usize {
    match kind.as_str() {
        Some("u8") => 1,
        Some("u16") => 2,
        Some("u64" | "i64") => 8,
        Some("pubkey") => 32,
        Some(other) => panic!("no account holds a {other}"),
        None => size(&kind["array"][0]) * usize::try_from(kind["array"][1].as_u64().unwrap()).unwrap(),
    }
}

/// Where each field of an account lies, the discriminator counted; last the account's length.
fn layout(idl: &Value, account: &str) -> (BTreeMap<String, std::ops::Range<usize>>, usize) {
    let kind = list(idl, "types").iter().find(|kind| kind["name"] == account).unwrap();
    let mut fields = BTreeMap::new();
    let mut end = 8;
    for field in list(&kind["type"], "fields") {
        let start = end;
        end += size(&field["type"]);
        fields.insert(text(field, "name").to_owned(), start..end);
    }
    (fields, end)
}

/// One account of each kind, as the program made it.
fn accounts() -> (World, BTreeMap<&'static str, Address>) {
    let mut world = World::active();
    let committee = Committee::two_of_three(&mut world);
    let model = world.model;
    committee.attest(&mut world, 0, model).expect_ok();
    let proven = Echo::shared().prove(3, [1; 32]);
    world.record(&proven).expect_ok();
    let series = NewSeries { attestor_set: committee.set, ..new_series(&world) };
    world.authority_sends(series.create()).expect_ok();
    // The address holds who registered, not who has the authority now.
    let (authority, successor) = (world.authority.pubkey(), world.stranger.pubkey());
    world.authority_sends(verifier::propose_authority(authority, world.model, successor)).expect_ok();
    world.stranger_sends(verifier::accept_authority(successor, world.model)).expect_ok();
    let payer = world.stranger.pubkey();
    world.stranger_sends(buffer::write_buffer(payer, 7, 0, &[])).expect_ok();
    let accounts = BTreeMap::from([
        ("Buffer", buffer::buffer_address(&payer, 7)),
        ("Model", world.model),
        ("Receipt", verifier::receipt_address(&world.model, &proven.digest)),
        ("AttestorSet", committee.set),
        ("Attestation", attestation_address(&committee.set, &world.model)),
        ("Series", series.address()),
    ]);
    (world, accounts)
}

#[test]
fn every_account_lies_where_the_idl_says() {
    let idl = idl();
    let (world, accounts) = accounts();
    let listed: BTreeSet<&str> = list(&idl, "accounts").iter().map(|account| text(account, "name")).collect();
    assert_eq!(listed, accounts.keys().copied().collect());
    for account in list(&idl, "accounts") {
        let name = text(account, "name");
        let address = accounts[name];
        let data = world.net.account(&address).unwrap().data;
        let (fields, length) = layout(&idl, name);
        assert_eq!(data.len(), length, "{name}");
        let discriminator: Vec<u8> = serde_json::from_value(account["discriminator"].clone()).unwrap();
        assert_eq!(data[..8], discriminator, "{name}");

        let seeds: Vec<Vec<u8>> = list(&account["pda"], "seeds")
            .iter()
            .map(|seed| match text(seed, "kind") {
                "const" => serde_json::from_value(seed["value"].clone()).unwrap(),
                "account" => {
                    assert_eq!(seed["account"], name);
                    let (_, field) = text(seed, "path").split_once('.').unwrap();
                    data[fields[field].clone()].to_vec()
                }
                other => panic!("{name}: a seed of kind {other}"),
            })
            .collect();
        let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
        let (derived, bump) = Address::find_program_address(&seeds, &verifier::ID);
        assert_eq!(derived, address, "{name}");
        assert_eq!(data[fields["bump"].clone()], [bump], "{name}");
    }
}

/// Wherever an instruction takes such an account, the IDL says where it lies.
#[test]
fn every_instruction_says_where_its_accounts_lie() {
    let idl = idl();
    let by_name: BTreeMap<&str, &str> =
        assay_verifier::pdas::PDAS.iter().map(|pda| (pda.name, pda.account)).collect();
    let mut found = BTreeSet::new();
    for instruction in list(&idl, "instructions") {
        for account in list(instruction, "accounts") {
            let Some(kind) = by_name.get(text(account, "name")) else {
                assert!(account["pda"].is_null(), "{instruction}: {account}");
                continue;
            };
            found.insert(*kind);
            let listed = list(&idl, "accounts").iter().find(|listed| listed["name"] == *kind).unwrap();
            assert_eq!(account["pda"], listed["pda"], "{}", instruction["name"]);
        }
    }
    assert_eq!(found.len(), by_name.len());
}

#[test]
fn every_type_that_is_named_is_described() {
    fn named(value: &Value, found: &mut BTreeSet<String>) {
        if let Some(name) = value["defined"]["name"].as_str() {
            found.insert(name.to_owned());
        }
        match value {
            Value::Array(values) => values.iter().for_each(|value| named(value, found)),
            Value::Object(values) => values.values().for_each(|value| named(value, found)),
            _ => {}
        }
    }
    let idl = idl();
    let mut wanted = BTreeSet::new();
    named(&idl, &mut wanted);
    for key in ["accounts", "events"] {
        wanted.extend(list(&idl, key).iter().map(|listed| text(listed, "name").to_owned()));
    }
    let described: BTreeSet<String> =
        list(&idl, "types").iter().map(|kind| text(kind, "name").to_owned()).collect();
    assert_eq!(wanted, described);
}
