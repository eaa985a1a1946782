//! The replay: hour by hour a price arrives, and the keepers of both markets do what they find to do.
//!
//! The runtime stands behind sockets meanwhile, and each market has a keeper's service with a wallet of its own. A scene is a moment of the
//! chain: an hour's prices, and for as long as snapshots are too young to be acted on, the next second.

use std::sync::Arc;
use std::time::Duration;

use assay::Prover;
use assay_lending_host::{Rules, strategy::SNAPSHOT_YOUNG};
use assay_localnet::server::Server;
use solana_address::Address;

use super::{
    candles::Update,
    keeper::{Scene, Service},
    outcome::Hour,
    participants::LATENCY,
    replay::{Before, MarketReplay},
    simulation::Simulation,
};
use crate::error::DemoError;

/// How long a slot lasts: the keepers are told of changes at the next one.
const SLOT: Duration = Duration::from_millis(10);

/// Most scenes of an hour.
const MOST_SCENES: usize = 8;

/// The first early liquidation, with the simulation as it was right before: where the attacks begin.
pub struct Opening {
    /// The simulation before the keeper's look.
    pub before: Simulation,
    /// Which borrower.
    pub borrower: usize,
}

/// The runtime behind sockets. Whoever changes it has it to themselves meanwhile.
struct Stage<'a> {
    simulation: &'a mut Simulation,
    server: Arc<Server>,
    scene: Arc<Scene>,
    watched: Vec<Address>,
}

impl<'a> Stage<'a> {
    fn open(simulation: &'a mut Simulation) -> Result<Self, DemoError> {
        let watched = Simulation::price_accounts().to_vec();
        let scene = Arc::new(Scene::new(simulation.now(), simulation.accounts(&watched)));
        let server = Arc::new(Server::start(simulation.take_net(), SLOT)?);
        Ok(Self { simulation, server, scene, watched })
    }

    fn with<T>(&mut self, work: impl FnOnce(&mut Simulation) -> T) -> T {
        let mut state = self.server.state();
        std::mem::swap(&mut self.simulation.net, &mut state.net);
        let result = work(self.simulation);
        std::mem::swap(&mut self.simulation.net, &mut state.net);
        result
    }

    /// Sets the next scene. `work` sees it before the keepers do.
    fn next<T>(
        &mut self,
        work: impl FnOnce(&mut Simulation) -> Result<T, DemoError>,
    ) -> Result<T, DemoError> {
        let (scene, watched) = (Arc::clone(&self.scene), self.watched.clone());
        self.with(|simulation| {
            let result = work(simulation)?;
            scene.set(simulation.now(), simulation.accounts(&watched));
            Ok(result)
        })
    }

    /// Takes the runtime from behind the sockets.
    fn close(self) {
        let mut state = self.server.state();
        std::mem::swap(&mut self.simulation.net, &mut state.net);
        self.simulation.note_verifier(&state.outcomes);
    }
}

/// Plays the hours. The first early liquidation, if there was one.
///
/// # Errors
/// A price cannot be published, or a keeper does not settle.
pub fn play(
    simulation: &mut Simulation,
    hours: &[Update],
    replays: &mut [MarketReplay<'_>; 2],
    prover: &Prover,
) -> Result<Option<Opening>, DemoError> {
    let mut stage = Stage::open(simulation)?;
    let [with_model, rule_alone] = &*replays;
    let markets = [with_model.market, rule_alone.market];
    let before = |simulation: &mut Simulation| {
        let [first, second] = markets.map(|market| Before::read(simulation, market));
        Ok::<_, DemoError>([first?, second?])
    };
    // The positions opened in hour 0; its prices are on chain.
    let mut first = Some(stage.next(|simulation| Ok((Some(simulation.clone()), before(simulation)?)))?);
    let start = |market, rules| Service::start(&stage.server, &stage.scene, market, rules, prover);
    let [with_model, rule_alone] = markets;
    let services = [start(with_model, Rules::ProofAndRule)?, start(rule_alone, Rules::RuleOnly)?];
    let mut opening = None;
    for (hour, update) in hours.iter().enumerate() {
        let is_open = opening.is_some();
        let scene = match first.take() {
            Some(scene) => scene,
            None => stage.next(|simulation| {
                simulation.warp(update.publish_time + LATENCY);
                simulation.publish(update)?;
                Ok(((!is_open).then(|| simulation.clone()), before(simulation)?))
            })?,
        };
        let (copy, mut befores) = scene;
        for count in 1.. {
            let mut is_young = false;
            let mut left = Vec::new();
            for ((replay, service), before) in replays.iter_mut().zip(&services).zip(befores) {
                let (reasons, deeds) = service.settle()?;
                is_young |= reasons.values().any(|reason| *reason == SNAPSHOT_YOUNG);
                stage.with(|simulation| replay.book(simulation, hour, update, before, deeds))?;
                left.push(reasons);
            }
            if !is_young {
                for (replay, left) in replays.iter_mut().zip(&left) {
                    stage.with(|simulation| replay.end_hour(simulation, hour, update, left))?;
                }
                break;
            }
            if count == MOST_SCENES {
                return Err(DemoError::Scenario("snapshots are acted on a second later"));
            }
            befores = stage.next(|simulation| {
                simulation.warp(simulation.now() + 1);
                before(simulation)
            })?;
        }
        let [with_model, _] = &*replays;
        let mut positions = with_model.positions.iter();
        let opened = positions.position(|position| position.hours.last() == Some(&Hour::ByProof));
        if let (None, Some(before), Some(borrower)) = (&opening, copy, opened) {
            opening = Some(Opening { before, borrower });
        }
    }
    for (replay, service) in replays.iter_mut().zip(services) {
        replay.failures = service.failures();
        replay.kept = service.stop()?;
    }
    stage.close();
    Ok(opening)
}
