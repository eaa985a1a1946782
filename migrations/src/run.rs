//! A run: what is wanted is compared with the cluster, the plan is shown, and then done step by step.

use std::io::{self, BufRead as _, IsTerminal as _, Write};
use std::path::PathBuf;
use std::rc::Rc;

use assay_chain::{Price, sol};
use assay_interface::bytes::Hex;
use serde_json::json;
use solana_keypair::Keypair;

use crate::agreed::{Agreed, budget, most_priority};
use crate::description::Description;
use crate::error::{Result, Stop};
use crate::m0001_programs::{Program, programs};
use crate::m0002_sources::Sources;
use crate::m0003_model::Register;
use crate::m0004_activation::Activate;
use crate::m0005_market::CreateMarket;
use crate::m0006_hand_over::HandOver;
use crate::model::ModelFiles;
use crate::plan::{Action, Plan, Step, Work, costs, details, signed_sol, table};
use crate::record::Record;
use crate::send;
use crate::world::{LOCAL, World};

/// Steps in order.
type Steps = Vec<Box<dyn Step>>;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Options {
    /// The description's file.
    pub description: PathBuf,
    /// The payer's key file, in place of the description's.
    pub payer: Option<PathBuf>,
    /// What is paid beyond the fee for signatures.
    pub price: Price,
    /// Whether nothing is sent.
    pub is_dry: bool,
    /// Whether nobody is asked.
    pub is_agreed: bool,
    /// Whether keys that others may have are taken on clusters that are not local.
    pub takes_development_keys: bool,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The cluster had all that is wanted.
    Nothing,
    /// It has now.
    Done,
    /// It has what can be done now; something must be waited for.
    NotYet,
    /// Nothing was sent, as it was said.
    Dry,
    /// Nothing was sent, for nobody agreed.
    Declined,
}

/// The steps of a description, in order, the keys that they want beside the description's roles, and the model.
///
/// # Errors
/// A file of the description's cannot be used.
fn steps(description: &Description) -> Result<(Steps, Vec<Keypair>, Option<Rc<ModelFiles>>)> {
    let (programs, keys) = programs(description)?;
    let ours = programs.iter().filter(|program| program.may_change);
    let identities = ours.map(Program::identity).collect();
    let mut steps = Steps::new();
    steps.extend(programs.into_iter().map(|program| Box::new(program) as Box<dyn Step>));
    steps.extend(Sources::of(description).map(|sources| Box::new(sources) as Box<dyn Step>));
    let model = ModelFiles::read(description)?.map(Rc::new);
    if let Some(model) = &model {
        steps.push(Box::new(Register(Rc::clone(model))));
        steps.push(Box::new(Activate(Rc::clone(model))));
        if let Some(market) = description.market.clone() {
            steps.push(Box::new(CreateMarket::of(market, Rc::clone(model))?));
        }
    }
    if description.hand_over.is_some() {
        steps.push(Box::new(HandOver(identities)));
    }
    Ok((steps, keys, model))
}

