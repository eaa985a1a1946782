//! The life of a question under random hands: its creator, a holder, an honest prover, a challenger and the council each try
//! everything, also with a proof that they stole or bent, at times chosen to lie at the edges of windows, with prices that nobody
//! of them chooses. What the program allowed is held against a record that knows nothing of the account's own deadlines, and every
//! lamport and every unit of collateral is counted.
//!
//! `ASSAY_LIFE_ROUNDS` says how many lives are played; the same seeds give the same lives.

use assay_market::state::Place;
use assay_market_host::{Choice, Question, Status};
use assay_tests::lives;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;

use crate::support::{Actor, SOURCES, T, UNIT, WINDOW, World, terms};

const ROUNDS: u64 = 16;
const STEPS: usize = 200;
/// Lamports of a signature.
const FEE: u64 = 5_000;
const WHOLE: u128 = 10_000;

/// What somebody tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Split(u64),
    Merge(u64),
    Redeem(u8, u64),
    /// Prices become final up to an hour of the window.
    Publish(u32),
    Observe,
    Resolve(Place),
    /// The honest prover's proof, sent by somebody else.
    ResolveStolen(Place),
    /// An honest proof, with another output claimed.
    ResolveOther(Place),
    Dispute,
    Settle,
    Decide(u8),
    Void,
    CloseObservation,
    Close,
}

/// Who acts, beside the council.
const HANDS: usize = 4;

/// What brings a question further, so that every state is met.
fn onward(rng: &mut ChaCha8Rng, status: Status, is_trading: bool) -> Act {
    let amount = rng.gen_range(0..40 * UNIT);
    let acts = match status {
        Status::Open if is_trading => [Act::Split(amount), Act::Merge(amount / 2)],
        Status::Open => [Act::Publish(25), Act::Observe],
        Status::Observed => [Act::Resolve(Place::First); 2],
        Status::Proposed | Status::Answered => [Act::Dispute, Act::Settle],
        Status::Disputed => [Act::Resolve(Place::Second); 2],
        Status::Council => [Act::Decide(rng.gen_range(0..3)), Act::Void],
        Status::Settled | Status::Void => [Act::Redeem(rng.gen_range(0..2), amount), Act::Close],
    };
    acts[rng.gen_range(0..2)]
}

fn random(rng: &mut ChaCha8Rng) -> Act {
    let amount = if rng.gen_bool(0.2) { rng.gen_range(0..3) } else { rng.gen_range(0..40 * UNIT) };
    let place = if rng.gen_bool(0.5) { Place::First } else { Place::Second };
    match rng.gen_range(0..100) {
        0..14 => Act::Split(amount),
        14..24 => Act::Merge(amount),
        24..38 => Act::Redeem(rng.gen_range(0..3), amount),
        38..44 => Act::Publish(if rng.gen_bool(0.7) { 25 } else { rng.gen_range(1..25) }),
        44..54 => Act::Observe,
        54..64 => Act::Resolve(place),
        64..66 => Act::ResolveStolen(place),
        66..68 => Act::ResolveOther(place),
        68..76 => Act::Dispute,
        76..82 => Act::Settle,
        82..88 => Act::Decide(rng.gen_range(0..4)),
        88..92 => Act::Void,
        92..95 => Act::CloseObservation,
        _ => Act::Close,
    }
}

/// A question, and what was seen of it.
struct Life {
    world: World,
    bps: u64,
    /// All lamports and all collateral of everybody, at the beginning.
    lamports: u64,
    collateral: u64,
    /// Accounts beside those of the world that hold lamports.
    receipts: Vec<Address>,
    sent: u64,
    /// When the row that stands was proven, or disputed.
    since: i64,
    /// What was proven, in order.
    proven: Vec<i16>,
    payout: Option<[u16; 8]>,
    hash: Option<[u8; 32]>,
    prices: Option<Vec<u64>>,
    /// Splits, observations, proofs, disputes, settlements, decisions, voids, redemptions, closings.
    seen: [usize; 9],
}

impl Life {
    fn new(rng: &mut ChaCha8Rng) -> Self {
        let mut world = World::new();
        let bps = rng.gen_range(0..400);
        world.net.set_time(terms().close_at - rng.gen_range(1..4_000));
        let mut life = Self {
            world,
            bps,
            lamports: 0,
            collateral: 0,
            receipts: Vec::new(),
            sent: 0,
            since: 0,
            proven: Vec::new(),
            payout: None,
            hash: None,
            prices: None,
            seen: [0; 9],
        };
        (life.lamports, life.collateral) = (life.all_lamports(), life.all_collateral());
        life
    }

