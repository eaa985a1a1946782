//! The market of the tests: SOL as collateral at 100 USD, USDC as debt at 1 USD, suppliers, a borrower, a liquidator.

use assay_feed_interface::{Interval, Source};
use assay_interface::groth16::{SetupKind, Transcript};
use assay_lending::state::{
    Deposit, Evidence, Market, Position, RiskParams, SETUP_DEVELOPMENT, Snapshot, TIMELOCK_SECONDS,
};
use assay_lending_host::{Liquidation, MarketKeys, Offices, PriceAccounts, Proven, Vouched, source};
use assay_localnet::{Localnet, Outcome};
use assay_verifier_host::{self as verifier, Attestors, Registration};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::{
    Model,
    prices::{empty, fill_hours, first, price},
};

/// Base units of one token of collateral.
pub const SOL: u64 = 1_000_000_000;
/// Base units of one token of the debt asset.
pub const USDC: u64 = 1_000_000;

const MINUTE: i64 = 60;

/// Somebody with two token accounts.
pub struct Actor {
    pub key: Keypair,
    pub collateral: Address,
    pub debt: Address,
}

impl Actor {
    pub fn address(&self) -> Address {
        self.key.pubkey()
    }
}

/// A runtime with a market in it.
pub struct TestMarket {
    pub net: Localnet,
    pub keys: MarketKeys,
    pub prices: PriceAccounts,
    pub params: RiskParams,
    pub model: Address,
    pub vouched: Vouched,
    pub admin: Actor,
    pub lender: Actor,
    pub borrower: Actor,
    pub liquidator: Actor,
    pub stranger: Actor,
    pub guardian: Actor,
    pub dollars: (f64, f64),
    sources: [Source; 2],
}

/// Loan to 70 %, early liquidation from 75 %, plain liquidation from 85 %. The score is the loan-to-value ratio in units of
/// 1/8192: 6,400 is 78.1 %.
pub fn params(model: Address, prices: PriceAccounts) -> RiskParams {
    RiskParams {
        model: model.to_bytes(),
        statement_domain: Model::shared().schema.domain().to_be_bytes(),
        collateral_source: prices.collateral.to_bytes(),
        debt_source: prices.debt.to_bytes(),
        supply_cap: 10_000_000 * USDC,
        collateral_cap: 1_000_000 * SOL,
        min_borrow: 10 * USDC,
        base_rate_bps: 100,
        max_ltv_bps: 7_000,
        early_floor_bps: 7_500,
        score_threshold: 6_400,
        accepted_setup_kinds: SETUP_DEVELOPMENT,
        ..RiskParams::TEMPLATE
    }
}

impl TestMarket {
    /// A market that exists, with a registered model, and nothing in it.
    pub fn new() -> Self {
        let mut test = Self::without_market();
        let create = test.create();
        test.net.send(&[create], &[&test.admin.key]).expect_ok();
        test
    }

    /// Everything but the market.
    pub fn without_market() -> Self {
        let mut net = Localnet::new(&assay_programs::identities()).unwrap();
        // Fixed addresses, so that the bumps and with them the compute units are the same in every run.
        let [collateral_mint, debt_mint] = [(9, 0x51), (6, 0x52)].map(|(decimals, byte)| {
            let address = Address::new_from_array([byte; 32]);
            let made = net.create_mint(decimals);
            let mint = net.account(&made).unwrap();
            net.set_account(address, mint);
            address
        });
        let actors = [1, 2, 3, 4, 5, 6].map(|seed| {
            let key = Keypair::new_from_array([seed; 32]);
            net.airdrop(&key.pubkey(), 100_000_000_000);
            let collateral = net.create_token_account(&collateral_mint, &key.pubkey());
            let debt = net.create_token_account(&debt_mint, &key.pubkey());
            net.mint_to(&collateral_mint, &collateral, 1_000_000 * SOL);
            net.mint_to(&debt_mint, &debt, 10_000_000 * USDC);
            Actor { key, collateral, debt }
        });
        let [admin, lender, borrower, liquidator, stranger, guardian] = actors;
        let model = register(&mut net, &admin.key, Model::shared());
        let keys = MarketKeys::derive(&admin.address(), collateral_mint, debt_mint);
        let prices = PriceAccounts {
            collateral: Address::new_from_array([0x71; 32]),
            debt: Address::new_from_array([0x72; 32]),
        };
        let params = params(model, prices);
        let (dollars, sources) = ((100.0, 1.0), [empty(), empty()]);
        let mut test = Self {
            net,
            keys,
            prices,
            params,
            model,
            vouched: Vouched::Nothing,
            admin,
            lender,
            borrower,
            liquidator,
            stranger,
            guardian,
            dollars,
            sources,
        };
        test.set_prices(100.0, 1.0);
        test
    }

