//! A cluster that lies, floods, fails at the wrong moment or loses its answers: nothing is believed that can be checked.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::*;

fn at_slot(value: Value) -> Answer {
    Answer::Result(json!({ "context": { "slot": 1 }, "value": value }))
}

fn unknown(times: usize) -> impl Iterator<Item = Answer> {
    (0..times).map(|_| at_slot(json!([null])))
}

#[test]
fn what_the_program_returned_is_compared_before_anything_is_sent() {
    let world = World::of(Workspace::proven()).with(|model| model.status = Status::Active as u8);
    let submit = ["submit", "decision.proof", "--to", &world.address.to_string()];
    assert_eq!(world.refused(&submit).0, "rpc-answer", "it says nothing of it");
    for program in [verifier::ID, Address::default()] {
        world.cluster.state().simulation["returnData"] =
            json!({ "programId": program.to_string(), "data": ["AAAA", "base64"] });
        let output = world.cluster.run(&world.workspace, &submit);
        assert_eq!(output.status.code(), Some(3), "{}", show(&output));
    }
    assert!(world.cluster.sent().is_empty());
}

#[test]
fn long_answers_are_read_for_lists_alone_and_into_nothing_else() {
    let world = World::new().with(|_| {});
    let many = || Answer::Result(Value::Array(vec![json!({ "": 0 }); 100_000]));
    world.cluster.script("getGenesisHash", [many()]);
    let (code, message) = world.refused(&REGISTER);
    assert!(code == "rpc-answer" && message.contains("more than 256 KiB"), "{message}");
    let list = |more: &[&str]| {
        let output = world
            .workspace
            .run([&["model", "list", "--json", "--url", &world.cluster.url][..], more].concat());
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    world.cluster.script("getProgramAccounts", [many()]);
    assert_eq!(list(&[])["error"]["code"], "rpc-answer");
    // One model a thousand times, and a filter that the server does not know.
    let data = BASE64.encode(&world.cluster.state().accounts[&world.address].1);
    let item = json!({ "pubkey": world.address.to_string(), "account": { "owner": verifier::ID.to_string(), "data": [data, "base64"] } });
    world.cluster.script("getProgramAccounts", [Answer::Result(Value::Array(vec![item; 1_000]))]);
    assert_eq!(list(&[])["models"].as_array().unwrap().len(), 1);
    assert_eq!(list(&["--authority", &verifier::ID.to_string()])["models"], json!([]));
}

#[test]
fn what_stands_at_an_address_is_what_the_address_is_made_of() {
    let world = World::of(Workspace::proven()).with(|model| model.status = Status::Active as u8);
    let to = world.address.to_string();
    let submit = ["submit", "decision.proof", "--to", &to];
    let changes: [fn(&mut Model); 7] = [
        |model| model.domain = [1; 32],
        |model| model.limb_count = 7,
        |model| model.key_hash = [7; 32],
        |model| model.key[40] ^= 1,
        |model| model.schema[20] ^= 1,
        |model| model.id = [1; 32],
        |model| model.registrar = Address::new_from_array([5; 32]),
    ];
    let mut world = world;
    for change in changes {
        world = world.with(change);
        for arguments in [&submit[..], &["model", "suspend", &to], &REGISTER] {
            assert_eq!(world.refused(arguments).0, "rpc-answer");
        }
    }
    // Another address shows a sound model.
    let world = world.with(|model| model.status = Status::Active as u8);
    let sound = world.cluster.state().accounts[&world.address].clone();
    let elsewhere = Address::new_from_array([6; 32]);
    world.cluster.state().accounts.insert(elsewhere, sound);
    assert_eq!(world.refused(&["model", "suspend", &elsewhere.to_string()]).0, "rpc-answer");

    // A receipt of another statement.
    let digest =
        ProofFile::from_bytes(&world.workspace.read("decision.proof")).unwrap().statement.digest().unwrap();
    let mut found = Receipt::zeroed();
    (found.model, found.digest, found.version) = (world.address, [1; 32], Receipt::VERSION);
    let data = [<Receipt as anchor_lang::Discriminator>::DISCRIMINATOR, bytes_of(&found)].concat();
    let receipt = verifier::receipt_address(&world.address, &digest);
    world.cluster.state().accounts.insert(receipt, (verifier::ID, data));
    assert_eq!(world.refused(&submit).0, "rpc-answer");
    let look = ["receipt", "show", &receipt.to_string(), "--url", &world.cluster.url, "--json"];
    assert_eq!(world.workspace.run(look).status.code(), Some(2));
}

#[test]
fn a_model_that_cannot_be_used_is_not_registered_already() {
    let world = World::new().with(|model| model.authority = Address::new_from_array([5; 32]));
    let (_, message) = world.refused(&REGISTER);
    assert!(
        message.contains(&format!("{} is its authority now", Address::new_from_array([5; 32]))),
        "{message}"
    );
    let world = world.with(|model| (model.status, model.retired_at) = (Status::Retired as u8, 1));
    assert!(world.refused(&REGISTER).1.contains("retired on"));
}

#[test]
fn the_status_decides_whatever_the_server_said_to_the_transaction() {
    let world = World::new();
    let said = |code: i64, message: &str| Answer::Error(json!({ "code": code, "message": message }));
    for answer in [
        said(-32_603, "Internal error"),
        said(-32_002, "Transaction simulation failed: This transaction has already been processed"),
        said(-32_002, "no"),
        Answer::Page(503, "busy"),
        Answer::Page(308, ""),
    ] {
        world.cluster.script("sendTransaction", [answer.clone()]);
        world.cluster.script("getSignatureStatuses", unknown(2));
        let before = world.cluster.sent().len();
        assert_eq!(world.json(&REGISTER)["registered"], true, "{answer:?}");
        assert_eq!(world.cluster.sent().len(), before + 1, "{answer:?}: what has effects is asked once");
    }
    // What is read afterwards is no older.
    assert_eq!(world.cluster.asked("getAccountInfo").last().unwrap()[1]["minContextSlot"], 12);

    let refusal = json!({ "err": { "InstructionError": [1, { "Custom": 6010 }] }, "logs": [] });
    let refused = json!({ "code": -32_002, "message": "no", "data": refusal });
    world.cluster.script("sendTransaction", [Answer::Error(refused)]);
    world.cluster.script("getSignatureStatuses", unknown(9));
    let error = world.cluster.failed(&world.workspace, &REGISTER);
    assert_eq!(
        (&error["code"], &error["name"], &error["number"]),
        (&json!("refused"), &json!("ModelExists"), &json!(6010))
    );
    assert!(error["message"].as_str().unwrap().contains(error["signature"].as_str().unwrap()), "{error}");
    // A server without history is asked for what it has.
    world.cluster.state().script.clear();
    world.cluster.script("sendTransaction", [said(-32_603, "Internal error")]);
    world.cluster.script("getSignatureStatuses", [said(-32_011, "no history")]);
    assert_eq!(world.json(&REGISTER)["registered"], true);
}

#[test]
fn a_failed_look_afterwards_undoes_nothing() {
    let world = World::new().with(|_| {});
    let data = BASE64.encode(&world.cluster.state().accounts[&world.address].1);
    let model = json!({ "owner": verifier::ID.to_string(), "data": [data, "base64"] });
    let dead = || Answer::Page(500, "dead");
    world.cluster.script("getAccountInfo", [at_slot(Value::Null), at_slot(model), dead()]);
    let done = world.json(&REGISTER);
    assert_eq!((&done["registered"], &done["model"]), (&json!(true), &json!(world.address.to_string())));
    let suspend = world.step("suspend", &[]);
    let (account, clock) = (world.cluster.state().accounts[&world.address].clone(), [0; 40]);
    let written = |owner: Address, data: &[u8]| {
        at_slot(json!({ "owner": owner.to_string(), "data": [BASE64.encode(data), "base64"] }))
    };
    world.cluster.script(
        "getAccountInfo",
        [written(account.0, &account.1), written(Address::default(), &clock), dead()],
    );
    let done = world.json(&texts(&suspend));
    assert_eq!((&done["changed"], &done["status"]), (&json!(true), &Value::Null), "not what it was before");
}

#[test]
fn an_interruption_names_what_may_still_land() {
    let world = World::new();
    world.cluster.script("getSignatureStatuses", unknown(200));
    let common = ["--url", &world.cluster.url, "--keypair", "id.json"];
    let mut command = world.workspace.command(REGISTER.iter().chain(&common));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while world.cluster.sent().is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it sent anything");
        std::thread::sleep(Duration::from_millis(5));
    }
    let told = Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(stderr.contains("may be executed all the same") && !stderr.contains("nothing was"), "{stderr}");
}