    fn actors(&self) -> [&Actor; 5] {
        let World { creator, holder, prover, challenger, council, .. } = &self.world;
        [creator, holder, prover, challenger, council]
    }

    fn all_lamports(&self) -> u64 {
        let keys = &self.world.keys;
        let fixed = [keys.question, keys.vault, keys.observation, keys.outcome(0), keys.outcome(1)];
        let actors = self.actors().map(|actor| actor.address());
        let all = fixed.iter().chain(&actors).chain(&self.world.models).chain(&self.receipts);
        all.map(|address| self.world.lamports(address)).sum()
    }

    fn all_collateral(&self) -> u64 {
        let held = self.actors().map(|actor| self.world.net.token_balance(&actor.collateral));
        held.iter().sum::<u64>() + self.world.net.token_balance(&self.world.keys.vault)
    }

    fn supply(&self, outcome: u8) -> u64 {
        let mint = self.world.net.account(&self.world.keys.outcome(outcome)).unwrap();
        u64::from_le_bytes(mint.data[36..44].try_into().unwrap())
    }

    fn question(&self) -> Option<Question> {
        self.world.net.read(&self.world.keys.question).unwrap()
    }

    /// The instruction, and who signs it; `None` where there is nothing to build it from.
    fn instruction(&self, act: Act, hand: usize) -> Option<(Instruction, Keypair)> {
        let world = &self.world;
        let (question, actor) = (self.question()?, self.actors()[hand]);
        let (who, keys) = (actor.address(), &world.keys);
        let proof = |place, prover| {
            let observation: Option<assay_market_host::Observation> =
                world.net.read(&keys.observation).unwrap();
            observation.filter(|observation| observation.hash != [0; 32])?;
            Some(world.proof(place, prover))
        };
        let instruction = match act {
            Act::Split(amount) => keys.split(who, actor.collateral, &actor.outcomes, amount),
            Act::Merge(amount) => keys.merge(who, actor.collateral, &actor.outcomes, amount),
            Act::Redeem(outcome, amount) => {
                let source = actor.outcomes[usize::from(outcome) % 2];
                keys.redeem(who, actor.collateral, outcome, source, amount)
            }
            Act::Publish(_) => return None,
            Act::Observe => keys.observe(who, &SOURCES),
            Act::Resolve(place) => proof(place, who)?.0,
            Act::ResolveStolen(place) => {
                let honest = world.prover.address();
                let (mut stolen, _) = proof(place, honest).filter(|_| who != honest)?;
                stolen.accounts[0].pubkey = who;
                stolen
            }
            Act::ResolveOther(place) => {
                let (mut other, _) = proof(place, who)?;
                *other.data.last_mut()? ^= 1;
                other
            }
            Act::Dispute => keys.dispute(who),
            Act::Settle => keys.settle(&question),
            Act::Decide(choice) => {
                let mut decide = keys.council(&question, Choice::First);
                *decide.data.last_mut()? = choice;
                // A council gone bad tries at any time; somebody else cannot.
                return Some((decide, world.council.key.insecure_clone()));
            }
            Act::Void => keys.void(&question),
            Act::CloseObservation => keys.close_observation(world.prover.address()),
            Act::Close => keys.close(&question, world.creator.collateral),
        };
        Some((instruction, actor.key.insecure_clone()))
    }

    /// Mostly no time at all, else up to an edge: of trading, of the window of prices, of one for disputes, of everything.
    fn wait(&mut self, rng: &mut ChaCha8Rng) {
        let now = self.world.net.now();
        let until = |at: i64| (at - now).max(0);
        let edge = rng.gen_range(-1..2);
        let seconds = match rng.gen_range(0..100) {
            0..70 => 0,
            70..80 => rng.gen_range(0..600),
            80..84 => until(terms().close_at + edge),
            84..90 if now >= terms().close_at => until(T + 700),
            90..96 if now >= T => WINDOW + edge,
            96 if now >= T => until(terms().observe_by + edge),
            97 if now >= T => until(terms().resolve_by + edge),
            _ => 0,
        };
        self.world.net.advance(seconds);
    }

