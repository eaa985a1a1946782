//! `assay ceremony`, from a model to a proof whose key's ceremony is verified.

use serde_json::Value;

use crate::common::{Workspace, prove, show};

#[allow(dead_code)] // for the ceremony's own tests
#[path = "../../../ceremony/tests/ceremony/ptau.rs"]
mod ptau;

/// What a state is checked by. The tests' first phase is none of the public ones.
const MODEL: [&str; 5] = ["--model", "model.assay", "--ptau", "powers.ptau", "--unknown-phase1"];

/// A compiled model and a first phase that is large enough.
fn workspace() -> Workspace {
    let workspace = Workspace::compiled();
    let rows =
        assay::Model::load(&workspace.read("model.assay")).unwrap().circuit().r1cs.num_constraints() + 2;
    let power = rows.next_power_of_two().trailing_zeros();
    workspace.write("powers.ptau", ptau::Ptau::prepared(power, &ptau::SECRETS()).to_bytes());
    workspace
}

fn new(workspace: &Workspace, more: &[&str]) {
    let command =
        ["ceremony", "new", "model.assay", "--ptau", "powers.ptau", "-o", "ceremony", "--power-of-two"];
    workspace.succeed(command.iter().chain(more));
}

fn json(workspace: &Workspace, arguments: &[&str]) -> Value {
    let output = workspace.run(arguments.iter().chain(&["--json"]));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", show(&output)))
}

fn contribute(workspace: &Workspace, folder: &str, name: &str) -> String {
    let command = [&["ceremony", "contribute", folder, "--name", name][..], &MODEL].concat();
    let made = json(workspace, &command);
    made["hash"].as_str().unwrap().to_owned()
}