/// Runs the migration. `out` is told the plan and what is done.
///
/// # Errors
/// Something is not as it must be: what was sent stays, and the next run goes on from there.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<Ending> {
    let description = Description::read(&options.description)?;
    let (steps, keys, model) = steps(&description)?;
    let digest = description.digest;
    let mut world =
        World::open(description, options.payer.as_deref(), options.price, options.takes_development_keys)?;
    keys.into_iter().for_each(|key| world.add(key));
    model.map_or(Ok(()), |model| model.refuse_development(&world))?;
    let mut say = |text: String| {
        // Whoever reads no further may be gone: what is done does not depend on it.
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    };
    say(format!(
        "cluster {}, payer {} with {} SOL",
        world.genesis,
        world.payer,
        sol(world.rpc.balance(&world.payer)?)
    ));
    let mut record = None;
    if !options.is_dry {
        let folder = world.description.path(&world.description.cluster.records);
        let mut opened = Record::open(&folder, &world.genesis)?;
        if opened.was_torn {
            say(format!(
                "the last line of {} had been cut short: it is kept as text",
                opened.path().display()
            ));
        }
        let count = opened.pending().len();
        if count > 0 {
            // One that may land yet is waited for, a minute or so.
            say(format!("looking up {count} transactions whose end the record does not tell"));
            send::settle(&world, &mut opened)?;
        }
        // Work is not done again because another server is behind. A local cluster may have begun anew.
        if world.description.cluster.genesis != LOCAL {
            world.rpc.not_before(opened.last_slot);
        }
        record = Some(opened);
    }
    let plans = plan_all(&steps, &world)?;
    say(format!("\n{}", table(&plans)));
    let details = details(&plans, &world);
    if !details.is_empty() {
        say(details);
    }
    let is_waiting = |plan: &Plan| plan.actions.iter().any(|action| matches!(action.work, Work::NotYet(_)));
    let has_work = plans.iter().any(|(_, plan)| !plan.actions.is_empty());
    let first = plans.iter().find_map(|(_, plan)| plan.actions.first());
    if !has_work {
        say("nothing to do: the cluster has all of it".into());
        return Ok(Ending::Nothing);
    }
    if let Some(Action { what, work: Work::NotYet(why), .. }) = first {
        say(format!("not yet: {what} {why}"));
        return Ok(if options.is_dry { Ending::Dry } else { Ending::NotYet });
    }
    let (total, _) = costs(&plans);
    let most = budget(&plans, &world);
    say(format!(
        "in all {} SOL, and never more than {} on the way: priority fees, and pieces that are lost and sent again, included",
        signed_sol(total),
        signed_sol(most)
    ));
    let has = world.rpc.balance(&world.payer)?;
    if i64::try_from(has).is_ok_and(|has| has < most) {
        return Err(Stop::new(
            format!("{} has {} SOL, and this takes {} at most", world.payer, sol(has), signed_sol(most)),
            "send SOL there; on a test cluster `solana airdrop` does",
        ));
    }
    if plans.iter().any(|(_, plan)| is_waiting(plan)) {
        say("what stands behind something that is not yet is for a later run".into());
    }
    let Some(mut record) = record else {
        try_first(&plans, &world, &mut say)?;
        say("dry run: nothing was sent".into());
        return Ok(Ending::Dry);
    };
    if !options.is_agreed && !agreed()? {
        say("nothing was sent".into());
        return Ok(Ending::Declined);
    }
    record.append(
        "run",
        json!({ "description": Hex(&digest).to_string(), "payer": world.payer.to_string() }),
    )?;
    let mut agreed = Agreed::to(plans);
    for step in &steps {
        if !take(step.as_ref(), &world, &mut agreed, &mut record, &mut say)? {
            record.append("ends", json!({ "with": "not yet", "step": step.number() }))?;
            return Ok(Ending::NotYet);
        }
    }
    record.append("ends", json!({ "with": "done" }))?;
    say(format!("done; the record is {}", record.path().display()));
    Ok(Ending::Done)
}

fn plan_all<'a>(steps: &'a [Box<dyn Step>], world: &World) -> Result<Vec<(&'a dyn Step, Plan)>> {
    steps.iter().map(|step| Ok((step.as_ref(), plan(step.as_ref(), world)?))).collect()
}

/// What a step has to do, by keys that are here.
fn plan(step: &dyn Step, world: &World) -> Result<Plan> {
    let planned = step.plan(world).and_then(|plan| {
        let calls = plan.actions.iter().flat_map(|action| action.work.calls());
        let mut metas = calls.flat_map(|call| &call.accounts).filter(|meta| meta.is_signer);
        match metas.find(|meta| !world.has(&meta.pubkey)) {
            None => Ok(plan),
            Some(meta) => Err(Stop::new(
                format!("{} has to sign, and its key is not here", meta.pubkey),
                "keys in the description names key files; an address alone signs nothing",
            )),
        }
    });
    planned.map_err(|mut stop| {
        if let Some(remedy) = stop.remedy.as_mut().filter(|_| step.number() > 1) {
            remedy.push_str(
                "; what stands before this step is done without it where its section is left out of the description",
            );
        }
        named(stop, step)
    })
}