    fn step(&mut self, rng: &mut ChaCha8Rng) {
        self.wait(rng);
        let (status, now) = (self.world.status(), self.world.net.now());
        let act = if rng.gen_bool(0.5) { onward(rng, status, now < terms().close_at) } else { random(rng) };
        if let Act::Publish(hours) = act {
            // Sources end at their own time: no hour is final before it is over.
            if self.world.net.now() > T {
                self.world.fill_hours(self.bps, hours);
            }
            return;
        }
        let hand = rng.gen_range(0..HANDS);
        let Some((instruction, key)) = self.instruction(act, hand) else { return };
        let before = self.question().unwrap();
        let held = self.world.net.account(&self.world.keys.question);
        let receipt = instruction.accounts.get(4).map(|meta| meta.pubkey);
        let outcome = self.world.net.send(&[instruction], &[&key]);
        self.sent += 1;
        if outcome.is_ok() {
            if matches!(act, Act::Resolve(_)) {
                self.receipts.extend(receipt);
            }
            self.allowed(act, &before);
        } else {
            assert_eq!(
                self.world.net.account(&self.world.keys.question),
                held,
                "{act:?} failed and changed it"
            );
        }
        self.holds();
    }

    /// What the program allowed, against the record.
    fn allowed(&mut self, act: Act, before: &Question) {
        let (now, was) = (self.world.net.now(), before.status().unwrap());
        let after = self.question();
        let terms = terms();
        match act {
            Act::Split(_) => assert!(was == Status::Open && now < terms.close_at),
            Act::Merge(_) | Act::Publish(_) => {}
            Act::Redeem(..) => assert!(was.is_final()),
            Act::Observe => {
                assert!(was == Status::Open && (terms.close_at..=terms.observe_by).contains(&now));
            }
            Act::Resolve(place) => {
                let (expected, until) = match place {
                    Place::First => (Status::Observed, terms.resolve_by),
                    Place::Second => (Status::Disputed, self.since + WINDOW),
                };
                assert!(was == expected && now <= until, "{place:?} in {was:?}");
                self.proven.push(after.unwrap().outputs[place.index()]);
                assert_eq!(self.proven.len(), place.index() + 1, "each model answers once");
                assert_eq!(self.proven[place.index()], self.world.observation().features[0]);
                self.since = now;
            }
            Act::ResolveStolen(_) | Act::ResolveOther(_) => panic!("{act:?} went through"),
            Act::Dispute => {
                assert!(matches!(was, Status::Proposed | Status::Answered) && now < self.since + WINDOW);
                self.since = now;
            }
            Act::Settle => {
                assert!(matches!(was, Status::Proposed | Status::Answered) && now >= self.since + WINDOW);
            }
            Act::Decide(choice) => {
                assert!(was == Status::Council && now < self.since + WINDOW && choice < 3);
            }
            Act::Void => match was {
                Status::Open => assert!(now > terms.observe_by),
                Status::Observed => assert!(now > terms.resolve_by),
                Status::Disputed => assert!(now > self.since + WINDOW),
                Status::Council => assert!(now >= self.since + WINDOW),
                other => panic!("a void question out of {other:?}"),
            },
            Act::CloseObservation => panic!("the question is still there"),
            Act::Close => {
                assert!(was.is_final() && after.is_none());
                let pays = |(outcome, share): (u8, &u16)| *share > 0 && self.supply(outcome) > 0;
                assert!(!(0..2).zip(&before.payout).any(pays), "somebody holds a token that pays");
            }
        }
        let place = match act {
            Act::Split(_) => 0,
            Act::Observe => 1,
            Act::Resolve(_) => 2,
            Act::Dispute => 3,
            Act::Settle => 4,
            Act::Decide(_) => 5,
            Act::Void => 6,
            Act::Redeem(..) => 7,
            Act::Close => 8,
            _ => return,
        };
        self.seen[place] += 1;
    }

