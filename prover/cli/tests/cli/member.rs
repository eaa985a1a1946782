//! An input that is in a tree: from the holder's secret to a verified proof, and what is refused on the way.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::common::{SEED, Workspace, prove};

const SCOPE: &str = "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f";
const VERIFY: [&str; 7] = ["verify", "--vk", "model.vk", "--proof", "model.proof", "--model", "model.assay"];

fn json(text: String) -> Value {
    serde_json::from_str(&text).unwrap()
}

/// With keys of a model whose input `x` is a member at depth 4.
fn with_keys() -> Workspace {
    let workspace = Workspace::with_model();
    workspace.succeed(["compile", "model.onnx", "--calibration", "samples.csv", "--member", "x:4"]);
    workspace.succeed(["setup", "model.assay", "--development", "--seed", SEED]);
    workspace
}

fn leaf(workspace: &Workspace, salt: &[&str]) -> String {
    let key = workspace.succeed(["member", "key", "--secret", "secret.json"]);
    let model = ["member", "leaf", "--model", "model.assay", "--input", "input.json", "--key", key.trim()];
    workspace.succeed(model.iter().chain(salt)).trim().to_owned()
}

fn path<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let common = [
        "member",
        "path",
        "--model",
        "model.assay",
        "--input",
        "input.json",
        "--secret",
        "secret.json",
        "--salt",
        "salt.json",
        "--leaves",
        "leaves.txt",
    ];
    common.iter().chain(more).copied().collect()
}

/// With secret, salt and membership as well: the third of five leaves.
fn member() -> Workspace {
    let workspace = with_keys();
    workspace.succeed(["member", "key", "--save-secret", "secret.json"]);
    let leaf = leaf(&workspace, &["--save-salt", "salt.json"]);
    let other = |i: u8| format!("0x{i:064x}\n");
    workspace.write("leaves.txt", format!("{}{}{leaf}\n\n{}{}", other(1), other(2), other(3), other(4)));
    workspace.succeed(path(&["--scope", SCOPE, "-o", "membership.json"]));
    workspace
}