#[test]
fn from_a_model_to_a_verified_proof() {
    let workspace = workspace();
    new(&workspace, &["--beacon", "round 9"]);
    let alice = contribute(&workspace, "ceremony", "alice");
    // Sent to bob and back.
    workspace.succeed(["ceremony", "pack", "ceremony", "-o", "1.ceremony"]);
    let unpacked = workspace.succeed(["ceremony", "unpack", "1.ceremony", "-o", "bobs"]);
    let begin = json(&workspace, &[&["ceremony", "verify", "--folder", "bobs"][..], &MODEL].concat());
    let begin = begin["begin"].as_str().unwrap().to_owned();
    assert!(
        unpacked.contains(&begin) && unpacked.contains(&alice) && unpacked.contains("round 9"),
        "{unpacked}"
    );
    let bob = ["ceremony", "contribute", "bobs", "--name", "bob", "--entropy", "-"];
    let mut command = workspace.command([&bob[..], &MODEL].concat());
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"dice").unwrap();
    assert!(child.wait().unwrap().success());
    let export = |more: &[&'static str]| {
        let command = ["ceremony", "export", "bobs"];
        command.iter().chain(&MODEL).chain(more).copied().collect::<Vec<_>>()
    };
    let refused = workspace.refused(export(&[]));
    assert!(refused.contains("is to end with the beacon \"round 9\", and has not"), "{refused}");
    let value = "9a".repeat(32);
    workspace.succeed([&["ceremony", "beacon", "bobs", "--value", &value][..], &MODEL].concat());
    let late = [&["ceremony", "contribute", "bobs", "--name", "late"][..], &MODEL].concat();
    assert!(workspace.refused(late).contains("the beacon has ended"));
    let exported = json(&workspace, &export(&[]));
    assert_eq!(exported["beacon"]["value"], value);
    assert!(workspace.refused(export(&[])).contains("a key that is lost cannot be made again"));

    let verify = |more: &[&str]| {
        let command = ["ceremony", "verify", "--transcript", "model.transcript.json"];
        let arguments: Vec<&str> = command.iter().chain(&MODEL).chain(more).copied().collect();
        let output = workspace.run(arguments.iter().chain(&["--json"]));
        (output.status.code(), serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default())
    };
    for key in [["--pk", "model.pk"], ["--vk", "model.vk"]] {
        let (code, facts) = verify(&[&key[..], &["--contribution", &alice]].concat());
        assert_eq!((code, &facts["valid"]), (Some(0), &Value::Bool(true)), "{facts}");
        assert_eq!(facts["contributions"][0]["hash"], alice);
        assert_eq!(facts["contributions"].as_array().unwrap().len(), 2);
        let (code, facts) = verify(&[&key[..], &["--contribution", &value]].concat());
        assert_eq!(code, Some(1));
        assert!(facts["reason"].as_str().unwrap().contains("is not in this transcript"), "{facts}");
    }
    let (code, facts) = verify(&["--vk", "model.vk", "--begin", &begin]);
    assert_eq!((code, &facts["begin"]), (Some(0), &Value::String(begin)));
    let (code, facts) = verify(&["--vk", "model.vk", "--begin", &alice]);
    assert!(code == Some(1) && facts["reason"].as_str().unwrap().contains("another one than was announced"));
    let text = workspace.succeed(["ceremony", "verify", "--folder", "bobs"].iter().chain(&MODEL));
    assert!(
        text.starts_with("right  bobs") && text.contains("finished: ") && text.contains("alice"),
        "{text}"
    );

    // A proof: its key's ceremony is a claim, until the transcript shows it.
    workspace.succeed(prove(&["-o", "decision.proof"]));
    let proof = ["verify", "--vk", "model.vk", "--proof", "decision.proof", "--model", "model.assay"];
    let claimed = workspace.succeed(proof);
    assert!(claimed.contains("ceremony, as the key's file claims: not verified"), "{claimed}");
    let output = workspace.run(proof);
    assert!(String::from_utf8_lossy(&output.stderr).contains("is what its file claims"), "{}", show(&output));
    let facts = json(&workspace, &proof);
    assert_eq!((&facts["setup_binding"], &facts["setup"]), (&"claimed".into(), &"ceremony-claimed".into()));
    let with = [&proof[..], &["--transcript", "model.transcript.json", "--ptau", "powers.ptau"]].concat();
    // A first phase that anybody may have made, under a key that is right by it.
    let refused = workspace.refused(&with);
    assert!(
        refused.contains("is no public file that this version knows") && refused.contains("--phase1"),
        "{refused}"
    );
    let digest = facts_of_first_phase(&workspace);
    workspace.succeed([&with[..], &["--phase1", &digest]].concat());
    let zeros = "00".repeat(64);
    let other = [&with[..], &["--phase1", &zeros]].concat();
    assert!(workspace.refused(other).contains("not the one that --phase1 names"));
    let with = [&with[..], &["--unknown-phase1", "--contribution", &alice]].concat();
    let verified = workspace.succeed(&with);
    assert!(verified.contains("ceremony of 2 contributions, verified by its transcript"), "{verified}");
    assert!(verified.contains("no public file") && verified.contains("round 9 = 9a9a"), "{verified}");
    assert!(verified.contains(", verified by the ceremony's transcript"), "{verified}");
    let facts = json(&workspace, &with);
    assert_eq!(
        (&facts["setup_binding"], &facts["circuit_binding"], &facts["setup"]),
        (&"verified".into(), &"ceremony".into(), &"ceremony".into())
    );
    let output = workspace.run([&with[..], &["--contribution", &value]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", show(&output));

    // A development key under the same transcript.
    workspace.succeed(["setup", "model.assay", "--development", "--force"]);
    workspace.succeed(prove(&["-o", "decision.proof", "--force"]));
    let output = workspace.run(&with);
    assert_eq!(output.status.code(), Some(1), "{}", show(&output));
    assert!(
        String::from_utf8_lossy(&output.stdout)
            .contains("the key is not the one of this ceremony: the key says that it is a development key")
    );
}

/// The Blake2b digest of the tests' first phase.
fn facts_of_first_phase(workspace: &Workspace) -> String {
    let facts = json(workspace, &[&["ceremony", "verify", "--folder", "ceremony"][..], &MODEL].concat());
    facts["phase1"]["blake2b"].as_str().unwrap().to_owned()
}

/// While a ceremony goes on, its state is right or wrong, and it is open.
#[test]
fn a_state_is_checked_before_anybody_contributes() {
    let workspace = workspace();
    new(&workspace, &["--beacon", "round 9"]);
    let command = [&["ceremony", "verify", "--folder", "ceremony"][..], &MODEL].concat();
    let facts = json(&workspace, &command);
    assert_eq!((&facts["state"], &facts["finished"]), (&"right".into(), &Value::Bool(false)), "{facts}");
    assert!(facts["open"].as_str().unwrap().starts_with("nobody has contributed"));
    contribute(&workspace, "ceremony", "alice");
    let text = workspace.succeed(&command);
    assert!(
        text.starts_with("right  ceremony") && text.contains("open: the ceremony is to end with"),
        "{text}"
    );
    // A first phase that is not known, and not named.
    let known = [&["ceremony", "contribute", "ceremony", "--name", "bob"][..], &MODEL[..4]].concat();
    assert!(workspace.refused(known).contains("is no public file that this version knows"));
    // Another first phase is a question that was not asked, and points that were changed are a state that is wrong.
    let power = u32::from_le_bytes(workspace.read("powers.ptau")[60..64].try_into().unwrap());
    let secrets = ptau::Secrets { tau: 5u64.into(), ..ptau::SECRETS() };
    workspace.write("other.ptau", ptau::Ptau::new(power, &secrets).to_bytes());
    let other =
        ["ceremony", "verify", "--folder", "ceremony", "--model", "model.assay", "--ptau", "other.ptau"];
    let refused = workspace.refused([&other[..], &["--unknown-phase1"]].concat());
    assert!(refused.contains("began from another first phase"), "{refused}");
    let mut part = workspace.read("ceremony/a.part");
    part[200] ^= 1;
    workspace.write("ceremony/a.part", part);
    let output = workspace.run(&command);
    assert_eq!(output.status.code(), Some(1), "{}", show(&output));
    assert!(
        String::from_utf8_lossy(&output.stdout).starts_with("wrong  ceremony: the part a.part"),
        "{}",
        show(&output)
    );
    let bob = [&["ceremony", "contribute", "ceremony", "--name", "bob"][..], &MODEL].concat();
    assert!(workspace.refused(bob).contains("the part a.part of the ceremony was changed"));
}

/// Killed anywhere, the same command goes on; a contribution is there whole or not at all.
#[test]
fn killed_steps_leave_a_ceremony() {
    let workspace = workspace();
    let kill = |arguments: &[&str], after: u64| {
        let mut child = workspace.command(arguments).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(after));
        let _ = child.kill();
        child.wait().unwrap().success()
    };
    let new = ["ceremony", "new", "model.assay", "--ptau", "powers.ptau", "-o", "ceremony", "--power-of-two"];
    for step in 1..5 {
        kill(&new, 15 * step);
    }
    if !workspace.path("ceremony/transcript.json").exists() {
        workspace.succeed(new);
    }
    let killed = [&["ceremony", "contribute", "ceremony", "--name", "killed"][..], &MODEL].concat();
    let mut made = 0;
    for step in 1..5 {
        made += usize::from(kill(&killed, 10 * step));
    }
    contribute(&workspace, "ceremony", "last");
    let facts = json(&workspace, &[&["ceremony", "verify", "--folder", "ceremony"][..], &MODEL].concat());
    assert_eq!((&facts["state"], &facts["finished"]), (&"right".into(), &Value::Bool(true)), "{facts}");
    // A process that was killed after it had written its record counts as one that ended.
    assert!(facts["contributions"].as_array().unwrap().len() > made, "{facts}");
    let left = std::fs::read_dir(workspace.path("ceremony")).unwrap();
    let left: Vec<String> = left.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(left.iter().all(|name| !name.ends_with(".new")), "{left:?}");
}

