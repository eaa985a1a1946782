//! The verifier's models and receipts on a cluster, and what in them differs from files.
//!
//! An address is made of what stands there: a model's of who registered it, its key, its setup and its schema; a receipt's of its model and
//! its statement's digest. So it is made again of what a server shows, and a server that shows something else is found out.

use assay_host::account::decode;
use assay_host::{Account, Watch};
use assay_interface::field::Scalar;
use assay_interface::groth16::VerifyingKey;
use assay_interface::groth16::batch::Whole;
use assay_interface::proof_file::ProofFile;
use assay_interface::schema::ModelSchema;
use assay_interface::verifier::{attestation_account, model_id};
use assay_verifier_host::batch::{Fault, Target, prepare};
use assay_verifier_host::{
    Attestation, AttestorSet, Attestors, ID, Model, NewSeries, Receipt, Series, attestation_address,
    model_address, receipt_address,
};
use solana_address::Address;

use crate::error::{Error, Result};
use crate::rpc::Rpc;

/// What is at the address of a model.
#[derive(Clone, Debug)]
pub enum Place {
    /// Nothing: a model can be registered there.
    Empty,
    /// What a closed model leaves: nothing can ever be registered there.
    Closed,
    /// A model.
    Model(Box<Model>),
}

/// What is at `address`.
///
/// # Errors
/// It is an account of another kind; or the cluster cannot be asked.
pub fn place(rpc: &Rpc, address: &Address) -> Result<Place> {
    match there(rpc, address)? {
        None => Ok(Place::Empty),
        Some(found) if found.owner == ID && found.data.is_empty() => Ok(Place::Closed),
        Some(found) => Ok(Place::Model(Box::new(read(rpc, address, &found)?))),
    }
}

/// The model at `address`.
///
/// # Errors
/// As [`place`]; and there is none, or none any more.
pub fn model(rpc: &Rpc, address: &Address) -> Result<Model> {
    match place(rpc, address)? {
        Place::Model(model) => Ok(*model),
        Place::Closed => Err(Error::Closed(*address)),
        Place::Empty => Err(Error::Missing { kind: "model", address: *address }),
    }
}

/// The model at `address`, and the bytes of its account.
///
/// # Errors
/// As [`model`].
pub fn model_with_bytes(rpc: &Rpc, address: &Address) -> Result<(Model, Vec<u8>)> {
    match there(rpc, address)? {
        None => Err(Error::Missing { kind: "model", address: *address }),
        Some(found) if found.owner == ID && found.data.is_empty() => Err(Error::Closed(*address)),
        Some(found) => Ok((read(rpc, address, &found)?, found.data)),
    }
}

fn read(rpc: &Rpc, address: &Address, found: &Account) -> Result<Model> {
    let model: Model = decode(&found.owner, &found.data).map_err(|source| Error::Account {
        kind: "model of the verifier program",
        address: *address,
        source,
    })?;
    if model.invariant().is_err() {
        return Err(Error::Version { kind: "model", address: *address, version: model.version });
    }
    if belongs(&model, address) { Ok(model) } else { Err(elsewhere(rpc, "model", address)) }
}

/// Whether a model is the one whose address this is, with a key and a schema that its other fields are of.
pub fn belongs(model: &Model, address: &Address) -> bool {
    is_made_of(model, address) == Some(true)
}

fn is_made_of(model: &Model, address: &Address) -> Option<bool> {
    let (key, encoded) = (model.key().ok()?, model.schema().ok()?);
    let schema = ModelSchema::decode(encoded).ok()?;
    let id = model_id(model.setup().ok()?, &model.transcript_hash, key, encoded);
    let limbs = schema.input_limbs().saturating_add(schema.output_limbs());
    Some(
        model_address(&model.registrar, &id) == *address
            && model.id == id
            && model.key_hash == key.key_hash()
            && model.domain == schema.domain().to_be_bytes()
            && usize::from(model.limb_count) == limbs,
    )
}

fn elsewhere(rpc: &Rpc, kind: &str, address: &Address) -> Error {
    rpc.answer(
        "getAccountInfo",
        &format!("a {kind} that cannot be at {address}: that address is made of other contents"),
    )
}

/// The models on a cluster, of this authority and with the key of this hash where one is given, the newest first. Models of other
/// layouts are left out, and whatever else a server answers.
///
/// # Errors
/// The cluster cannot be asked, or does not answer such questions.
pub fn models(
    rpc: &Rpc,
    authority: Option<&Address>,
    key_hash: Option<[u8; 32]>,
) -> Result<Vec<(Address, Model)>> {
    use assay_interface::verifier::model_account::{AUTHORITY, KEY_HASH, LENGTH};
    let by_authority = authority.map(|authority| (AUTHORITY.start, authority.to_bytes()));
    let holding: Vec<_> =
        by_authority.into_iter().chain(key_hash.map(|hash| (KEY_HASH.start, hash))).collect();
    let found = rpc.accounts(&Watch::of::<Model>(), LENGTH, &holding)?;
    let read =
        found.iter().filter_map(|(address, account)| Some((*address, read(rpc, address, account).ok()?)));
    let is_wanted = |model: &Model| {
        authority.is_none_or(|authority| model.authority == *authority)
            && key_hash.is_none_or(|hash| model.key_hash == hash)
    };
    let mut models: Vec<_> = read.filter(|(_, model)| is_wanted(model)).collect();
    models.sort_by_key(|(address, model)| (std::cmp::Reverse(model.registered_at), *address));
    models.dedup_by_key(|(address, _)| *address);
    Ok(models)
}

