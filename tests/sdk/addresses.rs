//! Derived addresses, ids and contexts of every program.

use assay_interface::pda;
use assay_interface::verifier::{attestor_set_id, model_id, series_id};
use assay_tests::vectors::{check, hex};
use serde_json::json;
use solana_address::Address;

use assay_circuits::Ranges;
use assay_credit_interface::{context as credit_context, seeds as credit};
use assay_feed_interface::{context as feed_context, pyth, seeds as feed};
use assay_interface::groth16::SetupKind;
use assay_lending_interface::{context as lending_context, seeds as lending};
use assay_market_interface::{context as market_context, seeds as market};
use assay_tests::pass_through::{PassThrough, tensor};

fn address(tag: u8) -> Address {
    Address::new_from_array(std::array::from_fn(|index| tag.wrapping_add(31u8.wrapping_mul(index as u8))))
}

fn found(program: &Address, seeds: &[&[u8]]) -> serde_json::Value {
    let (address, bump) = Address::find_program_address(seeds, program);
    json!([address.to_string(), bump])
}

#[test]
fn addresses_and_contexts() {
    let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(address);
    let [a_, b_, c_] = [a, b, c].map(|address| address.to_bytes());
    let hash: [u8; 32] = std::array::from_fn(|index| 0x20 + index as u8);
    let (nonce, minute, revision) = (0x0102_0304_0506_0708u64, 29_453_760u32, 3u32);
    let verifier = |seeds: &[&[u8]]| found(&assay_verifier::ID, seeds);
    let feeds = |seeds: &[&[u8]]| found(&assay_feed_host::ID, seeds);
    let lend = |seeds: &[&[u8]]| found(&assay_lending::ID, seeds);
    let markets = |seeds: &[&[u8]]| found(&assay_market::ID, seeds);
    let credits = |seeds: &[&[u8]]| found(&assay_credit::ID, seeds);
    let push = Address::new_from_array(pyth::PUSH_ORACLE_PROGRAM);
    let shard = 513u16.to_le_bytes();
    let addresses = json!({
        "verifier": {
            "model": verifier(&[pda::verifier::MODEL, &a_, &hash]),
            "receipt": verifier(&[pda::verifier::RECEIPT, &a_, &hash]),
            "attestorSet": verifier(&[pda::verifier::ATTESTORS, &hash]),
            "attestation": verifier(&[pda::verifier::ATTESTATION, &a_, &b_]),
            "buffer": verifier(&[pda::verifier::BUFFER, &a_, &nonce.to_le_bytes()]),
            "series": verifier(&[pda::verifier::SERIES, &a_, &hash]),
        },
        "feed": {
            "source": feeds(&[feed::SOURCE, &[0], &a_]),
            "feed": feeds(&[feed::FEED, &a_, &nonce.to_le_bytes()]),
            "round": feeds(&[feed::ROUND, &a_, &minute.to_le_bytes()]),
            "pythPrice": found(&push, &pyth::push_seeds(&shard, &hash)),
        },
        "lending": {
            "market": lend(&[lending::MARKET, &a_, &b_, &c_]),
            "collateralVault": lend(&[lending::COLLATERAL_VAULT, &a_]),
            "liquidityVault": lend(&[lending::LIQUIDITY_VAULT, &a_]),
            "position": lend(&[lending::POSITION, &a_, &b_]),
            "deposit": lend(&[lending::DEPOSIT, &a_, &b_]),
            "snapshot": lend(&[lending::SNAPSHOT, &a_, &minute.to_le_bytes(), &revision.to_le_bytes()]),
        },
        "market": {
            "question": markets(&[market::QUESTION, &a_, &nonce.to_le_bytes()]),
            "vault": markets(&[market::VAULT, &a_]),
            "outcomeMint": markets(&[market::OUTCOME, &a_, &[2]]),
            "observation": markets(&[market::OBSERVATION, &a_]),
        },
        "credit": {
            "issuer": credits(&[credit::ISSUER, &a_]),
            "tree": credits(&[credit::TREE, &a_, &revision.to_le_bytes()]),
            "pool": credits(&[credit::POOL, &a_, &nonce.to_le_bytes()]),
            "vault": credits(&[credit::VAULT, &a_]),
            "deposit": credits(&[credit::DEPOSIT, &a_, &b_]),
            "line": credits(&[credit::LINE, &a_, &hash]),
        },
    });

    let part = |address: &Address| address.to_bytes();
    let prices = |first: u64| std::array::from_fn(|hour| first + hour as u64);
    let contexts = json!({
        "liquidation": hex(lending_context::context(&lending_context::SnapshotId {
            program: part(&assay_lending::ID), market: part(&a), position: part(&b), snapshot: part(&c),
            epoch: minute, revision, taken_at: -7, prover: part(&d),
        })),
        "round": hex(feed_context::context(&feed_context::RoundId {
            program: part(&assay_feed_host::ID), feed: part(&a), round: part(&b), minute, prover: part(&c),
        })),
        "observation": hex(market_context::observation_hash(&part(&a), &[prices(1), prices(1 << 40)], 5)),
        "resolution": hex(market_context::context(&market_context::Resolution {
            program: part(&assay_market::ID), question: part(&a), observation: hash, place: 2, prover: part(&b),
        })),
        "line": hex(credit_context::context(&credit_context::Taking {
            program: part(&assay_credit::ID), pool: part(&a), line: part(&b), borrower: part(&c), issuer: part(&d), epoch: revision,
        })),
    });

    let model = PassThrough::build("ids", tensor("in", 2, 8, 3), tensor("out", 1, 8, 3), Ranges::Bits, 4);
    let schema = model.schema.encode();
    let ids = json!({
        "key": hex(model.key.as_bytes()),
        "schema": hex(&schema),
        "model": hex(model_id(SetupKind::Ceremony, &hash, &model.key, &schema)),
        "attestorSet": hex(attestor_set_id(2, &[part(&a), part(&b), part(&e)])),
        "series": hex(series_id(86_400, &hash, &part(&a), "préferred".as_bytes())),
    });
    let listed = [a, b, c, d, e].map(|address| address.to_string());
    check(
        "addresses",
        &json!({
            "listed": listed, "hash": hex(hash), "nonce": nonce.to_string(), "minute": minute, "revision": revision, "shard": 513,
            "addresses": addresses, "contexts": contexts, "ids": ids,
        }),
    );
}