#[test]
fn what_cannot_be_done_is_said() {
    let workspace = workspace();
    let refused = |arguments: &[&str], expected: &str| {
        let message = workspace.refused(arguments);
        assert!(message.contains(expected) && message.contains("hint: "), "{message}");
    };
    let with = |command: &[&'static str]| [command, &MODEL].concat();
    refused(&with(&["ceremony", "contribute", "nowhere", "--name", "a"]), "nowhere holds no ceremony");
    refused(&["ceremony", "unpack", "model.assay", "-o", "new"], "is no packed ceremony");
    refused(&["ceremony", "new", "model.assay", "--ptau", "model.onnx", "-o", "new"], "not a .ptau file");
    workspace.write("short.ptau", ptau::Ptau::new(3, &ptau::SECRETS()).to_bytes());
    std::fs::create_dir(workspace.path("ceremony")).unwrap();
    workspace.write("ceremony/lock", "");
    refused(
        &["ceremony", "new", "model.assay", "--ptau", "short.ptau", "-o", "ceremony"],
        "the file has 2^3 powers of tau, and the circuit needs",
    );
    new(&workspace, &[]);
    refused(&with(&["ceremony", "beacon", "ceremony", "--value", "12"]), "16 to 256 bytes in hexadecimal");
    let value = "12".repeat(32);
    let beacon = [&["ceremony", "beacon", "ceremony", "--value", &value][..], &MODEL].concat();
    refused(&beacon, "named no beacon");
    let export: Vec<&str> = ["ceremony", "export", "ceremony"].iter().chain(&MODEL).copied().collect();
    refused(&export, "nobody has contributed");
}
