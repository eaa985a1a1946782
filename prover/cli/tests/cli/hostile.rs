//! Members as an adversary and a careless holder have them: files of any shape, secrets in messages, proofs of trees of one's
//! own, and what each message makes its reader believe.

use std::os::unix::fs::PermissionsExt;

use assay_interface::artifact::{self, Kind};
use serde_json::{Value, json};

use crate::common::{SEED, Workspace, prove};

const SCOPE: &str = "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f";
const VERIFY: [&str; 7] = ["verify", "--vk", "model.vk", "--proof", "model.proof", "--model", "model.assay"];

/// With keys of a model whose input `x` is in a tree of depth 3.
fn with_keys() -> Workspace {
    let workspace = Workspace::with_model();
    workspace.succeed(["compile", "model.onnx", "--calibration", "samples.csv", "--member", "x:3"]);
    workspace.succeed(["setup", "model.assay", "--development", "--seed", SEED]);
    workspace.succeed(["member", "key", "--save-secret", "secret.json"]);
    workspace
}

fn hex_field(workspace: &Workspace, file: &str, field: &str) -> String {
    let value: Value = serde_json::from_slice(&workspace.read(file)).unwrap();
    value[field].as_str().unwrap().to_owned()
}

/// The leaf of an input under a fresh salt, and the path to it among these leaves; gives the root.
fn enter(workspace: &Workspace, input: &str, others: &[u8]) -> String {
    let key = workspace.succeed(["member", "key", "--secret", "secret.json"]);
    let model = ["--model", "model.assay", "--input", input];
    let leaf = ["member", "leaf", "--key", key.trim(), "--save-salt", "salt.json"];
    let leaf = workspace.succeed(leaf.into_iter().chain(model));
    let others: String = others.iter().map(|i| format!("0x{i:064x}\n")).collect();
    workspace.write("leaves.txt", format!("{others}{leaf}"));
    let path = ["member", "path", "--secret", "secret.json", "--salt", "salt.json", "--leaves", "leaves.txt"];
    let more = ["--scope", SCOPE, "-o", "membership.json", "--json"];
    let found = workspace.succeed(path.into_iter().chain(model).chain(more));
    serde_json::from_str::<Value>(&found).unwrap()["root"].as_str().unwrap().to_owned()
}

#[test]
fn files_of_any_shape_are_refused_and_no_secret_is_repeated() {
    let workspace = with_keys();
    enter(&workspace, "input.json", &[1, 2]);
    let good: Value = serde_json::from_slice(&workspace.read("membership.json")).unwrap();
    let (secret, salt) =
        (hex_field(&workspace, "secret.json", "secret"), hex_field(&workspace, "salt.json", "salt"));
    let text = good.to_string();
    let with = |field: &str, value: Value| {
        let mut wrong = good.clone();
        wrong[field] = value;
        wrong.to_string()
    };
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let cases: Vec<String> = vec![
        String::new(),
        format!("\"{secret}\""),
        format!("[\"{secret}\", \"{salt}\"]"),
        secret.clone(),
        secret[2..].to_owned(),
        format!("{{\"{secret}\": \"{salt}\"}}"),
        text.replacen("\"secret\"", &format!("\"{salt}\""), 1),
        // Twice one field: whichever counts, another reader takes the other.
        text.replacen('{', &format!("{{\"secret\": \"{salt}\","), 1),
        text[..text.len() - 1].to_owned(),
        format!("{text}{text}"),
        text.replacen(&secret, &format!("{secret}00"), 1),
        with("secret", json!({ "secret": secret })),
        with("secret", json!([secret])),
        with("secret", Value::Null),
        with("position", json!(secret)),
        with("position", json!(0.0)),
        with("position", json!(-1)),
        with("position", json!(8)),
        with("position", json!(4_294_967_296u64)),
        with("siblings", json!({ "0": secret })),
        with("siblings", json!([])),
        with("siblings", json!(vec![secret.clone(); 4])),
        with("siblings", json!(vec![json!(secret); 2].into_iter().chain([Value::Null]).collect::<Vec<_>>())),
        with("scope", json!(format!("{SCOPE}00"))),
        with("scope", json!(format!("{}zz", &SCOPE[2..]))),
        format!("{{\"secret\": {deep}}}"),
        // A file of other things that is too long to be read.
        format!("{{\"secret\": \"{}\"}}", secret.repeat(2_000)),
    ];
    for case in cases {
        workspace.write("wrong.json", &case);
        for json in [&[][..], &["--json"][..]] {
            let before = workspace.listing();
            let output = workspace.run(prove(&[&["--membership", "wrong.json"], json].concat()));
            let said = format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            let start: String = case.chars().take(80).collect();
            assert_eq!(output.status.code(), Some(2), "{start}: {said}");
            assert_eq!(before, workspace.listing(), "{start}");
            for hidden in [&secret, &salt] {
                assert!(!said.contains(&hidden[2..]), "{start}: {said}");
            }
        }
    }
    // Secrets and salts as files of their own, mixed up and malformed.
    for case in
        [format!("\"{secret}\""), secret.clone(), format!("{{\"salt\": \"{secret}\"}}"), text.clone() + "x"]
    {
        workspace.write("wrong.json", &case);
        let said = workspace.refused(["member", "key", "--secret", "wrong.json"]);
        assert!(said.contains("holds no secret") && !said.contains(&secret[2..]), "{said}");
    }
}

