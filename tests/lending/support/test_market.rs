//! The market of the tests: SOL as collateral at 100 USD, USDC as debt at 1 USD, suppliers, a borrower, a liquidator.

use assay_lending::state::{
    Deposit, Market, Position, PriceHistory, RiskParams, SETUP_DEVELOPMENT, Snapshot,
};
use assay_lending_host::{Liquidation, MarketKeys, PriceAccounts, Proven, price};
use assay_localnet::{Localnet, Outcome};
use assay_verifier_host::{self as verifier, Registration};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::{Model, prices::update};

/// Base units of one token of collateral.
pub const SOL: u64 = 1_000_000_000;
/// Base units of one token of the debt asset.
pub const USDC: u64 = 1_000_000;

const COLLATERAL_FEED: [u8; 32] = [0xc0; 32];
const DEBT_FEED: [u8; 32] = [0xde; 32];

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
    pub admin: Actor,
    pub lender: Actor,
    pub borrower: Actor,
    pub liquidator: Actor,
    pub stranger: Actor,
    dollars: (f64, f64),
}

/// Loan to 70 %, early liquidation from 75 %, plain liquidation from 85 %. The score is the loan-to-value ratio in units of
/// 1/8192: 6,400 is 78.1 %.
pub fn params(model: Address) -> RiskParams {
    RiskParams {
        model: model.to_bytes(),
        statement_domain: Model::shared().schema.domain().to_be_bytes(),
        collateral_feed: COLLATERAL_FEED,
        debt_feed: DEBT_FEED,
        supply_cap: 10_000_000 * USDC,
        collateral_cap: 1_000_000 * SOL,
        min_borrow: 10 * USDC,
        base_rate_bps: 100,
        max_ltv_bps: 7_000,
        early_floor_bps: 7_500,
        score_threshold: 6_400,
        score_full: 6_960,
        accepted_setup_kinds: SETUP_DEVELOPMENT,
        ..RiskParams::TEMPLATE
    }
}

impl TestMarket {
    /// A market that exists, with a registered model, and nothing in it.
    pub fn new() -> Self {
        let mut test = Self::without_market();
        let create = test.keys.init_market(test.admin.address(), test.params);
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
        let actors = [1, 2, 3, 4, 5].map(|seed| {
            let key = Keypair::new_from_array([seed; 32]);
            net.airdrop(&key.pubkey(), 100_000_000_000);
            let collateral = net.create_token_account(&collateral_mint, &key.pubkey());
            let debt = net.create_token_account(&debt_mint, &key.pubkey());
            net.mint_to(&collateral_mint, &collateral, 1_000_000 * SOL);
            net.mint_to(&debt_mint, &debt, 10_000_000 * USDC);
            Actor { key, collateral, debt }
        });
        let [admin, lender, borrower, liquidator, stranger] = actors;
        let model = register(&mut net, &admin.key, Model::shared());
        let keys = MarketKeys::derive(&admin.address(), collateral_mint, debt_mint);
        let prices = PriceAccounts {
            collateral: Address::new_from_array([0x71; 32]),
            debt: Address::new_from_array([0x72; 32]),
        };
        let params = params(model);
        let dollars = (100.0, 1.0);
        let mut test =
            Self { net, keys, prices, params, model, admin, lender, borrower, liquidator, stranger, dollars };
        test.set_prices(100.0, 1.0);
        test
    }

    /// A second market of another creator, for the same mints.
    pub fn second_market(&mut self) -> MarketKeys {
        let creator = self.stranger.address();
        let keys = MarketKeys::derive(&creator, self.keys.collateral_mint, self.keys.debt_mint);
        let create = keys.init_market(creator, self.params);
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

    /// Publishes prices now.
    pub fn set_prices(&mut self, collateral: f64, debt: f64) {
        self.dollars = (collateral, debt);
        let now = self.net.now();
        self.net.put(self.prices.collateral, price::account(&update(COLLATERAL_FEED, collateral, now)));
        self.net.put(self.prices.debt, price::account(&update(DEBT_FEED, debt, now)));
    }

    /// Lets time pass and publishes the same prices again.
    pub fn advance(&mut self, seconds: i64) {
        self.net.advance(seconds);
        self.set_prices(self.dollars.0, self.dollars.1);
    }

    /// Observes 25 closes, an hour apart, the price going up and down by half a percent.
    pub fn fill_history(&mut self) {
        let price = self.dollars.0;
        for hour in 0..25 {
            self.net.advance(3_600);
            self.set_prices(price * if hour % 2 == 0 { 1.0 } else { 1.005 }, self.dollars.1);
            let observe = self.keys.observe(self.prices.collateral);
            self.net.send(&[observe], &[&self.stranger.key]).expect_ok();
        }
        self.net.advance(1_800);
        self.set_prices(price, self.dollars.1);
    }

    /// Takes a snapshot of the borrower's position, paid by the stranger.
    pub fn take_snapshot(&mut self) -> Snapshot {
        let take = self.snapshot_instruction();
        self.net.send(&[take], &[&self.stranger.key]).expect_ok();
        self.snapshot()
    }

    /// `snapshot` of the borrower's position, paid by the stranger.
    pub fn snapshot_instruction(&self) -> Instruction {
        self.keys.take_snapshot(self.stranger.address(), self.position_address(), self.prices)
    }

    /// `liquidate_by_proof` by the liquidator, with an honest proof of a snapshot.
    pub fn early(&self, snapshot: &Snapshot, repay: u64) -> Instruction {
        self.keys.liquidate_by_proof(&self.liquidation(repay), &self.proven(snapshot))
    }

    /// The honest score and proof of a snapshot.
    pub fn proven(&self, snapshot: &Snapshot) -> Proven {
        Proven {
            model: self.model,
            snapshot_payer: snapshot.payer,
            score: Model::score(snapshot),
            proof: Model::shared().prove(snapshot),
        }
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

    /// Changes the parameters as the admin must: proposal, timelock, application.
    pub fn change_params(&mut self, change: impl FnOnce(&mut RiskParams)) {
        change(&mut self.params);
        let admin = self.admin.address();
        let propose = self.keys.propose_params(admin, self.params);
        self.admin_sends(propose).expect_ok();
        self.advance(assay_lending::state::TIMELOCK_SECONDS);
        let apply = self.keys.apply_params(admin);
        self.admin_sends(apply).expect_ok();
    }

    /// Registers and activates a model of the admin.
    pub fn register(&mut self, model: &Model) -> Address {
        register(&mut self.net, &self.admin.key, model)
    }

    /// Has the market trust `model`, and the prices go back to what they were, with a full history.
    pub fn adopt(&mut self, model: &Model) {
        self.model = self.register(model);
        let (address, domain) = (self.model.to_bytes(), model.schema.domain().to_be_bytes());
        self.change_params(|params| (params.model, params.statement_domain) = (address, domain));
        self.set_prices(100.0, 1.0);
        self.fill_history();
    }

    pub fn position_address(&self) -> Address {
        self.keys.position(&self.borrower.address())
    }

    pub fn snapshot_address(&self) -> Address {
        MarketKeys::snapshot(&self.position_address())
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

    pub fn snapshot(&self) -> Snapshot {
        self.net.read(&self.snapshot_address()).unwrap().unwrap()
    }

    pub fn history(&self) -> PriceHistory {
        self.net.read(&self.keys.history).unwrap().unwrap()
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
