//! `assay completions` and `assay man`: what a shell and `man` know of the command line.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap_complete::Shell;

use crate::commands::{print, show};
use crate::failure::hinted;
use crate::files::{self, Claims, Force, Product};
use crate::outcome::Outcome;
use crate::ui;

const COMPLETIONS: &str = "\
Examples:
  $ assay completions bash > ~/.local/share/bash-completion/completions/assay
  $ assay completions zsh > ~/.zfunc/_assay
  $ assay completions fish > ~/.config/fish/completions/assay.fish";

const MAN: &str = "\
Example:
  $ assay man ~/.local/share/man/man1 && man assay-prove";

/// Print the completions of a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = COMPLETIONS)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

/// Write the manual pages, one for each command.
#[derive(Debug, clap::Args)]
#[command(after_help = MAN)]
pub struct ManArgs {
    /// Existing directory for the pages
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Replace files that are no manual pages
    #[arg(long)]
    force: bool,
}

/// Runs `assay completions`.
pub fn completions(args: CompletionsArgs, command: &mut clap::Command) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "assay", &mut script);
    let script = String::from_utf8(script).context("the script is not text")?;
    print(|| serde_json::json!({ "shell": args.shell.to_string(), "script": script }), || script.clone())?;
    Ok(Outcome::Valid)
}

/// Runs `assay man`.
pub fn man(args: ManArgs, mut command: clap::Command) -> anyhow::Result<Outcome> {
    if !args.directory.is_dir() {
        return Err(hinted(
            anyhow!("{} is not a directory", args.directory.display()),
            format!("mkdir -p {}", args.directory.display()),
        ));
    }
    command.build();
    let mut claims = Claims::reading([]);
    let mut pages = Vec::new();
    add_page(&mut pages, &command, "assay".into())?;
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        add_page(&mut pages, subcommand, format!("assay-{}", subcommand.get_name()))?;
    }
    let mut group = Vec::new();
    for (name, page) in pages {
        let path = args.directory.join(format!("{name}.1"));
        group.push((claims.output(&path, Product::ManPage, Force::from(args.force))?, page));
    }
    let written: Vec<String> = group.iter().map(|(output, _)| show(output.path())).collect();
    files::commit(group)?;
    print(|| serde_json::json!({ "pages": written }), || written.join("\n") + "\n")?;
    ui::note("`man` looks in the directories of MANPATH");
    Ok(Outcome::Valid)
}

fn add_page(pages: &mut Vec<(String, Vec<u8>)>, command: &clap::Command, name: String) -> anyhow::Result<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone().display_name(&name))
        .title(&name)
        .render(&mut page)
        .with_context(|| name.clone())?;
    pages.push((name, page));
    Ok(())
}
