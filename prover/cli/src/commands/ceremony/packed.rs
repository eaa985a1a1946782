//! `assay ceremony pack` and `unpack`: a ceremony as one file.

use std::path::PathBuf;

use assay_ceremony::Author;
use serde_json::json;

use super::shared::{advised, first_phase, open, phase1_json};
use crate::commands::{print, show};
use crate::files::{self, Claims, Force, Product};
use crate::ui;

/// Pack a ceremony into one file, to be sent.
#[derive(Debug, clap::Args)]
pub struct PackArgs {
    /// The ceremony's folder
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
}

/// Unpack a ceremony that was sent.
#[derive(Debug, clap::Args)]
pub struct UnpackArgs {
    /// The file, from `assay ceremony pack`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder for the ceremony
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
}

/// Runs the command.
pub fn pack(args: &PackArgs) -> anyhow::Result<()> {
    let ceremony = open(&args.folder)?;
    let output = Claims::reading([]).output(&args.output, Product::Ceremony, Force::from(args.force))?;
    let mut bytes = Vec::new();
    ceremony.pack(&args.output, &mut bytes).map_err(advised)?;
    let size = bytes.len() as u64;
    files::commit(vec![(output, bytes)])?;
    let contributions = ceremony.transcript().contributions();
    print(
        || json!({ "packed": show(&args.output), "bytes": size, "contributions": contributions }),
        || {
            ui::fields(&[
                ("packed", format!("{} ({})", args.output.display(), ui::bytes(size))),
                ("contributions", contributions.to_string()),
            ])
        },
    )
}

/// Runs the command.
pub fn unpack(args: &UnpackArgs) -> anyhow::Result<()> {
    files::check(&args.file, "packed ceremony")?;
    let ceremony = assay_ceremony::unpack(&args.file, &args.output).map_err(advised)?;
    let transcript = ceremony.transcript();
    let beginning = &transcript.beginning;
    let hashes = transcript.hashes();
    let authors = transcript.records.iter().map(|record| match &record.author {
        Author::Contributor { name, .. } => name.clone(),
        Author::Beacon { value } => format!("beacon {}", hex::encode(value)),
    });
    let contributions: Vec<(String, String)> = hashes[1..].iter().map(hex::encode).zip(authors).collect();
    let (begin, hash) = (hex::encode(hashes[0]), hex::encode(transcript.hash()));
    ui::note(
        "its records hold; its points are checked by `assay ceremony verify --folder`, and before each contribution",
    );
    print(
        || {
            let all = contributions.iter().map(|(hash, by)| json!({ "hash": hash, "by": by }));
            json!({
                "ceremony": show(&args.output),
                "circuit": hex::encode(beginning.circuit),
                "phase1": phase1_json(&beginning.phase1),
                "beacon": beginning.beacon,
                "begin": begin,
                "contributions": transcript.contributions(),
                "records": all.collect::<Vec<_>>(),
                "hash": hash,
            })
        },
        || {
            let mut lines = vec![
                ("ceremony", show(&args.output)),
                ("circuit", hex::encode(beginning.circuit)),
                ("first phase", first_phase(&beginning.phase1)),
                ("beacon", beginning.beacon.clone().unwrap_or_else(|| "none".into())),
                ("begin", begin.clone()),
                ("contributions", transcript.contributions().to_string()),
            ];
            lines.extend(contributions.iter().map(|(hash, by)| ("record", format!("{hash} {by}"))));
            lines.push(("hash", hash.clone()));
            ui::fields(&lines)
        },
    )
}
