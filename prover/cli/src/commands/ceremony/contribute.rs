//! `assay ceremony contribute` and `beacon`: a further state of a ceremony.

use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use assay_ceremony::VALUE_BYTES;
use serde_json::json;
use zeroize::Zeroizing;

use super::shared::{Sources, advised, checked, name, open};
use crate::commands::{bytes32, print, show};
use crate::failure::hinted;
use crate::files;
use crate::progress::observed;
use crate::ui;

const EXAMPLE: &str = "\
Examples:
  $ assay ceremony contribute ceremony --model model.assay --ptau powers.ptau --name alice
  $ head -c 64 /dev/hwrng | assay ceremony contribute ceremony --model model.assay \\
      --ptau powers.ptau --name alice --entropy -

First checks the state that came: every point against model and first phase. A state with other
points would have you give your factors away, and nobody could tell from the final key. So take the
model and the .ptau from where they were published, and not from whoever sent you the state.

Then multiplies the key's secrets by random factors and forgets them. They come from the system's
generator; what is typed, or read with --entropy, is mixed in and never takes its place. If it is
interrupted, nothing has happened: run it again, with new factors.

The key is sound if you checked and deleted yours, whatever all others do. So: a machine that you
trust, alone, switched off afterwards. Publish the hash that is printed, under your name, and look
for it in the final transcript: `assay ceremony verify --contribution HASH`.";

/// Contribute to a ceremony.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// The ceremony's folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    sources: Sources,
    /// What you call yourself in the transcript
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: String,
    /// A public key of yours: 32 bytes in hexadecimal, to sign the contribution's hash with
    #[arg(long, value_name = "HEX", value_parser = bytes32)]
    key: Option<[u8; 32]>,
    /// Randomness to mix in, in place of the keyboard's; - for standard input
    #[arg(long, value_name = "FILE")]
    entropy: Option<PathBuf>,
}

/// Most bytes of randomness that are mixed in.
const ENTROPY: u64 = 1 << 20;

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<()> {
    let (model, file) = args.sources.read()?;
    let mut ceremony = open(&args.folder)?;
    if ceremony.transcript().is_closed() {
        return Err(advised(assay_ceremony::Error::Closed));
    }
    let state = checked(&mut ceremony, &model, &file).map_err(advised)?;
    let typed = Zeroizing::new(entropy(&args)?);
    let task = format!("contributing as {}", args.name);
    let (name, key) = (args.name.clone(), args.key.unwrap_or_default());
    let made = observed(&task, |observer| state.contribute(name, key, &typed, observer));
    let hash = hex::encode(made.map_err(advised)?);
    let number = ceremony.transcript().contributions();
    ui::note("publish this hash under your name, and look for it in the final transcript");
    print(
        || json!({ "ceremony": show(&args.folder), "number": number, "name": args.name, "hash": hash }),
        || ui::fields(&[("contribution", format!("{number}, {}", args.name)), ("hash", hash.clone())]),
    )
}

/// What is typed, or in a file.
fn entropy(args: &Args) -> anyhow::Result<Vec<u8>> {
    if let Some(path) = &args.entropy {
        return files::read(path, "randomness", ENTROPY);
    }
    if !io::stdin().is_terminal() {
        return Ok(Vec::new());
    }
    ui::note("type anything, at random, and press Enter: it is mixed with the system's randomness");
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("cannot read the keyboard")?;
    Ok(line.into_bytes())
}

const BEACON: &str = "\
Example:
  $ assay ceremony beacon ceremony --model model.assay --ptau powers.ptau --value 9a3f5c...
  applies the randomness of the beacon that `assay ceremony new --beacon` named.

The last contribution, which everybody can compute: its factors follow from the transcript and the
value. Nothing can follow it. drand publishes each round's randomness (32 bytes in hexadecimal),
Solana's explorers a slot's hash (give its bytes in hexadecimal).";

/// End a ceremony with its beacon's value.
#[derive(Debug, clap::Args)]
#[command(after_help = BEACON)]
pub struct BeaconArgs {
    /// The ceremony's folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    #[command(flatten)]
    sources: Sources,
    /// The beacon's value: 16 to 256 bytes in hexadecimal
    #[arg(long, value_name = "HEX")]
    value: String,
}

/// Runs the command.
pub fn beacon(args: &BeaconArgs) -> anyhow::Result<()> {
    let value = hex::decode(&args.value).ok().filter(|value| VALUE_BYTES.contains(&value.len()));
    let value = value.ok_or_else(|| {
        hinted(
            anyhow!("a beacon's value is 16 to 256 bytes in hexadecimal"),
            "give it as its source publishes it, without 0x",
        )
    })?;
    let (model, file) = args.sources.read()?;
    let mut ceremony = open(&args.folder)?;
    let state = checked(&mut ceremony, &model, &file).map_err(advised)?;
    let made = observed("applying the beacon", |observer| state.beacon(&value, observer));
    let hash = hex::encode(made.map_err(advised)?);
    let name = ceremony.transcript().beginning.beacon.clone().unwrap_or_default();
    print(
        || json!({ "ceremony": show(&args.folder), "beacon": name, "value": args.value, "hash": hash }),
        || ui::fields(&[("beacon", format!("{name} = {}", args.value)), ("hash", hash.clone())]),
    )
}
