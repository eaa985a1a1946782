//! Transactions as they come over the wire, and what is said of them.

use anchor_spl::token::spl_token;
use assay_host::account::{token_amount, token_mint};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use solana_account::{Account, ReadableAccount as _};
use solana_address::Address;
use solana_message::inner_instruction::{InnerInstruction, InnerInstructionsList};
use solana_transaction::versioned::VersionedTransaction;

use crate::{Localnet, MAX_TRANSACTION_SIZE_V1, Outcome, outcome, wire_size};

/// Bytes of a token account, and where its owner stands.
const TOKEN_ACCOUNT_LEN: usize = 165;
const OWNER: std::ops::Range<usize> = 32..64;

/// A transaction in base64; `None` where it is none.
pub(super) fn read(wire: &Value) -> Option<VersionedTransaction> {
    let wire = BASE64.decode(wire.as_str()?).ok().filter(|wire| wire.len() <= MAX_TRANSACTION_SIZE_V1)?;
    wincode::deserialize(&wire).ok()
}

/// What a transaction would do, whether it is signed or not, as `simulateTransaction` shows it.
pub(super) fn simulate(net: &mut Localnet, transaction: &VersionedTransaction) -> Value {
    let payer = transaction.message.static_account_keys().first().copied().unwrap_or_default();
    let before = net.account(&payer).map_or(0, |account| account.lamports);
    // Nobody has signed it, and whatever its blockhash.
    net.svm = std::mem::take(&mut net.svm).with_sigverify(false).with_blockhash_check(false);
    let simulated = net.svm.simulate_transaction(transaction.clone());
    net.svm = std::mem::take(&mut net.svm).with_sigverify(true).with_blockhash_check(true);
    let after = simulated.as_ref().ok().and_then(|done| {
        let account = done.post_accounts.iter().find(|(address, _)| *address == payer);
        account.map(|(_, account)| account.lamports())
    });
    let outcome = outcome::outcome(&net.errors, simulated.map(|done| done.meta), wire_size(transaction));
    json!({
        "err": error(&outcome),
        "logs": outcome.logs,
        "unitsConsumed": outcome.compute_units,
        "returnData": null,
        "preBalances": [before],
        "postBalances": [after.unwrap_or(before)],
    })
}

/// Executes a transaction as it was signed. Also what it did and what its accounts held before and after, as `getTransaction` shows it.
pub(super) fn execute(net: &mut Localnet, transaction: VersionedTransaction) -> (Outcome, Value) {
    let keys = transaction.message.static_account_keys().to_vec();
    let wire = wincode::serialize(&transaction).unwrap_or_default(); // it came as these bytes
    let [lamports_before, tokens_before] = holdings(net, &keys);
    let size = wire_size(&transaction);
    // How old its blockhash may be, the server knows.
    net.svm = std::mem::take(&mut net.svm).with_blockhash_check(false);
    let done = net.svm.send_transaction(transaction);
    net.svm = std::mem::take(&mut net.svm).with_blockhash_check(true);
    let called = match &done {
        Ok(meta) => called(&meta.inner_instructions),
        Err(failed) => called(&failed.meta.inner_instructions),
    };
    let outcome = outcome::outcome(&net.errors, done, size);
    let [lamports_after, tokens_after] = holdings(net, &keys);
    let meta = json!({
        "err": error(&outcome),
        "computeUnitsConsumed": outcome.compute_units,
        "logMessages": outcome.logs,
        "innerInstructions": called,
        "preBalances": lamports_before,
        "postBalances": lamports_after,
        "preTokenBalances": tokens_before,
        "postTokenBalances": tokens_after,
    });
    (outcome, json!({ "meta": meta, "transaction": [BASE64.encode(wire), "base64"] }))
}

/// What programs called, by the instruction of the transaction that they were called in.
fn called(inner: &InnerInstructionsList) -> Value {
    let groups = inner.iter().enumerate().filter(|(_, calls)| !calls.is_empty());
    let group = |(index, calls): (usize, &Vec<InnerInstruction>)| {
        let calls = calls.iter().map(|call| {
            json!({
                "programIdIndex": call.instruction.program_id_index,
                "accounts": call.instruction.accounts,
                "data": bs58::encode(&call.instruction.data).into_string(),
                "stackHeight": call.stack_height,
            })
        });
        json!({ "index": index, "instructions": calls.collect::<Vec<Value>>() })
    };
    groups.map(group).collect()
}

/// Lamports of some accounts, and what those of them hold that are token accounts.
fn holdings(net: &Localnet, keys: &[Address]) -> [Value; 2] {
    let found: Vec<Option<Account>> = keys.iter().map(|key| net.account(key)).collect();
    let lamports = found.iter().map(|account| account.as_ref().map_or(0, |account| account.lamports));
    let tokens = found.iter().enumerate().filter_map(|(index, account)| {
        let account = account.as_ref()?;
        let is_one = account.owner == spl_token::ID && account.data.len() == TOKEN_ACCOUNT_LEN;
        let owner: [u8; 32] = account.data.get(OWNER).filter(|_| is_one)?.try_into().ok()?;
        let amount = token_amount(&account.data)?.to_string();
        Some(json!({
            "accountIndex": index,
            "mint": token_mint(&account.data)?.to_string(),
            "owner": Address::new_from_array(owner).to_string(),
            "uiTokenAmount": { "amount": amount },
        }))
    });
    [lamports.collect(), tokens.collect()]
}

/// Why a transaction was refused, as servers say it.
pub(super) fn error(outcome: &Outcome) -> Value {
    match &outcome.refusal {
        None => Value::Null,
        Some(refusal) => match refusal.instruction {
            None => json!(refusal.name),
            Some(position) => {
                let what = refusal.code.map_or_else(|| json!(refusal.name), |code| json!({ "Custom": code }));
                json!({ "InstructionError": [position, what] })
            }
        },
    }
}