/// The salts of committed inputs are read in the same way.
#[test]
fn messages_about_salts_do_not_repeat_them() {
    let workspace = Workspace::with_model();
    workspace.succeed(["compile", "model.onnx", "--calibration", "samples.csv", "--commit", "x"]);
    workspace.succeed(["setup", "model.assay", "--development", "--seed", SEED]);
    let salt = "0x07b51cba2455ebdcc8c2338267cf914c135a621171ac17a18264f5fa63ff49f9";
    for case in
        [format!("\"{salt}\""), format!("[\"{salt}\"]"), format!("{{\"x\": \"{salt}\", \"x\": \"{salt}\"}}")]
    {
        workspace.write("salts.json", &case);
        let said = workspace.refused(prove(&["--salts", "salts.json"]));
        assert!(said.contains("not a JSON object of salts") && !said.contains(&salt[2..]), "{said}");
    }
}

#[test]
fn secrets_are_for_their_owner_whatever_the_umask() {
    let workspace = with_keys();
    let key = workspace.succeed(["member", "key", "--secret", "secret.json"]);
    // What stood there before, readable by everybody, gives way with its mode.
    for file in ["salt.json", "membership.json"] {
        workspace.write(file, "");
        std::fs::set_permissions(workspace.path(file), std::fs::Permissions::from_mode(0o666)).unwrap();
    }
    let leaf = ["member", "leaf", "--model", "model.assay", "--input", "input.json", "--key", key.trim()];
    let leaf = workspace.succeed(leaf.into_iter().chain(["--save-salt", "salt.json", "--force"]));
    workspace.write("leaves.txt", leaf);
    let path =
        ["member", "path", "--model", "model.assay", "--input", "input.json", "--secret", "secret.json"];
    let more = ["--salt", "salt.json", "--leaves", "leaves.txt", "--scope", SCOPE, "-o", "membership.json"];
    workspace.succeed(path.into_iter().chain(more));
    for file in ["secret.json", "salt.json", "membership.json"] {
        let mode = std::fs::metadata(workspace.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

/// Anybody keeps a tree: one leaf makes one. Its proof is valid, and only who asks for root and scope learns that it says nothing.
#[test]
fn a_tree_of_ones_own_is_valid_until_the_root_is_asked_for() {
    let workspace = with_keys();
    let root = enter(&workspace, "input.json", &[]);
    workspace.succeed(prove(&["--membership", "membership.json"]));
    let ask = |more: &[&str]| {
        let output = workspace.run(VERIFY.iter().chain(more));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, _, said) = ask(&[]);
    assert_eq!(code, Some(0));
    assert!(said.contains("root and scope are the prover's choice"), "{said}");
    let other = format!("0x{:064x}", 7);
    for (more, part) in [
        (vec!["--root", &other], "root"),
        (vec!["--root", &other, "--scope", SCOPE], "root"),
        (vec!["--root", &root, "--scope", &other], "scope"),
        (vec!["--scope", &other], "scope"),
    ] {
        let (code, shown, _) = ask(&more);
        assert_eq!(code, Some(1), "{shown}");
        assert!(shown.contains(&format!("the {part} of x differs")), "{shown}");
    }
    let (code, _, said) = ask(&["--root", &root, "--scope", SCOPE]);
    assert_eq!(code, Some(0));
    assert!(!said.contains("prover's choice"), "{said}");
    // One of the two leaves the other open.
    assert!(ask(&["--root", &root]).2.contains("prover's choice"));
    // No element, no model, no member.
    let order = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    assert!(
        workspace.refused(VERIFY.into_iter().chain(["--root", order])).contains("below the field's order")
    );
    workspace.refused(VERIFY[..5].iter().chain(&["--root", &root]));
    let plain = Workspace::proven();
    let verify = ["verify", "--vk", "model.vk", "--proof", "decision.proof", "--model", "model.assay"];
    let said = plain.refused(verify.into_iter().chain(["--scope", SCOPE]));
    assert!(said.contains("has no member input"), "{said}");
}

/// With the numbers of another row the path leads elsewhere: a proof, and of no tree. The root that is printed shows it.
#[test]
fn proofs_show_the_root_that_they_are_of() {
    let workspace = with_keys();
    let root = enter(&workspace, "input.json", &[1, 2, 3]);
    let said = workspace.succeed(prove(&["--membership", "membership.json"]));
    assert!(said.contains("member, root") && said.contains(&root) && said.contains(SCOPE), "{said}");
    workspace.write("input.json", "{\"a\": 0.75, \"b\": -0.25}");
    let said = workspace.succeed(prove(&["--membership", "membership.json", "-o", "other.proof"]));
    assert!(said.contains("member, root") && !said.contains(&root), "{said}");
}

#[test]
fn many_rows_of_a_member_are_refused_before_anything_is_made() {
    let workspace = with_keys();
    let all = ["prove", "--model", "model.assay", "--key", "model.pk", "--input", "samples.csv", "--all"];
    let said = workspace.refused(all.into_iter().chain(["--output-dir", "proofs"]));
    assert!(said.contains("a membership is of one row") && said.contains("--row"), "{said}");
}

/// A compiled model holds no circuit, but its digest: a file that claims a tree of another depth has no circuit of that digest.
#[test]
fn a_file_that_claims_another_depth_is_no_model() {
    let workspace = with_keys();
    let bytes = workspace.read("model.assay");
    let file = artifact::decode(Kind::Circuit, &bytes).unwrap();
    // Bits and scale of `x` stand before visibility and depth, and the output's name behind.
    let places: Vec<usize> =
        (0..file.payload.len() - 1).filter(|&i| file.payload[i..i + 2] == [2, 3]).collect();
    let claims = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut payload = file.payload.to_vec();
        change(&mut payload);
        workspace.write("forged.assay", artifact::encode(Kind::Circuit, file.parent, &payload));
        workspace.refused(["inspect", "forged.assay"])
    };
    let mut depths_refused = 0;
    for place in places {
        for depth in [0, 33, 255] {
            let said = claims(&|payload| payload[place + 1] = depth);
            depths_refused += usize::from(said.contains(&format!("depth {depth}; it needs 1 to 32")));
        }
        for depth in [1, 2, 4, 20, 32] {
            claims(&|payload| payload[place + 1] = depth);
        }
        // A depth that is missing, or a visibility that there is not.
        claims(&|payload| {
            let _depth = payload.remove(place + 1);
        });
        claims(&|payload| payload[place] = 3);
    }
    assert_eq!(depths_refused, 3, "one place is the schema's");
}
