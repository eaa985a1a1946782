//! From a model to verified decisions, and what is refused on the way.

use std::{ops::ControlFlow, sync::LazyLock};

use assay::{
    Certainty, Choice, CircuitBinding, Class, CompileOptions, Content, Context, DecisionClaim, Error, Keys,
    MemberInput, Membership, Model, Observer, ProofFile, Prover, Salts, Samples, Scalar, SetupRecord,
    SetupSeed, Stage, Strategy, Verifier, VerifyingKey, draw_scalar, member, system_rng,
};

fn sources(folder: &str) -> (Vec<u8>, Samples) {
    let folder = format!("{}/../../models/suite/{folder}", env!("CARGO_MANIFEST_DIR"));
    let onnx = std::fs::read(format!("{folder}/model.onnx")).unwrap();
    (onnx, Samples::open(format!("{folder}/calibration.csv").as_ref()).unwrap())
}

fn compile(folder: &str, options: CompileOptions) -> (Model, Vec<Vec<f64>>) {
    let (onnx, samples) = sources(folder);
    let model = Model::compile(&onnx, &samples, &options).unwrap().model;
    let rows = model.arrange(&samples).unwrap().rows;
    (model, rows)
}

struct Fixture {
    model: Model,
    rows: Vec<Vec<f64>>,
    keys: Keys,
    record: SetupRecord,
    prover: Prover,
}

fn fixture() -> &'static Fixture {
    static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
        let (model, rows) = compile("linear-score", CompileOptions::default());
        let seed = SetupSeed::from_bytes([7; 32]);
        let (keys, record) = Keys::setup_recorded(&model, seed, Observer::none()).unwrap();
        let prover = Prover::new(&model, &keys).unwrap();
        Fixture { model, rows, keys, record, prover }
    });
    &FIXTURE
}

/// Another circuit with the same tensors.
fn other() -> &'static (Model, Keys) {
    static OTHER: LazyLock<(Model, Keys)> = LazyLock::new(|| {
        let (model, _) =
            compile("linear-score", CompileOptions { max_error: 0.2, ..CompileOptions::default() });
        assert_ne!(model.circuit_digest(), fixture().model.circuit_digest());
        let keys = Keys::setup(&model, &mut system_rng().unwrap()).unwrap();
        (model, keys)
    });
    &OTHER
}