    /// `init_market` of the admin.
    pub fn create(&self) -> Instruction {
        self.create_of(&self.keys, self.admin.address(), self.params)
    }

    /// `init_market` of anyone: the guardian is the test's, the reserves are the admin's.
    pub fn create_of(&self, keys: &MarketKeys, creator: Address, params: RiskParams) -> Instruction {
        let offices = Offices { guardian: self.guardian.address(), reserve_owner: self.admin.address() };
        keys.init_market(creator, params, offices, self.vouched)
    }

    /// A second market of another creator, for the same mints.
    pub fn second_market(&mut self) -> MarketKeys {
        let creator = self.stranger.address();
        let keys = MarketKeys::derive(&creator, self.keys.collateral_mint, self.keys.debt_mint);
        let create = self.create_of(&keys, creator, self.params);
        self.net.send(&[create], &[&self.stranger.key]).expect_ok();
        keys
    }

    /// A market in which the lender has supplied.
    pub fn supplied(amount: u64) -> Self {
        let mut test = Self::new();
        let supply = test.keys.supply(test.lender.address(), test.lender.debt, amount);
        test.net.send(&[supply], &[&test.lender.key]).expect_ok();
        test
    }

    /// A market in which the borrower owes `debt` against `collateral`, with a day of price history.
    pub fn borrowed(collateral: u64, debt: u64) -> Self {
        let mut test = Self::supplied(1_000_000 * USDC);
        test.fill_history();
        test.take_loan(collateral, debt);
        test
    }

    /// The borrower deposits and borrows.
    pub fn take_loan(&mut self, collateral: u64, debt: u64) {
        let owner = self.borrower.address();
        let deposit = self.keys.deposit_collateral(owner, self.borrower.collateral, collateral);
        let borrow = self.keys.borrow(owner, self.borrower.debt, self.prices, debt);
        self.net.send(&[deposit, borrow], &[&self.borrower.key]).expect_ok();
    }

    /// Publishes spot prices now.
    pub fn set_prices(&mut self, collateral: f64, debt: f64) {
        self.dollars = (collateral, debt);
        let now = self.net.now();
        for (source, dollars) in self.sources.iter_mut().zip([collateral, debt]) {
            // Within a second a test may change its mind.
            source.header.price = 0;
            source.refresh(&price(dollars, now), 0, now).unwrap();
        }
        self.write_sources();
    }

    /// Lets time pass and publishes the same prices again.
    pub fn advance(&mut self, seconds: i64) {
        self.net.advance(seconds);
        self.set_prices(self.dollars.0, self.dollars.1);
    }

    /// Waits for the next full minute; the prices are its final ones.
    pub fn next_minute(&mut self) {
        let at = (self.net.now() / MINUTE + 1) * MINUTE;
        self.net.set_time(at);
        self.set_prices(self.dollars.0, self.dollars.1);
        for (source, dollars) in self.sources.iter_mut().zip([self.dollars.0, self.dollars.1]) {
            source.observe(Interval::Minute, at, &first(price(dollars, at)), at).unwrap();
        }
        self.write_sources();
    }

    /// A day of hours behind the present, the price going up and down by half a percent.
    pub fn fill_history(&mut self) {
        let (dollars, now) = (self.dollars.0, self.net.now());
        fill_hours(&mut self.sources[0], dollars, now);
        self.write_sources();
    }