    /// What holds at every moment.
    fn holds(&mut self) {
        let spent = self.lamports - self.all_lamports();
        assert!(spent <= FEE * self.sent, "{spent} lamports are gone after {} signatures", self.sent);
        assert_eq!(spent % FEE, 0, "lamports went where nobody looked");
        assert_eq!(self.all_collateral(), self.collateral);
        let Some(question) = self.question() else { return };
        question.invariant().unwrap();
        let (supplies, vault) = ([0, 1].map(|outcome| self.supply(outcome)), self.vault());
        let status = question.status().unwrap();
        assert!(vault >= question.held);
        if status.is_final() {
            let payout = *self.payout.get_or_insert(question.payout);
            assert_eq!(question.payout, payout, "the payout is set once");
            let is_proven = self.proven.iter().any(|output| {
                let bucket = usize::from(question.terms.bucket(*output));
                question.terms.rows[bucket] == payout
            });
            assert!(is_proven || payout == question.terms.fallback, "a row that nobody proved");
            let claims: u128 = supplies
                .iter()
                .zip(payout)
                .map(|(supply, share)| u128::from(*supply) * u128::from(share))
                .sum();
            assert!(u128::from(vault) * WHOLE >= claims, "the vault does not cover all claims");
        } else {
            assert_eq!(supplies, [question.held; 2], "a set is one token of each outcome");
            assert_eq!(question.payout, [0; 8]);
        }
        self.prices_stay(status);
        let disputes = question.challengers.iter().filter(|who| **who != Address::default()).count() as u64;
        let stakes = if status.is_final() { 0 } else { disputes * question.terms.bond };
        assert!(self.world.lamports(&self.world.keys.question) >= stakes, "bonds are kept until the end");
    }

    /// A price that was copied stays, and so does the hash of all.
    fn prices_stay(&mut self, status: Status) {
        let found: Option<assay_market_host::Observation> =
            self.world.net.read(&self.world.keys.observation).unwrap();
        let Some(observation) = found else { return };
        let prices: Vec<u64> = observation.prices.iter().flatten().copied().collect();
        if let Some(earlier) = &self.prices {
            let changed = earlier.iter().zip(&prices).any(|(was, is)| *was != 0 && was != is);
            assert!(!changed, "a price that was written changed");
        }
        self.prices = Some(prices);
        if status != Status::Open && observation.hash != [0; 32] {
            assert_eq!(observation.hash, *self.hash.get_or_insert(observation.hash));
        }
    }

    fn vault(&self) -> u64 {
        self.world.net.token_balance(&self.world.keys.vault)
    }

    /// Time ends every path: whatever was left undone, everybody gets out, and all rent that is not for good returns.
    fn end(&mut self) {
        let Some(question) = self.question() else { return };
        self.world.net.advance(100_000);
        if !question.status().unwrap().is_final() {
            let payer = self.world.creator.key.insecure_clone();
            let keys = &self.world.keys;
            let ends = [keys.settle(&question), keys.void(&question)];
            let ended = ends.map(|end| self.world.net.send(&[end], &[&payer]).is_ok());
            self.sent += 2;
            assert_eq!(ended.iter().filter(|ended| **ended).count(), 1, "{:?}", question.status());
        }
        for hand in 0..HANDS {
            for outcome in 0..2 {
                let held = self.world.net.token_balance(&self.actors()[hand].outcomes[usize::from(outcome)]);
                let (redeem, key) = self.instruction(Act::Redeem(outcome, held), hand).unwrap();
                let worth =
                    u128::from(held) * u128::from(self.question().unwrap().payout[usize::from(outcome)]);
                let is_paid = self.world.net.send(&[redeem], &[&key]).is_ok();
                self.sent += 1;
                assert_eq!(is_paid, worth >= WHOLE, "{held} tokens");
            }
        }
        self.holds();
        assert!(self.vault() < 16, "{} units of dust", self.vault());
    }
}

#[test]
fn whatever_anybody_tries_the_question_pays_once_and_covers_it() {
    let mut seen = [0; 9];
    for round in 0..lives(ROUNDS) {
        let mut rng = ChaCha8Rng::seed_from_u64(round);
        let mut life = Life::new(&mut rng);
        for _ in 0..STEPS {
            life.step(&mut rng);
            if life.question().is_none() {
                break;
            }
        }
        life.end();
        seen.iter_mut().zip(life.seen).for_each(|(sum, of_life)| *sum += of_life);
    }
    println!("splits, observations, proofs, disputes, settled, decided, void, redeemed, closed: {seen:?}");
    assert!(seen.iter().take(8).all(|count| *count > 0), "{seen:?}");
}
