//! One question, from its creation to its end.

use assay::Prover;
use assay_host::{compute_budget, strategy};
use assay_keeper::prove;
use assay_market::state::{LEAST_STAKE, Observation, Place, Question, Terms};
use assay_market_host::{
    instructions::{Models, QuestionKeys},
    statement,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use solana_address::Address;
use solana_instruction::Instruction;

use super::{
    windows::{RETURNS, Window},
    world::World,
};
use crate::error::DemoError;
use crate::scenario::TransactionFigures;

/// Sets that the holder makes, base units.
pub const SETS: u64 = 100_000_000;

/// Seconds for a dispute.
pub const DISPUTE_WINDOW: u32 = 7_200;

/// 3 % a day in units of the model's output.
const LEVEL: i16 = 3 * 1_024;

/// How a question ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nobody disputes the row.
    Settled,
    /// Somebody does, and the second model gives the same.
    Disputed,
    /// Nobody proves anything.
    Void,
}

impl Ending {
    /// The step's title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Settled => "A question, from creation to redemption",
            Self::Disputed => "A disputed question",
            Self::Void => "A question that nobody resolves",
        }
    }
}

/// A question that has run its course.
pub struct Course {
    /// The account, before anything was redeemed.
    pub question: Question,
    /// Collateral that came in, base units.
    pub sets: u64,
    /// Collateral that was paid out.
    pub paid: u64,
    /// What is left in the vault.
    pub left: u64,
    world: World,
}

/// A question of the world's, with the accounts of its holder.
#[derive(Clone)]
pub struct Asked {
    /// The runtime.
    pub world: World,
    /// The question's addresses.
    pub keys: QuestionKeys,
    /// The holder's token account of each outcome.
    pub outcomes: [Address; 2],
}

impl Asked {
    /// Creates the question over a window, and makes sets.
    ///
    /// # Errors
    /// A transaction was refused.
    pub fn open(mut world: World, window: &Window) -> Result<Self, DemoError> {
        let (creator, holder) = (world.creator.clone(), world.holder.clone());
        let keys = QuestionKeys::derive(&creator.address(), 1, world.mint);
        let [first, second] = world.models;
        let models = Models { first, second: Some(second), attested: None };
        let sources = world.sources.map(|source| source.source);
        world.net.set_time(window.starts_at() - 2 * 3_600);
        let create =
            keys.create(creator.address(), world.council.address(), &models, &sources, terms(window));
        world.send("create", &creator, &[create])?;
        let mut outcomes = [Address::default(); 2];
        for (account, index) in outcomes.iter_mut().zip(0..) {
            world.send("add_outcome", &creator, &[keys.add_outcome(creator.address(), index)])?;
            *account = world.net.create_token_account(&keys.outcome(index), &holder.address());
        }
        let split = keys.split(holder.address(), holder.collateral, &outcomes, SETS);
        world.send("split", &holder, &[split])?;
        Ok(Self { world, keys, outcomes })
    }

    /// Time passes, the sources are kept, the observation is completed.
    ///
    /// # Errors
    /// A transaction was refused.
    pub fn observe(&mut self, window: &Window) -> Result<(), DemoError> {
        self.world.bring_hours(window)?;
        let prover = self.world.prover.clone();
        let sources = self.world.sources.map(|source| source.source);
        self.world.send("observe", &prover, &[self.keys.observe(prover.address(), &sources)])
    }

    /// What the model of a place gives, and a proof of it bound to whom it names.
    ///
    /// # Errors
    /// The prover fails.
    pub fn proof(
        &self,
        provers: &[Prover; 2],
        place: Place,
        by: &Address,
    ) -> Result<(Vec<u8>, i16), DemoError> {
        let observation = self.observation()?;
        let context = statement::resolution_context(&self.keys.question, &observation, place, by);
        let [first, second] = provers;
        let prover = match place {
            Place::First => first,
            Place::Second => second,
        };
        let inputs = vec![observation.features.map(i64::from).to_vec()];
        let mut rng = ChaCha20Rng::from_seed(context); // public inputs: nothing to hide
        let answer = prove(prover, strategy::Question { inputs, context }, &mut rng)?.answer;
        let output = answer.outputs.concat();
        let output = output.first().and_then(|output| i16::try_from(*output).ok());
        let output = output.ok_or(DemoError::Scenario("the model has one output of 16 bits"))?;
        Ok((answer.proof.as_bytes().to_vec(), output))
    }