#[test]
fn a_servers_words_are_short_and_hide_nothing() {
    let world = World::new();
    let words = format!("\u{1b}[2J\nhint: run\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}{}", "a".repeat(1_000));
    let is_clean = |text: &str| text.len() < 3_000 && text.chars().all(|c| !assay_chain::is_hidden(c));
    world.cluster.script("getGenesisHash", [Answer::Error(json!({ "code": -32_000, "message": words }))]);
    let error = world.cluster.refused(&world.workspace, &REGISTER);
    let message = error["message"].as_str().unwrap();
    assert!(is_clean(message) && message.contains(r"\u{1b}[2J\nhint: run\u{202e}"), "{message}");
    let unheard = Value::Object([(words.clone(), json!(1))].into_iter().collect());
    world.cluster.state().simulation =
        json!({ "err": unheard, "logs": vec![words.clone(); 9], "unitsConsumed": 5 });
    let error = world.cluster.refused(&world.workspace, &REGISTER);
    assert!(
        ["message", "hint", "name"].iter().all(|field| is_clean(error[field].as_str().unwrap())),
        "{error}"
    );
    world.cluster.script("getGenesisHash", [Answer::Page(307, "")]);
    let (code, message) = world.refused(&REGISTER);
    assert!(code == "rpc-answer" && message.contains("a redirect to"), "{message}");
}

#[test]
fn the_priority_fee_is_counted_and_has_an_end() {
    let world = World::new();
    let with = |price: &'static str| [&REGISTER[..], &["--priority-fee", price]].concat();
    // 111000 compute units.
    let (code, message) = world.refused(&with("10000000000"));
    assert!(code == "price" && message.contains("1.11 SOL in all"), "{message}");
    world.cluster.state().lamports = 20_000_000;
    let (code, message) = world.refused(&with("1000000000"));
    assert!(code == "funds" && message.contains("0.111005 for fees"), "{message}");
    assert_eq!(world.json(&REGISTER)["registered"], true);
}

#[test]
fn a_configuration_is_read_as_far_as_it_is_used() {
    let world = World::new();
    let list = |name: &'static str, more: &[&str]| {
        world.workspace.run([&["model", "list", "--config", name][..], more].concat()).status.code()
    };
    let text = format!("json_rpc_url: {} # local\ncommitment: soon\n", world.cluster.url);
    world.workspace.write("soon.yml", &text);
    world.workspace.write("long.yml", text + &"#".repeat(80 << 10));
    assert_eq!(list("soon.yml", &[]), Some(2));
    assert_eq!(list("soon.yml", &["--commitment", "confirmed"]), Some(0));
    assert_eq!(list("long.yml", &["--commitment", "confirmed"]), Some(2));
}
