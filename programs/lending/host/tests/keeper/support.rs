//! A chain made of a map, and the accounts of one market in it.

use std::collections::HashMap;
use std::sync::OnceLock;

use anchor_lang::Discriminator;
use anchor_lang::prelude::PodU128;
use assay::{CompileOptions, IntegerFormat, Keys, Model, Prover, SampleFormat, Samples};
use assay_feed_interface::{Interval, Observed, Price, PriceV1, Source};
use assay_host::{Account, Action, Chain, ChainError, Executed, SendError, Watch, strategy::Strategy};
use assay_keeper::{Conclusion, Config, Keeper, Mode};
use assay_lending::state::SETUP_DEVELOPMENT;
use assay_lending_host::{
    Evidence, ID, Liquidations, Market, MarketKeys, Position, PriceAccounts, RiskParams, Route, Rules,
    Snapshot, source,
};
use assay_lending_interface::{
    features,
    formats::{FEATURES, Format, SCORE},
};
use assay_verifier_host::{Model as RegisteredModel, Series as RegisteredSeries};
use bytemuck::{Pod, Zeroable};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use solana_address::Address;
use solana_instruction::Instruction;

/// A full minute, and five seconds.
pub const NOW: i64 = 1_707_999_965;
pub const EPOCH: u32 = (NOW / 60) as u32;
pub const HOUR: i64 = 3_600;
pub const PRICE: u64 = 100_0000_0000;

/// What the committed model is compiled from.
pub fn sources() -> (&'static [u8], Samples, CompileOptions) {
    let format = |Format { bits, scale }| Some(IntegerFormat { bits, scale });
    let options = CompileOptions {
        max_error: 0.05,
        input_format: format(FEATURES),
        output_format: format(SCORE),
        ..CompileOptions::default()
    };
    let onnx = include_bytes!("../../../../../models/liquidation-risk/model.onnx");
    let calibration = include_bytes!("../../../../../models/liquidation-risk/calibration.csv");
    (onnx, Samples::read_as(SampleFormat::Csv, calibration).unwrap(), options)
}

/// The committed model with keys, made once for all tests.
pub fn prover() -> &'static Prover {
    static PROVER: OnceLock<Prover> = OnceLock::new();
    PROVER.get_or_init(|| {
        let (onnx, samples, options) = sources();
        let model = Model::compile(onnx, &samples, &options).unwrap().model;
        let keys = Keys::setup(&model, &mut ChaCha20Rng::from_seed([3; 32])).unwrap();
        Prover::new(&model, &keys).unwrap()
    })
}

pub fn keeper_of<S: Strategy>(strategy: S, config: Config) -> Keeper<S, ChaCha20Rng> {
    Keeper::new(strategy, prover().clone(), config, ChaCha20Rng::from_seed([4; 32])).unwrap()
}

pub fn keeper(config: Config) -> Keeper<Liquidations, ChaCha20Rng> {
    keeper_of(strategy(Rules::ProofAndRule), config)
}

pub fn strategy(rules: Rules) -> Liquidations {
    Liquidations { route: route(), rules, slippage_bps: 50, least_bonus_bps: 0 }
}

pub fn live() -> Config {
    Config { mode: Mode::Live, spend_cap: u64::MAX, ..Config::default() }
}

/// A chain of accounts that nothing changes, and a list of what was sent.
pub struct FixedChain {
    pub accounts: HashMap<Address, Account>,
    pub sent: Vec<Vec<Instruction>>,
    pub refuse: Option<u32>,
    /// What the chain writes when a transaction goes through.
    pub next_snapshot: Option<Snapshot>,
    /// Lists are not answered.
    pub lists_nothing: bool,
    /// Whether any gain is enough.
    pub pays: bool,
}

impl Chain for FixedChain {
    fn wallet(&self) -> Address {
        Address::new_from_array([9; 32])
    }

    fn account(&self, address: &Address) -> Result<Option<Account>, ChainError> {
        Ok(self.accounts.get(address).cloned())
    }

    fn addresses(&self, watch: &Watch) -> Result<Vec<Address>, ChainError> {
        if self.lists_nothing {
            return Err(ChainError("no list".into()));
        }
        let admitted = self.accounts.iter().filter(|(_, account)| watch.admits(account));
        Ok(admitted.map(|(address, _)| *address).collect())
    }