fn named(stop: Stop, step: &dyn Step) -> Stop {
    stop.about(format_args!("step {:04}, {}", step.number(), step.name()))
}

/// Does all that a step has to do, and looks after each action at what is there. Whether it is done: it may have to wait.
fn take(
    step: &dyn Step,
    world: &World,
    agreed: &mut Agreed,
    record: &mut Record,
    say: &mut dyn FnMut(String),
) -> Result<bool> {
    let about = |stop: Stop| named(stop, step);
    let mut has_done = false;
    loop {
        let plan = plan(step, world)?;
        let Some(action) = plan.actions.first() else {
            if has_done {
                record.append(
                    "done",
                    json!({ "step": step.number(), "name": step.name(), "found": plan.found }),
                )?;
                say(format!("{:04} {}: {}", step.number(), step.name(), plan.found));
            }
            return Ok(true);
        };
        if let Work::NotYet(why) = &action.work {
            say(format!("{:04} {}: not yet, {why}", step.number(), step.name()));
            return Ok(false);
        }
        let left = agreed.check(step, action).map_err(about)?;
        has_done = true;
        say(format!("{:04} {}: {} ...", step.number(), step.name(), action.what));
        match &action.work {
            Work::Send(_) => drop(send::one(world, record, step, action, left).map_err(about)?),
            Work::SendAndWait(_) => {
                let landed = send::one(world, record, step, action, left).map_err(about)?;
                send::next_slot(world, landed.slot).map_err(about)?;
            }
            Work::SendMany(_) => send::many(world, record, step, action, left).map_err(about)?,
            Work::NotYet(_) => {}
        }
    }
}

/// Simulates what each step would do first. Only of the first step can be said for certain that it would go through.
fn try_first(plans: &[(&dyn Step, Plan)], world: &World, say: &mut dyn FnMut(String)) -> Result<()> {
    let mut is_first = true;
    for (step, plan) in plans {
        let Some(Action { what, work, .. }) = plan.actions.first() else { continue };
        let calls = match work {
            Work::Send(calls) | Work::SendAndWait(calls) => calls.as_slice(),
            Work::SendMany(calls) => calls.get(..1).unwrap_or_default(),
            Work::NotYet(_) => continue,
        };
        let title = format!("{:04} {}: {what}", step.number(), step.name());
        match world.sender(calls, most_priority(world, work)).simulate(calls) {
            Ok(simulated) => {
                say(format!("{title}: would go through, {} compute units", simulated.execution.compute_units))
            }
            Err(error) if is_first => return Err(named(error.into(), *step)),
            // Why says nothing: what it stands on is not there.
            Err(_) => say(format!("{title}: cannot be tried before what stands above it is done")),
        }
        is_first = false;
    }
    Ok(())
}

/// Asks whoever sits at the terminal.
fn agreed() -> Result<bool> {
    if !io::stdout().is_terminal() && io::stdin().is_terminal() {
        return Err(Stop::new(
            "whoever is asked does not see the plan: standard output is no terminal",
            "--yes agrees to it beforehand; --dry-run shows it and sends nothing",
        ));
    }
    if !io::stdin().is_terminal() {
        return Err(Stop::new(
            "nobody is there to agree to the plan: standard input is no terminal",
            "--yes agrees to it beforehand; --dry-run shows it and sends nothing",
        ));
    }
    eprint!("go on? [y/N] ");
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Stop::new(format!("no answer can be read: {error}"), "--yes agrees beforehand"))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