/// The verifying key of `keys` in a file that names another circuit, its checksum right.
fn patched(keys: &Keys, circuit: [u8; 32]) -> VerifyingKey {
    let key = keys.verifying_key();
    let mut payload = key.to_bytes().split_off(assay_interface::artifact::HEADER_LEN);
    payload[..32].copy_from_slice(&circuit);
    let bytes =
        assay_interface::artifact::encode(assay_interface::artifact::Kind::VerifyingKey, circuit, &payload);
    VerifyingKey::from_bytes(&bytes).unwrap()
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn eight_threads_prove_at_once() {
    let Fixture { model, rows, prover, keys, .. } = fixture();
    let verifier = Verifier::of_keys(keys).for_model(model).unwrap();
    let threads: Vec<_> = (0..8u8)
        .map(|thread| {
            let (prover, row) = (prover.clone(), rows[usize::from(thread)].clone());
            std::thread::spawn(move || {
                let inputs = prover.model().quantize(&row).unwrap();
                (0..3u8)
                    .map(|round| prover.prove(&inputs, Context([thread * 8 + round; 32])).unwrap())
                    .collect()
            })
        })
        .collect();
    for (thread, handle) in threads.into_iter().enumerate() {
        let decisions: Vec<assay::Decision> = handle.join().unwrap();
        for (round, decision) in decisions.iter().enumerate() {
            let verified = verifier.verify_file(&decision.to_file()).unwrap();
            verified.expect_context(Context([(thread * 8 + round) as u8; 32])).unwrap();
            let inputs = model.quantize(&rows[thread]).unwrap();
            verified.expect_inputs(&inputs, &Salts::none()).unwrap();
            assert_eq!(decision.outputs, model.evaluate(&inputs).unwrap());
            assert_eq!(verified.tensors.unwrap().outputs, decision.outputs.tensors());
            assert!(decision.timings.prove >= decision.timings.phases.h);
        }
    }
}

#[test]
fn what_was_stated_cannot_be_changed() {
    let Fixture { model, rows, prover, keys, .. } = fixture();
    let verifier = Verifier::of_keys(keys).for_model(model).unwrap();
    let inputs = model.quantize(&rows[0]).unwrap();
    let decision = prover.prove(&inputs, Context([1; 32])).unwrap();
    let file = ProofFile::from_bytes(&decision.to_bytes()).unwrap();
    let verified = verifier.verify_file(&file).unwrap();
    assert_eq!(code(verified.expect_context(Context::NONE)), "other-context");
    let others = model.quantize(&rows[1]).unwrap();
    let error = verified.expect_inputs(&others, &Salts::none()).unwrap_err();
    assert!(error.to_string().contains(&model.features()[0].name), "{error}");
    assert_eq!((error.code(), error.class()), ("other-input", Class::Invalid));

    let tampered = |change: fn(&mut ProofFile)| {
        let mut file = file.clone();
        change(&mut file);
        let error = verifier.verify_file(&file).unwrap_err();
        assert_eq!(error.class(), Class::Invalid);
        error.code()
    };
    assert_eq!(tampered(|file| file.statement.context[0] ^= 1), "invalid-proof");
    assert_eq!(tampered(|file| file.statement.domain = Scalar::from(5u64)), "invalid-proof");
    assert_eq!(
        tampered(|file| *file.statement.limbs.last_mut().unwrap() = Scalar::from(5u64)),
        "invalid-proof"
    );
    assert_eq!(tampered(|file| file.statement.limbs.truncate(1)), "invalid-proof");
    assert_eq!(tampered(|file| file.key[0] ^= 1), "proof-key");
    // A proof of a model that is not the verifier's is none of its, whatever key it names.
    let (other_model, other_keys) = other();
    let elsewhere = Verifier::of_keys(other_keys).for_model(other_model).unwrap();
    assert_eq!(code(elsewhere.verify(&file.statement, &decision.proof)), "invalid-proof");
}

#[test]
fn parts_of_two_models_are_refused() {
    let Fixture { model, rows, keys, prover, .. } = fixture();
    let (other_model, other_keys) = other();
    let inputs = other_model.quantize(&rows[0]).unwrap();
    assert_eq!(code(model.evaluate(&inputs)), "other-model");
    assert_eq!(code(prover.prove(&inputs, Context::NONE)), "other-model");
    let execution = other_model.execute(&inputs, Context::NONE, &Salts::none()).unwrap();
    let refused = prover.prove_execution(&execution, &mut system_rng().unwrap(), Observer::none());
    assert_eq!(code(refused), "other-model");
    assert_eq!(code(Prover::new(model, other_keys)), "prove");
    assert_eq!(code(Verifier::of_keys(keys).for_model(other_model)), "wrong-circuit");

    let salts = Salts::from_scalars(vec![Scalar::from(3u64)]);
    let inputs = model.quantize(&rows[0]).unwrap();
    assert_eq!(code(model.execute(&inputs, Context::NONE, &salts)), "salt-count");
    let integers = inputs.integers().to_vec();
    assert_eq!(model.inputs(integers.clone()).unwrap(), inputs);
    assert_eq!(code(model.inputs(vec![])), "integers");
    let changed = |change: fn(&mut Vec<i64>)| {
        let mut integers = integers.clone();
        change(&mut integers[0]);
        code(model.inputs(integers))
    };
    assert_eq!(changed(|values| values[0] = 1 << 40), "integers");
    assert_eq!(changed(|values| values.push(0)), "integers");
    let mut outside = rows[0].clone();
    outside[0] = 1e6;
    assert_eq!(code(model.quantize(&outside)), "input");
}

/// A key of another circuit with this circuit's digest written into it: every check of the file passes.
#[test]
fn a_key_of_another_circuit_with_its_digest_patched_is_found_by_the_record() {
    let Fixture { model, keys, record, .. } = fixture();
    let (_, other_keys) = other();
    let forged = patched(other_keys, model.circuit_digest());
    let verifier = Verifier::new(forged).for_model(model).unwrap();
    assert_eq!(verifier.binding(), CircuitBinding::Claimed);
    let recomputed = Keys::recompute(model, record, Observer::none()).unwrap();
    assert_eq!(code(verifier.confirm(&recomputed)), "other-key");
    // The honest key passes, and only a recomputation counts as one.
    let honest = Verifier::new(keys.verifying_key().clone()).for_model(model).unwrap();
    assert_eq!(honest.clone().confirm(&recomputed).unwrap().binding(), CircuitBinding::Recomputed);
    let loaded = Keys::load(keys.as_bytes()).unwrap();
    assert_eq!(loaded.binding(), CircuitBinding::Claimed);
    assert_eq!(code(honest.confirm(&loaded)), "not-recomputed");
    assert_eq!(loaded.confirm(&recomputed).unwrap().binding(), CircuitBinding::Recomputed);
    assert_eq!(code(Keys::recompute(&other().0, record, Observer::none())), "setup-record");

    // A proof under the claimed key says so.
    let inputs = model.quantize(&fixture().rows[0]).unwrap();
    let decision = fixture().prover.prove(&inputs, Context::NONE).unwrap();
    let claimed = Verifier::new(keys.verifying_key().clone()).verify_file(&decision.to_file()).unwrap();
    assert_eq!(code(claimed.expect_recomputed()), "not-recomputed");
    let checked = Verifier::of_keys(&recomputed).verify_file(&decision.to_file()).unwrap();
    checked.expect_recomputed().unwrap();
}

#[test]
fn a_record_round_trips_and_a_changed_one_gives_another_key() {
    let Fixture { model, record, .. } = fixture();
    let bytes = record.to_secret_bytes();
    let read = SetupRecord::from_bytes(&bytes).unwrap();
    assert_eq!((read.circuit_digest(), read.key_digest()), (record.circuit_digest(), record.key_digest()));
    assert!(!format!("{read:?}").contains("7, 7"), "the seed is not shown");
    let mut payload = bytes[assay_interface::artifact::HEADER_LEN..].to_vec();
    payload[95] ^= 1;
    let kind = assay_interface::artifact::Kind::SetupRecord;
    let altered = assay_interface::artifact::encode(kind, record.circuit_digest(), &payload);
    let altered = SetupRecord::from_bytes(&altered).unwrap();
    assert_eq!(code(Keys::recompute(model, &altered, Observer::none())), "setup-record");
}

#[test]
fn committed_inputs_are_hidden_and_can_be_shown() {
    let (model, rows) = compile("linear-score", CompileOptions::default());
    let name = model.schema().inputs()[0].name.clone();
    let options =
        CompileOptions { commit: vec![name.clone()], ranges: Strategy::Lookup, ..CompileOptions::default() };
    let (model, _) = (compile("linear-score", options).0, model);
    assert_eq!(model.committed_inputs().collect::<Vec<_>>(), [name.as_str()]);
    let keys = Keys::setup(&model, &mut system_rng().unwrap()).unwrap();
    let prover = Prover::new(&model, &keys).unwrap();
    let inputs = model.quantize(&rows[0]).unwrap();
    let [first, second] = [(); 2].map(|()| prover.prove(&inputs, Context::NONE).unwrap());
    assert_ne!(first.statement.limbs, second.statement.limbs, "salts are fresh");
    let verifier = Verifier::of_keys(&keys).for_model(&model).unwrap();
    let verified = verifier.verify_file(&first.to_file()).unwrap();
    assert_eq!(verified.tensors.as_ref().unwrap().inputs[0].integers(), None);
    verified.expect_inputs(&inputs, &first.salts).unwrap();
    assert_eq!(code(verified.expect_inputs(&inputs, &second.salts)), "other-input");
    assert_eq!(code(verified.expect_inputs(&inputs, &Salts::none())), "salt-count");
    let others = model.quantize(&rows[1]).unwrap();
    assert_eq!(code(verified.expect_inputs(&others, &first.salts)), "other-input");

    let json = first.salts.to_json(&model);
    assert_eq!(Salts::from_json(&model, json.as_bytes()).unwrap(), first.salts);
    assert!(!format!("{:?}", first.salts).contains("0x"), "salts are not shown");
    for wrong in ["{}", "[]", "{\"x\": 5}", &json.replace("0x", "0xf")] {
        assert_eq!(code(Salts::from_json(&model, wrong.as_bytes())), "salts", "{wrong}");
    }
}

/// Issuer and holder, a tree of three leaves, and a verifier who compares root and scope.
#[test]
fn a_member_shows_root_scope_and_nullifier() {
    let member_of = |depth| {
        let member = Some(MemberInput { name: "applicant".into(), depth });
        compile("linear-score", CompileOptions { member, ..CompileOptions::default() })
    };
    let (model, rows) = member_of(6);
    assert_eq!(model.member_input(), Some(("applicant", 6)));
    assert_eq!(model.committed_inputs().count(), 0);
    let rng = &mut system_rng().unwrap();
    let inputs = model.quantize(&rows[0]).unwrap();
    let (secret, salt) = (draw_scalar(rng), draw_scalar(rng));
    let leaf = inputs.leaf(salt, member::key(secret).unwrap()).unwrap();
    let tree = member::Tree::from_leaves(6, &[Scalar::from(1u64), leaf, Scalar::from(2u64)]).unwrap();
    let membership =
        Membership { secret, salt, position: 1, siblings: tree.path(1).unwrap(), scope: [0x5a; 32] };

    let keys = Keys::setup(&model, rng).unwrap();
    let prover = Prover::new(&model, &keys).unwrap();
    assert_eq!(code(prover.prove(&inputs, Context::NONE)), "member");
    let member_inputs = inputs.clone().with_membership(membership.clone()).unwrap();
    let decision = prover.prove(&member_inputs, Context([3; 32])).unwrap();
    let verifier = Verifier::of_keys(&keys).for_model(&model).unwrap();
    let verified = verifier.verify_file(&decision.to_file()).unwrap();
    let nullifier = member::nullifier(secret, &[0x5a; 32]).unwrap();
    let claim = member::Claim { root: tree.root(), scope: [0x5a; 32], nullifier };
    let tensors = verified.tensors.as_ref().unwrap();
    assert_eq!(tensors.inputs[0].content, Content::Member(claim));
    assert_eq!(tensors.inputs[0].integers(), None);
    assert_eq!(member_inputs.member_claim().unwrap(), Some(claim));
    verified.expect_inputs(&member_inputs, &Salts::none()).unwrap();
    assert_eq!(code(verified.expect_inputs(&inputs, &Salts::none())), "member");
    let moved = inputs.clone().with_membership(Membership { scope: [1; 32], ..membership.clone() }).unwrap();
    let error = verified.expect_inputs(&moved, &Salts::none()).unwrap_err();
    assert_eq!(error.to_string(), "the statement is about another input: the scope of applicant differs");
    let others = model.quantize(&rows[1]).unwrap().with_membership(membership.clone()).unwrap();
    let error = verified.expect_inputs(&others, &Salts::none()).unwrap_err();
    assert_eq!(error.to_string(), "the statement is about another input: the root of applicant differs");
    // A limb that is no half of a scope: of no statement.
    let mut statement = decision.statement.clone();
    statement.limbs[1] = Scalar::from_be_bytes_31(&[1; 31]);
    assert_eq!(code(model.decode(&statement)), "other-statement");

    // Each wrong membership.
    let wrong = |membership: Membership| inputs.clone().with_membership(membership).unwrap_err().to_string();
    let short = membership.siblings[1..].to_vec();
    assert_eq!(
        wrong(Membership { siblings: short, ..membership.clone() }),
        "the path has 5 siblings, and input \"applicant\" is in a tree of depth 6"
    );
    assert_eq!(
        wrong(Membership { position: 64, ..membership.clone() }),
        "position 64 in a tree of depth 6, which has positions 0 to 2^6 - 1"
    );
    let plain = fixture().model.quantize(&rows[0]).unwrap();
    assert_eq!(code(plain.clone().with_membership(membership.clone())), "member");
    assert_eq!(code(plain.leaf(salt, secret)), "member");
    assert_eq!(plain.member_claim().unwrap(), None);

    // As a file, and never in a message.
    let json = membership.to_secret_json();
    assert_eq!(Membership::from_json(json.as_bytes()).unwrap(), membership);
    assert!(!format!("{membership:?} {member_inputs:?}").contains(&secret.to_string()[2..]));
    for wrong in ["{}", "[]", &json.replace("\"salt\"", "\"pepper\""), &json.replace("0x", "0xf")] {
        assert_eq!(code(Membership::from_json(wrong.as_bytes())), "membership", "{wrong}");
    }
    // The same statement in a tree of another depth is of another model.
    assert_ne!(member_of(7).0.domain(), model.domain());
}

#[test]
fn a_witness_file_is_checked_against_every_constraint() {
    let (lookups, rows) =
        compile("linear-score", CompileOptions { ranges: Strategy::Lookup, ..CompileOptions::default() });
    for model in [&fixture().model, &lookups] {
        let inputs = model.quantize(&rows[0]).unwrap();
        let execution = model.execute(&inputs, Context([3; 32]), &Salts::none()).unwrap();
        let bytes = execution.to_secret_bytes();
        assert_eq!(model.check_witness(&bytes).unwrap(), execution.digest());
        assert_eq!(code(other().0.check_witness(&bytes)), "witness-file");
        // Another value of a wire, in a sound container. Byte 20 of the payload on is the second wire, the digest.
        let mut payload = bytes[assay_interface::artifact::HEADER_LEN..].to_vec();
        let wire = payload.len() / 2 / 32 * 32 + 14;
        payload[wire] ^= 1;
        let kind = assay_interface::artifact::Kind::Witness;
        let altered = assay_interface::artifact::encode(kind, model.circuit_digest(), &payload);
        assert_eq!(code(model.check_witness(&altered)), "invalid-witness");
        assert_eq!(code(model.check_witness(b"")), "witness-file");
    }
}

#[test]
fn a_trace_has_every_layer_and_ends_in_the_outputs() {
    let Fixture { model, rows, .. } = fixture();
    let inputs = model.quantize(&rows[2]).unwrap();
    let trace = model.trace(&inputs).unwrap();
    assert_eq!(trace.layers.len(), model.compiled().graph.layers.len());
    assert_eq!(trace.layers.last().unwrap().integers, model.evaluate(&inputs).unwrap().integers()[0]);
}

#[test]
fn a_model_file_holds_the_same_model() {
    let Fixture { model, .. } = fixture();
    let read = Model::load(&model.to_bytes()).unwrap();
    assert_eq!(read.circuit_digest(), model.circuit_digest());
    assert_eq!(read.to_bytes(), model.to_bytes());
    assert_eq!(code(Model::load(b"ASSAY")), "model-file");
    assert_eq!(code(Model::open("nowhere.assay".as_ref())), "io");
}

#[test]
fn a_model_is_compiled_again_from_its_sources() {
    let Fixture { model, .. } = fixture();
    let (onnx, samples) = sources("linear-score");
    let check = |onnx: &[u8], expected: Option<&CompileOptions>| {
        Model::check(&model.to_bytes(), onnx, &samples, expected, Observer::none()).unwrap()
    };
    assert_eq!(check(&onnx, None).differences, []);
    assert_eq!(check(&onnx, Some(&CompileOptions::default())).differences, []);
    let wider = CompileOptions { max_error: 0.2, ..CompileOptions::default() };
    assert!(!check(&onnx, Some(&wider)).is_reproduced());
    assert!(!check(&sources("clip-classifier").0, None).is_reproduced());
}

#[test]
fn a_compilation_is_observed_and_cancelled() {
    let (onnx, samples) = sources("linear-score");
    let last = std::cell::Cell::new(0);
    let watch = |progress: assay::Progress| {
        assert!(progress.stage == Stage::Compile && progress.done >= last.get());
        last.set(progress.done);
        if progress.done < 500 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let compile = |observer| Model::compile_with(&onnx, &samples, &CompileOptions::default(), observer);
    assert_eq!(code(compile(Observer::new(&watch))), "cancelled");
    assert!((500..1000).contains(&last.get()), "{}", last.get());
    let to_the_end = |progress: assay::Progress| {
        last.set(progress.total - progress.done);
        ControlFlow::Continue(())
    };
    compile(Observer::new(&to_the_end)).unwrap();
    assert_eq!(last.get(), 0);
}

#[test]
fn work_is_observed_and_cancelled() {
    let Fixture { model, rows, prover, .. } = fixture();
    let seen = std::cell::RefCell::new(Vec::new());
    let watch = |progress: assay::Progress| {
        assert!(progress.done <= progress.total);
        seen.borrow_mut().push(progress.stage);
        ControlFlow::Continue(())
    };
    let seed = SetupSeed::from_bytes([1; 32]);
    Keys::setup_recorded(model, seed.clone(), Observer::new(&watch)).unwrap();
    assert!(seen.borrow().len() > 3 && seen.borrow().iter().all(|stage| *stage == Stage::Setup));
    let stop = |progress: assay::Progress| match progress.stage {
        Stage::Setup | Stage::Prove => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let error = Keys::setup_recorded(model, seed, Observer::new(&stop)).unwrap_err();
    assert_eq!((error.code(), error.class()), ("cancelled", Class::Cancelled));
    let inputs = model.quantize(&rows[0]).unwrap();
    let rng = &mut system_rng().unwrap();
    let cancelled = prover.prove_with(&inputs, Context::NONE, &Salts::none(), rng, Observer::new(&stop));
    assert_eq!(code(cancelled), "cancelled");
}

/// Who proves by programs of his own chooses any integers, and has the keys: of inputs outside the domain there is no proof.
#[test]
fn no_proof_by_hand_outside_of_the_domain() {
    for ranges in [Strategy::Bits, Strategy::Lookup] {
        for shown in ["public", "committed"] {
            let commit = if shown == "committed" { vec!["applicant".to_owned()] } else { Vec::new() };
            let (model, rows) =
                compile("linear-score", CompileOptions { ranges, commit, ..CompileOptions::default() });
            let keys = Keys::setup(&model, &mut system_rng().unwrap()).unwrap();
            let prover = assay_groth16::Prover::new(keys.proving_key(), model.circuit()).unwrap();
            let inside = model.quantize(&rows[0]).unwrap().integers().to_vec();
            let salts = if shown == "committed" { vec![5u64.into()] } else { Vec::new() };
            let prove = |inputs: Vec<Vec<i64>>| {
                let assignment = assay_circuits::Assignment {
                    inputs,
                    context: [1; 32],
                    salts: salts.clone(),
                    member: None,
                    ..assay_circuits::Assignment::default()
                };
                let witness = model.circuit().solve(&assignment).ok()?;
                prover.prove(&witness, &mut system_rng().unwrap()).ok()
            };
            assert!(prove(inside.clone()).is_some(), "{ranges:?}, {shown}");
            let domains = &model.compiled().graph.inputs[0].domains;
            for (element, domain) in domains.iter().enumerate() {
                let (least, most) = domain.numbers();
                for outside in [least - 1, most + 1] {
                    let mut inputs = inside.clone();
                    inputs[0][element] = outside;
                    let half = 1i64 << (model.schema().inputs()[0].bits - 1);
                    if (-half..half).contains(&outside) {
                        assert_eq!(code(model.inputs(inputs.clone())), "input");
                        assert!(prove(inputs).is_none(), "{ranges:?}, {shown}: {element} = {outside}");
                    }
                }
            }
        }
    }
}

/// A class by hidden scores: whoever has the inputs knows how far it is ahead; a verifier sees the class, and that he does not know.
#[test]
fn a_place_without_its_scores_is_not_known_to_be_certain() {
    let outputs = vec!["class".to_owned()];
    let (model, rows) = compile("clip-classifier", CompileOptions { outputs, ..CompileOptions::default() });
    let [DecisionClaim::Place { lead, .. }] = model.claims() else { panic!("{:?}", model.claims()) };
    let least = lead.grid.unwrap().0;
    assert!(least > 0);
    let mut seen = std::collections::BTreeSet::new();
    for row in &rows {
        let inputs = model.quantize(row).unwrap();
        let outputs = model.evaluate(&inputs).unwrap();
        let [known] = &model.decide(&inputs).unwrap()[..] else { panic!("one output") };
        let [shown] = &outputs.decisions()[..] else { panic!("one output") };
        let position = outputs.single().unwrap();
        for decision in [known, shown] {
            assert_eq!(decision.decided[0].choice, Choice::Place { position, class: None });
        }
        let ahead = known.decided[0].integer.unwrap();
        assert_eq!(known.decided[0].grid == Certainty::Certain, ahead >= least);
        assert_eq!((shown.decided[0].integer, shown.decided[0].grid), (None, Certainty::Hidden));
        seen.insert(known.decided[0].grid.is_certain());
    }
    assert!(seen.contains(&Some(true)), "{seen:?}");
    let keys = Keys::setup(&model, &mut system_rng().unwrap()).unwrap();
    let inputs = model.quantize(&rows[0]).unwrap();
    let decision = Prover::new(&model, &keys).unwrap().prove(&inputs, Context::NONE).unwrap();
    let verifier = Verifier::of_keys(&keys);
    let of_key_alone = verifier.verify_file(&decision.to_file()).unwrap();
    assert_eq!(of_key_alone.decisions, []);
    let verified = verifier.for_model(&model).unwrap().verify_file(&decision.to_file()).unwrap();
    assert_eq!(verified.decisions, decision.outputs.decisions());
    assert_eq!(verified.decisions, model.decisions(&decision.statement).unwrap());
    let json = serde_json::to_value(&verified.decisions).unwrap();
    assert_eq!(
        (&json[0]["rule"], &json[0]["decided"][0]["certain"]),
        (&"place".into(), &serde_json::Value::Null)
    );
    assert!(json[0]["decided"][0]["why"].as_str().unwrap().contains("not shown"), "{json}");
}
