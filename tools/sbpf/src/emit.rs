//! From one module of bitcode to a Solana program.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::legalize::legalize;
use crate::tools::{Tools, run};

/// Where the runtime starts a program.
const ENTRYPOINT: &str = "entrypoint";

/// What stays visible beside it: whom to tell of a fault, and the functions that the back end itself may call.
const OTHER_SYMBOLS: [&str; 6] = ["SECURITY_TXT", "memcpy", "memset", "memcmp", "memmove", "bcmp"];

/// Writes the program of `module` to `output`, and what each step makes of it to the folder `steps`.
pub fn emit(tools: &Tools, module: &Path, steps: &Path, output: &Path) -> Result<()> {
    let pruned = steps.join("1-pruned.bc");
    let expanded = steps.join("2-expanded.ll");
    let legal = steps.join("3-legal.ll");
    let inlined = steps.join("4-inlined.bc");
    let program = steps.join("5-program.so");

    // Drop what the entrypoint does not reach; a program runs in one thread, so atomics are plain accesses.
    run(tools
        .opt("internalize,globaldce,function(lower-atomic)")
        .arg(format!("-internalize-public-api-list={ENTRYPOINT},{}", OTHER_SYMBOLS.join(",")))
        .arg(module)
        .arg("-o")
        .arg(&pruned))?;
    // Division of 128 bits becomes a loop over 64-bit words.
    run(tools
        .opt("require<libcall-lowering-info>,function(expand-ir-insts<O2>)")
        .args(["-march=bpfel", "-expand-div-rem-bits=64", "-S"])
        .arg(&pruned)
        .arg("-o")
        .arg(&expanded))?;
    let text =
        fs::read_to_string(&expanded).with_context(|| format!("cannot read {}", expanded.display()))?;
    if !defines_entrypoint(&text) {
        return fs::write(output, []).with_context(|| format!("cannot write {}", output.display()));
    }
    fs::write(&legal, legalize(&text)?).with_context(|| format!("cannot write {}", legal.display()))?;
    // Without instcombine, which would fold the products of halves back into one 128-bit product.
    run(tools
        .opt("always-inline,function(sroa,early-cse,simplifycfg,dce),globaldce")
        .arg(&legal)
        .arg("-o")
        .arg(&inlined))?;
    // Its advice to link Solana's compiler builtins does not hold: `legalize` replaces what would call them.
    // It also copies its output into a `target/deploy` of the working directory, so that must not be ours.
    run(tools
        .sbpf_linker()
        .current_dir(steps)
        .args(["--cpu", "v2", "--cpu-features", "+allows-misaligned-mem-access", "--arch=v3"])
        .args([format!("--export={ENTRYPOINT}"), format!("--export={}", OTHER_SYMBOLS[0])])
        .args(["--llvm-args=-bpf-stack-size=4096", "--llvm-args=--bpf-max-stores-per-memfunc=5"])
        .args(["--llvm-args=--disable-gotox", "--llvm-args=--disable-ldsx", "--llvm-args=--disable-movsx"])
        .args(["-O0", "-o"])
        .arg(&program)
        .arg(&inlined))
    .context(
        "hint: floating point, and recursion in a function of more than five arguments, cannot be linked",
    )?;
    fs::copy(&program, output).with_context(|| format!("cannot write {}", output.display()))?;
    Ok(())
}

fn defines_entrypoint(ir: &str) -> bool {
    let call = format!("@{ENTRYPOINT}(");
    ir.lines().any(|line| line.starts_with("define ") && line.contains(&call))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entrypoint_is_a_definition() {
        assert!(defines_entrypoint("define i64 @entrypoint(ptr %input) #1 {\n"));
        assert!(!defines_entrypoint("declare i64 @entrypoint(ptr)\n  call i64 @entrypoint(ptr %a)\n"));
    }
}