/// The receipt at `address`, if there is one.
///
/// # Errors
/// It is an account of another kind; or the cluster cannot be asked.
pub fn receipt(rpc: &Rpc, address: &Address) -> Result<Option<Receipt>> {
    let Some(found) = there(rpc, address)? else { return Ok(None) };
    let receipt: Receipt = decode(&found.owner, &found.data).map_err(|source| Error::Account {
        kind: "receipt of the verifier program",
        address: *address,
        source,
    })?;
    if receipt.version != Receipt::VERSION {
        return Err(Error::Version { kind: "receipt", address: *address, version: receipt.version });
    }
    let belongs = Scalar::from_be_bytes(receipt.digest)
        .is_ok_and(|digest| receipt_address(&receipt.model, &digest) == *address);
    if belongs { Ok(Some(receipt)) } else { Err(elsewhere(rpc, "receipt", address)) }
}

/// The set of attestors at `address`, if there is one.
///
/// # Errors
/// It is an account of another kind; or the cluster cannot be asked.
pub fn attestor_set(rpc: &Rpc, address: &Address) -> Result<Option<AttestorSet>> {
    const KIND: &str = "set of attestors";
    let Some(found) = there(rpc, address)? else { return Ok(None) };
    let set: AttestorSet = decode(&found.owner, &found.data).map_err(|source| Error::Account {
        kind: KIND,
        address: *address,
        source,
    })?;
    if set.invariant().is_err() {
        return Err(Error::Version { kind: KIND, address: *address, version: set.version });
    }
    let members = set.members().unwrap_or_default();
    let belongs = Attestors::new(set.threshold, members).address() == *address;
    if belongs { Ok(Some(set)) } else { Err(elsewhere(rpc, KIND, address)) }
}

/// What a set says of a model, if any of its members attested it.
///
/// # Errors
/// As [`attestor_set`].
pub fn attestation(rpc: &Rpc, set: &Address, model: &Address) -> Result<Option<Attestation>> {
    const KIND: &str = "attestation";
    let address = attestation_address(set, model);
    let Some(found) = there(rpc, &address)? else { return Ok(None) };
    let found: Attestation =
        decode(&found.owner, &found.data).map_err(|source| Error::Account { kind: KIND, address, source })?;
    if found.version != attestation_account::VERSION {
        return Err(Error::Version { kind: KIND, address, version: found.version });
    }
    let belongs = found.set == *set && found.model == *model;
    if belongs { Ok(Some(found)) } else { Err(elsewhere(rpc, KIND, &address)) }
}

/// The series at `address`, if there is one.
///
/// # Errors
/// As [`attestor_set`].
pub fn series(rpc: &Rpc, address: &Address) -> Result<Option<Series>> {
    const KIND: &str = "series";
    let Some(found) = there(rpc, address)? else { return Ok(None) };
    let series: Series = decode(&found.owner, &found.data).map_err(|source| Error::Account {
        kind: KIND,
        address: *address,
        source,
    })?;
    if series.invariant().is_err() {
        return Err(Error::Version { kind: KIND, address: *address, version: series.version });
    }
    let name = series.name().ok().and_then(|name| str::from_utf8(name).ok()).unwrap_or_default();
    let made = NewSeries {
        creator: series.creator,
        payer: series.payer,
        name,
        model: series.pending,
        domain: series.domain,
        attestor_set: series.attestor_set,
        timelock: series.timelock,
    };
    if made.address() == *address { Ok(Some(series)) } else { Err(elsewhere(rpc, KIND, address)) }
}

/// The account at `address`, if anything is there.
fn there(rpc: &Rpc, address: &Address) -> Result<Option<Account>> {
    // Whoever sends SOL to the address before anything is there leaves such an account.
    let is_empty = |found: &Account| found.owner == Address::default() && found.data.is_empty();
    Ok(rpc.account(address)?.filter(|found| !is_empty(found)))
}

/// Whether a proof is one that the model's key verifies, of a statement of the model's: what the program will find. The digest.
///
/// # Errors
/// See [`Fault`].
pub fn check(model: &Model, proof: &ProofFile) -> std::result::Result<Scalar, Fault> {
    let target = Target::of(model).ok_or(Fault::Domain)?;
    let whole = Whole { proof: proof.proof.as_ref(), statement: &proof.statement };
    let prepared = prepare(&target, &[whole], 1).unwrap_or_default(); // one proof can be summed
    match prepared.refused.into_iter().next() {
        Some((_, fault)) => Err(fault),
        None => {
            prepared.batches.first().and_then(|batch| batch.digests.first().copied()).ok_or(Fault::Domain)
        }
    }
}

/// Something in which a model on a cluster is not what a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs.
    pub what: &'static str,
    /// What the cluster has.
    pub cluster: String,
    /// What the file has.
    pub file: String,
}

/// In what a model differs from a verifying key, and from a compiled model's schema.
pub fn differences(
    model: &Model,
    key: Option<&VerifyingKey>,
    schema: Option<&ModelSchema>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |what, cluster: String, file: String| {
        if cluster != file {
            found.push(Difference { what, cluster, file });
        }
    };
    if let Some(key) = key {
        let form = model.key().map(|key| key.form().to_string()).unwrap_or_default();
        compare("form of the key", form, key.form().to_string());
        compare("hash of the key", hex(&model.key_hash), hex(&key.as_ref().key_hash()));
    }
    if let Some(schema) = schema {
        compare("name", name(model), schema.name().into());
        compare("schema's domain", hex(&model.domain), hex(&schema.domain().to_be_bytes()));
    }
    found
}

/// The name in a model's schema.
pub fn name(model: &Model) -> String {
    let schema = model.schema().ok().and_then(|bytes| ModelSchema::decode(bytes).ok());
    schema.map(|schema| schema.name().to_owned()).unwrap_or_default()
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