    fn unix_time(&self) -> Result<i64, ChainError> {
        Ok(NOW)
    }

    fn may_pay(&self, _: Option<u64>) -> bool {
        self.pays
    }

    fn simulate(&mut self, _: &Action) -> Result<Option<Executed>, SendError> {
        match self.refuse {
            Some(code) => Err(SendError::Refused { code: Some(code), message: "no".into() }),
            None => Ok(Some(Executed { compute_units: 1_000, size: 500 })),
        }
    }

    fn send(&mut self, action: &Action) -> Result<Executed, SendError> {
        self.sent.push(action.instructions.clone());
        if let Some(snapshot) = self.next_snapshot.take() {
            self.put(snapshot_address(&snapshot), &snapshot);
        }
        Ok(Executed { compute_units: 900, size: 500 })
    }
}

impl FixedChain {
    pub fn put<T: Discriminator + Pod>(&mut self, address: Address, value: &T) {
        let data = [T::DISCRIMINATOR, bytemuck::bytes_of(value)].concat();
        self.accounts.insert(address, Account { owner: ID, data });
    }

    pub fn names(&self) -> Vec<&'static str> {
        use assay_lending::instruction::{
            ClearByProof, FlagByProof, Impair, Liquidate, LiquidateByProof, Snapshot, Socialize,
        };
        let name = |instruction: &Instruction| match &instruction.data[..instruction.data.len().min(8)] {
            tag if tag == Snapshot::DISCRIMINATOR => "snapshot",
            tag if tag == LiquidateByProof::DISCRIMINATOR => "liquidate_by_proof",
            tag if tag == Liquidate::DISCRIMINATOR => "liquidate",
            tag if tag == FlagByProof::DISCRIMINATOR => "flag_by_proof",
            tag if tag == ClearByProof::DISCRIMINATOR => "clear_by_proof",
            tag if tag == Impair::DISCRIMINATOR => "impair",
            tag if tag == Socialize::DISCRIMINATOR => "socialize",
            _ => "limit",
        };
        self.sent.iter().flatten().map(name).filter(|name| *name != "limit").collect()
    }
}

pub fn keys() -> MarketKeys {
    let mint = |byte| Address::new_from_array([byte; 32]);
    MarketKeys::derive(&mint(20), mint(21), mint(22))
}

pub fn route() -> Route {
    let address = |byte| Address::new_from_array([byte; 32]);
    Route {
        keys: keys(),
        prices: PriceAccounts { collateral: address(30), debt: address(31) },
        collateral_account: address(32),
        debt_account: address(33),
    }
}

pub fn position_address() -> Address {
    keys().position(&Address::new_from_array([40; 32]))
}

pub fn params() -> RiskParams {
    RiskParams {
        model: [50; 32],
        statement_domain: prover().model().domain().to_be_bytes(),
        collateral_source: route().prices.collateral.to_bytes(),
        debt_source: route().prices.debt.to_bytes(),
        supply_cap: 1 << 50,
        collateral_cap: 1 << 60,
        min_borrow: 1_000_000,
        // No interest: debts stay what they are.
        kink_rate_bps: 0,
        max_rate_bps: 0,
        accepted_setup_kinds: SETUP_DEVELOPMENT,
        ..RiskParams::TEMPLATE
    }
}

/// 100 collateral tokens at 100 USD, and a debt; the price has swung by 2 % an hour for a day.
pub fn chain_with(debt_usd: u64) -> FixedChain {
    let mut chain = FixedChain {
        accounts: HashMap::new(),
        sent: Vec::new(),
        refuse: None,
        next_snapshot: None,
        lists_nothing: false,
        pays: true,
    };
    let (keys, route) = (keys(), route());
    let debt = debt_usd * 1_000_000;
    chain.put(
        keys.market,
        &Market {
            creator: Address::new_from_array([20; 32]),
            collateral_mint: keys.collateral_mint,
            debt_mint: keys.debt_mint,
            collateral_vault: keys.collateral_vault,
            liquidity_vault: keys.liquidity_vault,
            params: params(),
            cash: 100_000_000_000,
            debt_shares: debt,
            collateral_total: 100_000_000_000,
            last_accrual: NOW,
            borrow_index: PodU128::from(1 << 64),
            collateral_decimals: 9,
            debt_decimals: 6,
            ..Zeroable::zeroed()
        },
    );
    chain.put(position_address(), &position(debt));
    for (address, price) in [(route.prices.collateral, PRICE), (route.prices.debt, 1_0000_0000)] {
        chain.accounts.insert(address, source::account(&source_of(price)));
    }
    chain.accounts.insert(Address::new_from_array(params().model), model_account(1));
    let mut wallet = vec![0; 165];
    wallet[64..72].copy_from_slice(&50_000_000_000u64.to_le_bytes());
    chain
        .accounts
        .insert(route.debt_account, Account { owner: Address::new_from_array([6; 32]), data: wallet });
    chain
}

