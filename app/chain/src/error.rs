//! What goes wrong between here and a cluster, each with what to do about it.

use std::path::PathBuf;

use assay_host::account::AccountError;
use solana_address::Address;
use thiserror::Error;

use crate::amount::sol;
use crate::refusal::Refusal;

/// The result of what asks a cluster.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something could not be asked, or was not done.
#[derive(Debug, Error)]
pub enum Error {
    /// Solana's configuration cannot be used.
    #[error("{}: {what}", file.display())]
    Settings {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Neither an address nor a short name of a cluster.
    #[error("{0:?} is no cluster: neither http://..., https://..., nor a short name")]
    Url(String),
    /// A key file cannot be used.
    #[error("{} is no key file that can be read: {what}", file.display())]
    Keypair {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Nobody answers.
    #[error("no answer from {host}: {what}")]
    Unreachable {
        /// Whose answer was waited for; without path and query, which may hold a key.
        host: String,
        /// What happened instead.
        what: String,
    },
    /// Somebody answers, and not as an RPC server does.
    #[error("{host} answered {method} with {what}")]
    Answer {
        /// Who.
        host: String,
        /// What was asked.
        method: &'static str,
        /// What is wrong with the answer.
        what: String,
    },
    /// The answer is longer than any that is read.
    #[error("{host} answered {method} with more than {} KiB, the longest answer that is read", most >> 10)]
    LongAnswer {
        /// Who.
        host: String,
        /// What was asked.
        method: &'static str,
        /// Bytes that are read at most.
        most: u64,
    },
    /// The server says that it cannot answer.
    #[error("{host} does not answer {method}: {message} ({code})")]
    Rpc {
        /// Who.
        host: String,
        /// What was asked.
        method: &'static str,
        /// The server's number for the reason.
        code: i64,
        /// The reason in its words.
        message: String,
    },
    /// The transaction was refused.
    #[error(transparent)]
    Refused(#[from] Box<Refusal>),
    /// The payer has less than the transaction takes.
    #[error("{payer} has {} SOL, and this takes {} SOL: {} for fees, {} in the new account", sol(*has), sol(fee.saturating_add(*rent)), sol(*fee), sol(*rent))]
    Funds {
        /// Who pays.
        payer: Address,
        /// What it has, lamports.
        has: u64,
        /// Fees, lamports.
        fee: u64,
        /// What a new account must hold, lamports.
        rent: u64,
    },
    /// No transaction is long enough.
    #[error("the transaction takes {size} bytes, and one has at most {most}")]
    TooLong {
        /// Bytes that it takes.
        size: usize,
        /// Bytes of the longest transaction.
        most: usize,
    },
    /// A transaction cannot be built of these instructions.
    #[error("the transaction cannot be built: {0}")]
    Build(String),
    /// The priority fee is more than anybody means to pay.
    #[error("the priority fee comes to {} SOL in all, and {} are the most that is paid", sol(*lamports), sol(*most))]
    Price {
        /// What it comes to, lamports.
        lamports: u64,
        /// The most, lamports.
        most: u64,
    },
    /// The transaction was executed and failed: it paid its fee and did nothing else.
    #[error("{refusal}; it was executed, and paid its fee: {signature}")]
    Failed {
        /// Its signature.
        signature: String,
        /// The slot of its block.
        slot: u64,
        /// Why it failed.
        refusal: Box<Refusal>,
    },
    /// The server refused the transaction when it was handed in, and nothing is known of it.
    #[error("{reason}; nothing is known of the transaction that it was handed: {signature}")]
    NotTaken {
        /// Its signature.
        signature: String,
        /// What the server said.
        reason: Box<Error>,
    },
    /// The transaction was not seen before its blockhash expired.
    #[error(
        "the transaction was sent, and its blockhash expired before the server saw it executed: {signature}"
    )]
    Expired {
        /// Its signature.
        signature: String,
    },
    /// It was not seen within the time given.
    #[error("the transaction was not confirmed within {seconds} s, and may be still: {signature}")]
    Unconfirmed {
        /// Its signature.
        signature: String,
        /// How long was waited.
        seconds: u64,
    },
    /// Whoever wanted it sent did not let it be handed in, once it was signed.
    #[error("nothing was sent: {0}")]
    Withheld(String),
    /// There is no account at an address.
    #[error("there is no {kind} at {address} on this cluster")]
    Missing {
        /// What was looked for.
        kind: &'static str,
        /// Where.
        address: Address,
    },
    /// The account is something else.
    #[error("{address} is no {kind}: {source}")]
    Account {
        /// What was looked for.
        kind: &'static str,
        /// Where.
        address: Address,
        /// What is there.
        source: AccountError,
    },
    /// The account is of another layout than this library reads, or of none.
    #[error(
        "the {kind} at {address} has a layout, version {version}, that this version of assay does not read"
    )]
    Version {
        /// What was looked for.
        kind: &'static str,
        /// Where.
        address: Address,
        /// The version that it states.
        version: u8,
    },
    /// The account was a model once.
    #[error("the model at {0} was closed: nothing is left of it, and it cannot come back")]
    Closed(Address),
}

