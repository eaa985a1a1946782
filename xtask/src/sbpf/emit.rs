//! From one merged bitcode module to a Solana `.so`.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::legalize::legalize;
use super::packages::Tools;
use crate::process::{capture, run};

/// What stays visible: the entrypoint, and the functions that the back end itself may call.
const PUBLIC_SYMBOLS: &str = "entrypoint,memcpy,memset,memcmp,memmove,bcmp";

/// Whether `output` is newer than the module and than this executable.
pub fn is_current(module: &Path, output: &Path) -> Result<bool> {
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    let Ok(written) = modified(output) else { return Ok(false) };
    let executable = env::current_exe().context("cannot find the path of this executable")?;
    Ok([module, &executable].into_iter().all(|input| modified(input).is_ok_and(|time| time < written)))
}

/// Writes the program of `module` to `output`; intermediate files stay in `scratch` for whoever debugs this.
pub fn emit(tools: &Tools, module: &Path, scratch: &Path, output: &Path) -> Result<()> {
    fs::create_dir_all(scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
    let pruned = scratch.join("1-pruned.bc");
    let expanded = scratch.join("2-expanded.ll");
    let legal = scratch.join("3-legal.ll");
    let inlined = scratch.join("4-inlined.bc");
    let object = scratch.join("5-program.so");

    // Drop what the entrypoint does not reach; a program runs in one thread, so atomics are plain accesses.
    run(opt(tools, "internalize,globaldce,function(lower-atomic)")
        .arg(format!("-internalize-public-api-list={PUBLIC_SYMBOLS}"))
        .arg(module)
        .arg("-o")
        .arg(&pruned))?;
    // Division of 128 bits becomes a loop over 64-bit words.
    run(opt(tools, "require<libcall-lowering-info>,function(expand-ir-insts<O2>)")
        .args(["-march=bpfel", "-expand-div-rem-bits=64", "-S"])
        .arg(&pruned)
        .arg("-o")
        .arg(&expanded))?;
    let text =
        fs::read_to_string(&expanded).with_context(|| format!("cannot read {}", expanded.display()))?;
    fs::write(&legal, legalize(&text)?).with_context(|| format!("cannot write {}", legal.display()))?;
    // Without instcombine, which would fold the products of halves back into one 128-bit product.
    run(opt(tools, "always-inline,function(sroa,early-cse,simplifycfg,dce),globaldce")
        .arg(&legal)
        .arg("-o")
        .arg(&inlined))?;
    // Its advice to link Solana's compiler builtins does not hold: `legalize` replaces what would call them.
    // It also copies its output into a `target/deploy` of the working directory, so that must not be ours.
    capture(
        Command::new(&tools.sbpf_linker)
            .current_dir(scratch)
            .args(["--cpu", "v2", "--cpu-features", "+allows-misaligned-mem-access", "--arch=v0"])
            .arg("--export=entrypoint")
            .args(["--llvm-args=-bpf-stack-size=4096", "--llvm-args=--bpf-max-stores-per-memfunc=5"])
            .args([
                "--llvm-args=--disable-gotox",
                "--llvm-args=--disable-ldsx",
                "--llvm-args=--disable-movsx",
            ])
            .args(["-O0", "-o"])
            .arg(&object)
            .arg(&inlined)
            .env("LD_LIBRARY_PATH", &tools.llvm_libraries),
    )
    .context(
        "hint: floating point, and recursion in a function of more than five arguments, cannot be linked",
    )?;
    // A test that loads the program meanwhile sees the old file or the new one, never half of it.
    let fresh = output.with_extension("so.tmp");
    fs::copy(&object, &fresh).with_context(|| format!("cannot write {}", fresh.display()))?;
    fs::rename(&fresh, output).with_context(|| format!("cannot replace {}", output.display()))
}

fn opt(tools: &Tools, passes: &str) -> Command {
    let mut command = Command::new(&tools.opt);
    command.env("LD_LIBRARY_PATH", &tools.llvm_libraries).arg(format!("-passes={passes}"));
    command
}