pub fn position(debt_shares: u64) -> Position {
    Position { market: keys().market, collateral: 100_000_000_000, debt_shares, ..Zeroable::zeroed() }
}

/// A source whose hours have swung by 2 %, with a final minute and a spot price of it.
pub fn source_of(price: u64) -> Source {
    let header = PriceV1 { version: PriceV1::VERSION, ..Zeroable::zeroed() };
    let mut source = Source { header, ..Zeroable::zeroed() };
    let at = i64::from(EPOCH) * 60;
    let first = |price, publish_time| Observed {
        price: Price { price, confidence: price / 10_000, ema: price, publish_time },
        previous_publish_time: publish_time - 1,
    };
    let last = (at - HOUR / 2) / HOUR;
    for (hour, index) in (last - 23..=last).zip(0..) {
        let close = if index % 2 == 0 { price * 98 / 100 } else { price };
        source.observe(Interval::Hour, hour * HOUR, &first(close, hour * HOUR), hour * HOUR).unwrap();
    }
    source.observe(Interval::Minute, at, &first(price, at), at).unwrap();
    source.refresh(&first(price, at).price, 0, at).unwrap();
    source
}

/// The market's model in a status of its life.
pub fn model_account(status: u8) -> Account {
    let model = RegisteredModel {
        version: assay_interface::verifier::model_account::VERSION,
        domain: prover().model().domain().to_be_bytes(),
        key_hash: prover().verifying_key().to_interface().key_hash(),
        status,
        ..Zeroable::zeroed()
    };
    let data = [RegisteredModel::DISCRIMINATOR, bytemuck::bytes_of(&model)].concat();
    Account { owner: assay_verifier_host::ID, data }
}

/// A series whose current model is at an address.
pub fn series_account(current: [u8; 32]) -> Account {
    let series = RegisteredSeries {
        version: assay_interface::verifier::series_account::VERSION,
        current: Address::new_from_array(current),
        ..Zeroable::zeroed()
    };
    let data = [RegisteredSeries::DISCRIMINATOR, bytemuck::bytes_of(&series)].concat();
    Account { owner: assay_verifier_host::ID, data }
}

/// Where a snapshot of the position lies.
pub fn snapshot_address(snapshot: &Snapshot) -> Address {
    MarketKeys::snapshot(&position_address(), snapshot.evidence())
}

/// The snapshot that the program took of a position that owes 8,450 USD, a second ago.
pub fn snapshot_of(chain: &mut FixedChain) -> Snapshot {
    let mut dry = keeper(Config::default());
    let report = dry.check(chain, &position_address()).unwrap();
    assert_eq!(report.conclusion, Conclusion::Would("snapshot"));
    let mut closes: [u64; features::WINDOW] =
        std::array::from_fn(|hour| if hour % 2 == 0 { PRICE * 98 / 100 } else { PRICE });
    closes[features::WINDOW - 1] = PRICE;
    let features = features::compute(&features::Inputs {
        closes: &closes,
        confidence: PRICE / 10_000,
        ema: PRICE,
        collateral_value: 1_000_000_000_000,
        debt_value: 845_000_000_000,
        liquidation_threshold_bps: 8_500,
        borrowed: 0,
        supplied: 1_000_000_000,
    });
    let Evidence { epoch, revision } = Evidence { epoch: EPOCH, revision: 0 };
    Snapshot {
        market: keys().market,
        position: position_address(),
        payer: Address::new_from_array([9; 32]),
        epoch,
        revision,
        taken_at: NOW - 1,
        expires_at: NOW + 120,
        ltv_bps: 8_450,
        features: features.unwrap(),
        ..Zeroable::zeroed()
    }
}