#[test]
fn a_member_proves_and_shows_root_scope_and_nullifier() {
    let workspace = member();
    for file in ["secret.json", "salt.json", "membership.json"] {
        let mode = std::fs::metadata(workspace.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let found = json(workspace.succeed(path(&["--scope", SCOPE, "-o", "membership.json", "--json"])));
    assert_eq!((&found["position"], &found["leaves"]), (&2.into(), &5.into()));

    let proof = json(workspace.succeed(prove(&["--membership", "membership.json", "--json"])));
    assert_eq!(proof["limbs"].as_array().unwrap().len(), 4 + 1);
    let verified = json(workspace.succeed(VERIFY.iter().chain(&["--json"])));
    assert_eq!(verified["valid"], true);
    let input = &verified["inputs"][0];
    assert_eq!((&input["root"], &input["nullifier"]), (&found["root"], &found["nullifier"]));
    assert_eq!(input["scope"], SCOPE);
    assert!(["values", "integers", "commitment"].iter().all(|field| input.get(field).is_none()), "{input}");
    let text = workspace.succeed(VERIFY);
    for shown in ["root", "scope", "nullifier", SCOPE, found["root"].as_str().unwrap()] {
        assert!(text.contains(shown), "{shown}: {text}");
    }

    // Another leaf in the tree: another root, the same nullifier. Another scope: the same root, another nullifier.
    let leaves = String::from_utf8(workspace.read("leaves.txt")).unwrap();
    workspace.write("leaves.txt", format!("{leaves}0x{:064x}\n", 5));
    let grown = json(workspace.succeed(path(&["--scope", SCOPE, "-o", "membership.json", "--json"])));
    assert_ne!(grown["root"], found["root"]);
    assert_eq!(grown["nullifier"], found["nullifier"]);
    let scope = "2e".repeat(32);
    let moved = json(workspace.succeed(path(&["--scope", &scope, "-o", "membership.json", "--json"])));
    assert_eq!(moved["root"], grown["root"]);
    assert_ne!(moved["nullifier"], grown["nullifier"]);
}

#[test]
fn the_holder_can_show_what_a_proof_is_about() {
    let workspace = member();
    workspace.succeed(prove(&["--membership", "membership.json"]));
    let about = |input: &'static str, membership: &'static str| {
        VERIFY.into_iter().chain(["--input", input, "--membership", membership])
    };
    assert!(workspace.succeed(about("input.json", "membership.json")).starts_with("valid"));
    workspace.write("other.json", "{\"a\": 0.75, \"b\": -0.25}");
    let output = workspace.run(about("other.json", "membership.json"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("the root of x differs"), "{text}");
    let stderr = workspace.refused(VERIFY.into_iter().chain(["--input", "input.json"]));
    assert!(stderr.contains("member of a tree") && stderr.contains("--membership"), "{stderr}");
}

#[test]
fn each_wrong_membership_is_named() {
    let workspace = member();
    let good = json(String::from_utf8(workspace.read("membership.json")).unwrap());
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut wrong = good.clone();
        change(&mut wrong);
        workspace.write("wrong.json", wrong.to_string());
        workspace.refused(prove(&["--membership", "wrong.json"]))
    };
    let expect = |stderr: String, what: &str| assert!(stderr.contains(what), "{what}: {stderr}");
    expect(refused(&|m| m["position"] = 16.into()), "position 16 in a tree of depth 4");
    expect(refused(&|m| drop(m["siblings"].as_array_mut().unwrap().pop())), "the path has 3 siblings");
    expect(refused(&|m| drop(m.as_object_mut().unwrap().remove("salt"))), "no \"salt\"");
    expect(refused(&|m| m["depth"] = 4.into()), "no field \"depth\"");
    expect(refused(&|m| m["position"] = (-1).into()), "\"position\" of the membership");
    expect(refused(&|m| m["scope"] = "1f".into()), "\"scope\" of the membership");
    expect(refused(&|m| m["siblings"][1] = 7.into()), "\"siblings\" of the membership");
    // The field's order itself: an element has one encoding.
    let order = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    expect(refused(&|m| m["secret"] = order.into()), "below the field's order");
    expect(refused(&|m| m["siblings"][0] = order.into()), "below the field's order");
    workspace.write("wrong.json", "[]");
    expect(workspace.refused(prove(&["--membership", "wrong.json"])), "not a JSON object");
    let without = workspace.refused(prove(&[]));
    expect(without, "a member of a tree of depth 4: its membership is missing");

    // A sibling of somebody's: a path to another root, which a consumer does not know.
    let mut other = good.clone();
    other["siblings"][0] = format!("0x{:064x}", 9).into();
    workspace.write("other.json", other.to_string());
    let proof = json(workspace.succeed(prove(&["--membership", "other.json", "--json"])));
    let right = workspace.succeed(prove(&["--membership", "membership.json", "--json", "--force"]));
    let right = json(right);
    assert_ne!(proof["inputs"][0]["root"], right["inputs"][0]["root"]);
    assert_eq!(proof["inputs"][0]["nullifier"], right["inputs"][0]["nullifier"]);
}

#[test]
fn what_is_no_leaf_of_the_tree_has_no_path() {
    let workspace = member();
    let expect = |stderr: String, what: &str| assert!(stderr.contains(what), "{what}: {stderr}");
    let path_of = |more: &[&str]| {
        let all = path(&[&["--scope", SCOPE, "-o", "new.json"], more].concat());
        workspace.refused(all)
    };
    // Another's secret, and other leaves.
    workspace.succeed(["member", "key", "--save-secret", "thief.json"]);
    let thief: Vec<&str> = path(&["--scope", SCOPE, "-o", "new.json"])
        .into_iter()
        .map(|argument| if argument == "secret.json" { "thief.json" } else { argument })
        .collect();
    expect(workspace.refused(thief), "does not hold the leaf");
    let leaves = workspace.read("leaves.txt");
    workspace.write("leaves.txt", format!("0x{:064x}\nno leaf\n", 1));
    expect(path_of(&[]), "line 2: no leaf");
    // More leaves than a tree of depth 4 has, the member's among them.
    let full: String = (1..=16).map(|i| format!("0x{i:064x}\n")).collect();
    workspace.write("leaves.txt", format!("{full}{}", String::from_utf8(leaves).unwrap()));
    expect(path_of(&[]), "the tree of depth 4 is full");
    // Secrets and salts are not lost by accident, and one is not the other.
    expect(workspace.refused(["member", "key", "--save-secret", "secret.json"]), "a secret that is lost");
    expect(workspace.refused(["member", "key", "--secret", "salt.json"]), "holds no secret");
    expect(
        workspace.refused(["member", "key", "--secret", "secret.json", "--save-secret", "a"]),
        "cannot be used",
    );
}

#[test]
fn a_model_without_a_member_takes_no_membership() {
    let member = member();
    let plain = Workspace::with_keys();
    plain.write("membership.json", member.read("membership.json"));
    let stderr = plain.refused(prove(&["--membership", "membership.json"]));
    assert!(stderr.contains("has no member input"), "{stderr}");
    let key = format!("0x{:064x}", 1);
    let leaf = ["member", "leaf", "--model", "model.assay", "--input", "input.json", "--key", &key];
    let stderr = plain.refused(leaf.into_iter().chain(["--save-salt", "salt.json"]));
    assert!(stderr.contains("has no member input"), "{stderr}");
    // Names and depths that there are not.
    let compile = |member: &'static str| {
        plain.refused([
            "compile",
            "model.onnx",
            "--calibration",
            "samples.csv",
            "-o",
            "m.assay",
            "--member",
            member,
        ])
    };
    assert!(compile("z:4").contains("no such input"));
    assert!(compile("x:33").contains("1 to 32"));
    assert!(compile("x").contains("INPUT:DEPTH"));
}

#[test]
fn inspection_and_audit_know_members() {
    let workspace = member();
    let text = workspace.succeed(["inspect", "model.assay"]);
    assert!(text.contains("input, member (depth 4)"), "{text}");
    let shown = json(workspace.succeed(["inspect", "model.assay", "--json"]));
    assert!(shown.to_string().contains("\"depth\":4"), "{shown}");
    assert!(workspace.succeed(["audit", "model", "model.assay"]).contains("determined"));
    let run = ["run", "--model", "model.assay", "--input", "input.json", "--witness", "model.wtns"];
    let stderr = workspace.refused(run);
    assert!(stderr.contains("its membership is missing"), "{stderr}");
    workspace.succeed(run.into_iter().chain(["--membership", "membership.json"]));
}