    /// `resolve_by_proof` with these bytes as the proof, and the receipt of the statement that it claims.
    ///
    /// # Errors
    /// The question's accounts say nothing that can be proven.
    pub fn claim(
        &self,
        place: Place,
        by: &Address,
        proof: &[u8],
        output: i16,
    ) -> Result<Instruction, DemoError> {
        let (question, observation) = (self.question()?, self.observation()?);
        let context = statement::resolution_context(&self.keys.question, &observation, place, by);
        let (_, digest) = statement::statement(&question, &observation, place, output, &context)?;
        let model = self.model(place);
        let receipt = assay_verifier_host::receipt_address(&model, &digest);
        Ok(self.keys.resolve_by_proof(*by, model, receipt, proof, output))
    }

    /// The model of a place.
    pub fn model(&self, place: Place) -> Address {
        let [first, second] = self.world.models;
        match place {
            Place::First => first,
            Place::Second => second,
        }
    }

    /// Sends the prover's proof.
    ///
    /// # Errors
    /// It was refused.
    pub fn resolve(&mut self, provers: &[Prover; 2], place: Place) -> Result<(), DemoError> {
        let prover = self.world.prover.clone();
        let (proof, output) = self.proof(provers, place, &prover.address())?;
        let resolve = self.claim(place, &prover.address(), &proof, output)?;
        self.world.send("resolve_by_proof", &prover, &[compute_budget::limit(200_000), resolve])
    }

    /// The question's account.
    ///
    /// # Errors
    /// There is none.
    pub fn question(&self) -> Result<Question, DemoError> {
        self.world.net.read(&self.keys.question)?.ok_or(DemoError::Missing(self.keys.question))
    }

    fn observation(&self) -> Result<Observation, DemoError> {
        self.world.net.read(&self.keys.observation)?.ok_or(DemoError::Missing(self.keys.observation))
    }
}

impl Course {
    /// Plays one question.
    ///
    /// # Errors
    /// A transaction of the course was refused.
    pub fn play(
        world: World,
        provers: &[Prover; 2],
        window: &Window,
        ending: Ending,
    ) -> Result<Self, DemoError> {
        let mut asked = Asked::open(world, window)?;
        asked.observe(window)?;
        let (prover, challenger) = (asked.world.prover.clone(), asked.world.challenger.clone());
        if ending != Ending::Void {
            asked.resolve(provers, Place::First)?;
        }
        if ending == Ending::Disputed {
            asked.world.send("dispute", &challenger, &[asked.keys.dispute(challenger.address())])?;
            asked.resolve(provers, Place::Second)?;
        }
        let question = asked.question()?;
        if ending == Ending::Void {
            asked.world.net.set_time(question.terms.resolve_by + 1);
            asked.world.send("void", &prover, &[asked.keys.void(&question)])?;
        } else {
            asked.world.net.advance(i64::from(DISPUTE_WINDOW));
            asked.world.send("settle", &prover, &[asked.keys.settle(&question)])?;
        }
        let question = asked.question()?;
        let paid = asked.redeem_all(&question)?;
        let left = asked.world.net.token_balance(&asked.keys.vault);
        Ok(Self { question, sets: SETS, paid, left, world: asked.world })
    }

    /// What its transactions cost.
    pub fn take_figures(&mut self) -> Vec<TransactionFigures> {
        self.world.take_figures()
    }
}

impl Asked {
    /// The holder redeems every outcome that pays. Returns what was paid.
    fn redeem_all(&mut self, question: &Question) -> Result<u64, DemoError> {
        let holder = self.world.holder.clone();
        let before = self.world.net.token_balance(&holder.collateral);
        for ((source, share), outcome) in self.outcomes.into_iter().zip(question.payout).zip(0..) {
            if share > 0 {
                let redeem = self.keys.redeem(holder.address(), holder.collateral, outcome, source, SETS);
                self.world.send("redeem", &holder, &[redeem])?;
            }
        }
        Ok(self.world.net.token_balance(&holder.collateral) - before)
    }
}

/// "Was SOL as volatile as 3 % a day over these hours?"
pub fn terms(window: &Window) -> Terms {
    let share = |below, reached| [below, reached, 0, 0, 0, 0, 0, 0];
    let nothing = share(0, 0);
    Terms {
        ends_at: window.ends_at,
        close_at: window.starts_at() - 3_600,
        observe_by: window.ends_at + 6 * 3_600,
        resolve_by: window.ends_at + 12 * 3_600,
        bond: 2 * LEAST_STAKE,
        observe_bounty: LEAST_STAKE,
        resolve_bounty: LEAST_STAKE,
        window: DISPUTE_WINDOW,
        patience: 2 * 3_600,
        rows: [share(10_000, 0), share(0, 10_000), nothing, nothing, nothing, nothing, nothing, nothing],
        fallback: share(5_000, 5_000),
        thresholds: [LEVEL, 0, 0, 0, 0, 0, 0],
        outcomes: 2,
        buckets: 2,
        returns: RETURNS as u8,
        sources: 3,
        setups: 1,
        flags: 0,
        padding: [0; 4],
    }
}