    /// Changes the sources as no rule would.
    pub fn damage_sources(&mut self, damage: impl FnOnce(&mut [Source; 2])) {
        damage(&mut self.sources);
        self.write_sources();
    }

    fn write_sources(&mut self) {
        for (address, value) in [self.prices.collateral, self.prices.debt].into_iter().zip(&self.sources) {
            self.net.put(address, source::account(value));
        }
    }

    /// The evidence that a snapshot of the borrower's position now would be.
    pub fn evidence(&self) -> Evidence {
        let epoch = u32::try_from(self.net.now() / MINUTE).unwrap();
        Evidence { epoch, revision: self.position().revision }
    }

    /// Waits for the next minute, takes a snapshot of the borrower's position in it, paid by the stranger, and lets a second
    /// pass.
    pub fn take_snapshot(&mut self) -> Snapshot {
        self.next_minute();
        let (take, evidence) = (self.snapshot_instruction(), self.evidence());
        self.net.send(&[take], &[&self.stranger.key]).expect_ok();
        self.advance(1);
        self.snapshot(evidence)
    }

    /// `snapshot` of the borrower's position in the present minute, paid by the stranger.
    pub fn snapshot_instruction(&self) -> Instruction {
        let (payer, position) = (self.stranger.address(), self.position_address());
        self.keys.take_snapshot(payer, position, self.evidence(), self.prices)
    }

    /// `liquidate_by_proof` by the liquidator, with an honest proof of a snapshot.
    pub fn early(&self, snapshot: &Snapshot, repay: u64) -> Instruction {
        self.keys.liquidate_by_proof(&self.liquidation(repay), &self.proven(snapshot))
    }

    /// `flag_by_proof` by the liquidator, with an honest proof of a snapshot.
    pub fn flag(&self, snapshot: &Snapshot) -> Instruction {
        let (prover, position) = (self.liquidator.address(), snapshot.position);
        self.keys.flag_by_proof(prover, position, self.prices, &self.proven(snapshot))
    }

    /// `clear_by_proof` by the liquidator, with an honest proof of a snapshot.
    pub fn clear(&self, snapshot: &Snapshot) -> Instruction {
        self.keys.clear_by_proof(self.liquidator.address(), snapshot.position, &self.proven(snapshot))
    }

    /// The honest score and the liquidator's proof of a snapshot.
    pub fn proven(&self, snapshot: &Snapshot) -> Proven {
        self.proven_by(Model::shared(), snapshot, &self.liquidator.address())
    }

    /// The honest score under a model, and somebody's proof of it.
    pub fn proven_by(&self, model: &Model, snapshot: &Snapshot, prover: &Address) -> Proven {
        let address = MarketKeys::snapshot(&snapshot.position, snapshot.evidence());
        let context = source::snapshot_context(snapshot, &address, prover);
        let (proof, digest) = model.prove_for(Transcript::Assay, snapshot.features, context);
        let score = Model::score(snapshot);
        let series = self.params.series().copied().map(Address::new_from_array);
        Proven { model: self.model, series, snapshot: address, digest, score, proof: Some(proof) }
    }

    /// A liquidation of the borrower's position by the liquidator.
    pub fn liquidation(&self, repay: u64) -> Liquidation {
        Liquidation {
            liquidator: self.liquidator.address(),
            position: self.position_address(),
            collateral_destination: self.liquidator.collateral,
            debt_source: self.liquidator.debt,
            prices: self.prices,
            repay,
            min_seized: 0,
        }
    }

