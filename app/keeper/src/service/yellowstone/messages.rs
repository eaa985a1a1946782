//! The part of Yellowstone's protocol that is used here, by the field numbers of `geyser.proto` (package `geyser`, version 14 of
//! `yellowstone-grpc-proto`, Apache-2.0). Other fields are skipped, as protobuf has it. `tests/yellowstone.rs` has what `protoc` makes of that file.

use std::collections::BTreeMap;

/// What is to be told of from now on, in place of what was before; or a sign of life.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SubscribeRequest {
    #[prost(btree_map = "string, message", tag = "1")]
    pub accounts: BTreeMap<String, FilterAccounts>,
    #[prost(btree_map = "string, message", tag = "2")]
    pub slots: BTreeMap<String, FilterSlots>,
    #[prost(enumeration = "CommitmentLevel", optional, tag = "6")]
    pub commitment: Option<i32>,
    #[prost(message, optional, tag = "9")]
    pub ping: Option<Ping>,
}

/// Accounts at these addresses, or of these owners with these bytes.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FilterAccounts {
    #[prost(string, repeated, tag = "2")]
    pub account: Vec<String>,
    #[prost(string, repeated, tag = "3")]
    pub owner: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    pub filters: Vec<Filter>,
}

/// One of several things that an account has to be; only this one is used.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Filter {
    #[prost(message, optional, tag = "1")]
    pub memcmp: Option<Memcmp>,
}

/// Bytes at a place.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Memcmp {
    #[prost(uint64, tag = "1")]
    pub offset: u64,
    /// One of several forms; empty ones are not used.
    #[prost(bytes = "vec", optional, tag = "2")]
    pub bytes: Option<Vec<u8>>,
}

/// Slots, those of the request's commitment where so wanted.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FilterSlots {
    #[prost(bool, optional, tag = "1")]
    pub filter_by_commitment: Option<bool>,
}

/// A sign of life that is asked for, and the answer to one.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Ping {
    #[prost(int32, tag = "1")]
    pub id: i32,
}

/// Solana's levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum CommitmentLevel {
    Processed = 0,
    Confirmed = 1,
    Finalized = 2,
}

/// What is told, and by which of the request's filters.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SubscribeUpdate {
    #[prost(string, repeated, tag = "1")]
    pub filters: Vec<String>,
    #[prost(oneof = "Update", tags = "2, 3, 6, 9")]
    pub update: Option<Update>,
}

/// What happened.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Update {
    #[prost(message, tag = "2")]
    Account(UpdateAccount),
    #[prost(message, tag = "3")]
    Slot(UpdateSlot),
    /// A sign of life is asked for.
    #[prost(message, tag = "6")]
    Ping(Nothing),
    /// The answer to one.
    #[prost(message, tag = "9")]
    Pong(Ping),
}

/// An account as it is after a slot's transaction.
#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateAccount {
    #[prost(message, optional, tag = "1")]
    pub account: Option<AccountInfo>,
    #[prost(uint64, tag = "2")]
    pub slot: u64,
}

/// The account; without lamports it is gone.
#[derive(Clone, PartialEq, prost::Message)]
pub struct AccountInfo {
    #[prost(bytes = "vec", tag = "1")]
    pub pubkey: Vec<u8>,
    #[prost(uint64, tag = "2")]
    pub lamports: u64,
    #[prost(bytes = "vec", tag = "3")]
    pub owner: Vec<u8>,
    #[prost(bytes = "vec", tag = "6")]
    pub data: Vec<u8>,
}

/// A slot has reached a status: those of commitments have the commitments' numbers.
#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateSlot {
    #[prost(uint64, tag = "1")]
    pub slot: u64,
    #[prost(uint64, optional, tag = "2")]
    pub parent: Option<u64>,
    #[prost(int32, tag = "3")]
    pub status: i32,
}

/// A message without fields.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Nothing {}