impl Error {
    /// A word for the kind of error, which stays the same from version to version.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Settings { .. } | Self::Url(_) => "settings",
            Self::Keypair { .. } => "keypair",
            Self::Unreachable { .. } => "unreachable",
            Self::Answer { .. } | Self::LongAnswer { .. } => "rpc-answer",
            Self::Rpc { .. } => "rpc",
            Self::Refused(_) => "refused",
            Self::Funds { .. } => "funds",
            Self::TooLong { .. } | Self::Build(_) => "transaction",
            Self::Price { .. } => "price",
            Self::Failed { .. } => "refused",
            Self::NotTaken { reason, .. } => reason.code(),
            Self::Expired { .. } => "expired",
            Self::Withheld(_) => "withheld",
            Self::Unconfirmed { .. } => "unconfirmed",
            Self::Missing { .. } => "missing",
            Self::Account { .. } | Self::Version { .. } => "account",
            Self::Closed(_) => "closed",
        }
    }

    /// The signature of the transaction that it is about, where one was sent.
    pub fn signature(&self) -> Option<&str> {
        match self {
            Self::Failed { signature, .. }
            | Self::NotTaken { signature, .. }
            | Self::Expired { signature }
            | Self::Unconfirmed { signature, .. } => Some(signature),
            _ => None,
        }
    }

    /// Why a transaction was refused, where one was.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) | Self::Failed { refusal, .. } => Some(refusal),
            Self::NotTaken { reason, .. } => reason.refusal(),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Settings { .. } => {
                "`solana config set --url localhost` writes this file; --url, --keypair and --commitment stand above it"
            }
            Self::Url(_) => {
                "--url localhost, devnet, testnet or mainnet-beta, or the address of an RPC server"
            }
            Self::Keypair { .. } => {
                "--keypair names a file that `solana-keygen new` wrote; wallets in devices and prompts are not read here"
            }
            Self::Unreachable { .. } => {
                "is the address right (--url), and the cluster running? `cargo xtask localnet` starts a local one"
            }
            Self::Answer { .. } | Self::LongAnswer { .. } => {
                "--url has to be the address of an RPC server of Solana's"
            }
            Self::Rpc { code, .. } => rpc_hint(*code)?,
            Self::Refused(refusal) => return refusal.remedy(),
            Self::Funds { .. } => {
                "send SOL there; on a test cluster `solana airdrop 1` does; --fee-payer names another key file"
            }
            Self::TooLong { .. } => {
                "statements with fewer limbs: `assay compile --commit INPUT` puts one in place of an input's values"
            }
            Self::Build(_) | Self::Withheld(_) => return None,
            Self::Price { .. } => "--priority-fee is in micro-lamports for each compute unit, or auto",
            Self::Failed { refusal, .. } => return refusal.remedy(),
            Self::NotTaken { reason, .. } => return reason.hint(),
            Self::Expired { .. } => {
                "if this server saw all blocks, nothing was done and nothing will be: run the command again, which looks first, with a higher --priority-fee where the cluster is busy"
            }
            Self::Unconfirmed { .. } => "run the command again: it looks first at what is done already",
            Self::Missing { .. } => {
                "is it the right cluster (--url)? `assay model list` shows the models there"
            }
            Self::Version { .. } => {
                "use the assay of the version that wrote it; newer ones read what older ones wrote, or say so"
            }
            Self::Account { .. } => "`assay model list` shows the models on a cluster",
            Self::Closed(_) => "register a model under another key: `assay setup` makes one",
        };
        Some(text.into())
    }
}

/// What a server's number asks for; see Agave's `rpc-client-api/src/custom_error.rs` and JSON-RPC's own.
fn rpc_hint(code: i64) -> Option<&'static str> {
    match code {
        -32601 => Some("this server lacks the method: use another (--url)"),
        -32010 => Some("this server keeps no index for the question: use another (--url)"),
        -32005 | -32004 | -32014 | -32016 => {
            Some("the server is behind the cluster: try again, or use another (--url)")
        }
        -32015 => Some(
            "the cluster takes no transaction of this version: a statement with fewer limbs fits an older one (`assay compile --commit INPUT`)",
        ),
        -32602 => Some(
            "the server does not understand the request; where it is about a transaction of version 1, it is an older one",
        ),
        429 => Some("the server wants fewer requests: wait, or use one of your own (--url)"),
        401 | 403 => Some("the server wants a key, or keeps this method for others: see its address (--url)"),
        400..500 => Some("--url has to be the address of an RPC server of Solana's"),
        500..600 => Some("the server fails: try again later, or use another (--url)"),
        _ => None,
    }
}