    /// Sends as the liquidator.
    pub fn liquidator_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.liquidator.key])
    }

    /// Sends as the guardian.
    pub fn guardian_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.guardian.key])
    }

    /// Sends as the borrower.
    pub fn borrower_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.borrower.key])
    }

    /// Sends as the lender.
    pub fn lender_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.lender.key])
    }

    /// Sends as the admin.
    pub fn admin_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.admin.key])
    }

    /// Sends as the stranger.
    pub fn stranger_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.stranger.key])
    }

    /// Changes the parameters as the admin must: proposal, timelock, application; with a day of hours at the end.
    pub fn change_params(&mut self, change: impl FnOnce(&mut RiskParams)) {
        change(&mut self.params);
        let admin = self.admin.address();
        let propose = self.keys.propose_params(admin, self.params);
        self.admin_sends(propose).expect_ok();
        self.pass_timelock();
        let apply = self.apply();
        self.admin_sends(apply).expect_ok();
        self.fill_history();
    }

    /// Lets the two days pass that a proposal waits.
    pub fn pass_timelock(&mut self) {
        self.advance(TIMELOCK_SECONDS as i64);
    }

    /// `apply_params` by the admin, of the test's parameters.
    pub fn apply(&self) -> Instruction {
        self.keys.apply_params(self.admin.address(), &self.params, self.vouched)
    }

    /// Registers and activates a model of the admin.
    pub fn register(&mut self, model: &Model) -> Address {
        register(&mut self.net, &self.admin.key, model)
    }

    /// Registers a model as if its key were a ceremony's, and does not activate it.
    pub fn register_ceremony(&mut self, model: &Model) -> Address {
        let payer = self.net.payer().insecure_clone();
        let registration = Registration {
            payer: payer.pubkey(),
            setup: SetupKind::Ceremony,
            transcript_hash: [5; 32],
            ..Registration::development(self.admin.address(), &model.key, &model.schema)
        };
        let register = registration.instruction().unwrap();
        self.net.send(&[register], &[&payer, &self.admin.key]).expect_ok();
        registration.model()
    }

    /// A set of attestors, `threshold` of lender, stranger and guardian.
    pub fn attestors(&mut self, threshold: u8) -> Address {
        let members = [&self.lender, &self.stranger, &self.guardian].map(Actor::address);
        let attestors = Attestors::new(threshold, &members);
        let create = attestors.create(self.lender.address());
        self.lender_sends(create).expect_ok();
        attestors.address()
    }

    /// Somebody of the set attests a model.
    pub fn attest(&mut self, attestor: &Keypair, set: Address, model: Address) {
        let attest = verifier::attest(attestor.pubkey(), attestor.pubkey(), set, model);
        self.net.send(&[attest], &[attestor]).expect_ok();
    }

    /// Has the market trust `model`, and the prices go back to what they were, with a full history.
    pub fn adopt(&mut self, model: &Model) {
        self.model = self.register(model);
        let (address, domain) = (self.model.to_bytes(), model.schema.domain().to_be_bytes());
        self.set_prices(100.0, 1.0);
        self.change_params(|params| (params.model, params.statement_domain) = (address, domain));
    }

    pub fn position_address(&self) -> Address {
        self.keys.position(&self.borrower.address())
    }

    pub fn market(&self) -> Market {
        self.net.read(&self.keys.market).unwrap().unwrap()
    }

    pub fn position(&self) -> Position {
        self.net.read(&self.position_address()).unwrap().unwrap()
    }

    pub fn deposit(&self) -> Deposit {
        self.net.read(&self.keys.deposit(&self.lender.address())).unwrap().unwrap()
    }

    /// The snapshot of the borrower's position that is this evidence.
    pub fn snapshot(&self, evidence: Evidence) -> Snapshot {
        self.net.read(&MarketKeys::snapshot(&self.position_address(), evidence)).unwrap().unwrap()
    }

    /// Lamports of an account; none where there is none.
    pub fn lamports(&self, address: &Address) -> u64 {
        self.net.account(address).map_or(0, |account| account.lamports)
    }

    pub fn balance(&self, account: &Address) -> u64 {
        self.net.token_balance(account)
    }
}

fn register(net: &mut Localnet, authority: &Keypair, model: &Model) -> Address {
    let payer = net.payer().insecure_clone();
    let registration = Registration {
        payer: payer.pubkey(),
        ..Registration::development(authority.pubkey(), &model.key, &model.schema)
    };
    net.send(&[registration.instruction().unwrap()], &[&payer, authority]).expect_ok();
    net.advance(registration.timelock);
    net.send(&[verifier::activate(authority.pubkey(), registration.model())], &[authority]).expect_ok();
    registration.model()
}
