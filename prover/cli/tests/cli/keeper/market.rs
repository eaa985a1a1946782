//! A lending market on a cluster: registered model, price accounts of the test's own, and as many positions as wanted.
//!
//! What a program has to check is done by its instructions; positions are written where they would stand, with the market's books to
//! match, since a thousand loans take the cluster some minutes.

use std::fmt::Write as _;
use std::path::PathBuf;

use anchor_lang::{Discriminator, Owner};
use assay::{Keys, Model};
use assay_chain::settings::keypair;
use assay_chain::{Commitment, MOST_PRIORITY, Price, Rpc, Sender};
use assay_feed_host::{PythFeed, SourceKeys, oracle};
use assay_feed_interface::pyth::{PriceUpdate, VerificationLevel};
use assay_feed_interface::{Interval, Observed, Price as FeedPrice, Source};
use assay_host::account::{decode, token_amount};
use assay_lending::state::{SETUP_DEVELOPMENT, VERSION};
use assay_lending_host::source::account as feed_account;
use assay_lending_host::{Market, MarketKeys, Offices, Position, PriceAccounts, RiskParams, Vouched};
use assay_lending_interface::formats::{FEATURES, SCORE};
use assay_lending_interface::seeds::POSITION;
use assay_verifier_host::{Registration, activate};
use bytemuck::{Pod, Zeroable, bytes_of};
use serde_json::{Value, json};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::{Keypair, write_keypair_file};
use solana_signer::Signer as _;

use crate::common::Workspace;

pub const SOL: u64 = 1_000_000_000;
pub const USDC: u64 = 1_000_000;
const HOUR: i64 = 3_600;
const TOKEN_PROGRAM: Address = Address::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// Nobody publishes to accounts of this shard but the test.
const SHARD: u16 = 77;
const FEEDS: [PythFeed; 2] =
    [PythFeed { shard: SHARD, id: [0x61; 32] }, PythFeed { shard: SHARD, id: [0x62; 32] }];

pub struct World {
    pub workspace: Workspace,
    pub url: String,
    pub keys: MarketKeys,
    /// The keeper's.
    pub keeper: Keypair,
    pub collateral_account: Address,
    pub debt_account: Address,
    pub prices: PriceAccounts,
    pub positions: Vec<Address>,
    wallet: Keypair,
}

impl World {
    /// A market of positions that owe so many dollars each against 100 SOL, at 100 dollars a SOL.
    pub fn new(debts: &[u64]) -> Self {
        let variable = |name| {
            std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask anchor-test`"))
        };
        let wallet = keypair(&PathBuf::from(variable("ANCHOR_WALLET"))).unwrap();
        let keeper = Keypair::new();
        let workspace = Workspace::new();
        write_keypair_file(&keeper, workspace.path("keeper.json")).unwrap();
        let [collateral_mint, debt_mint] = [(); 2].map(|()| Keypair::new().pubkey());
        let sources = FEEDS.map(|feed| SourceKeys::of(&feed));
        let mut world = Self {
            workspace,
            url: variable("ANCHOR_PROVIDER_URL"),
            keys: MarketKeys::derive(&wallet.pubkey(), collateral_mint, debt_mint),
            keeper,
            collateral_account: Keypair::new().pubkey(),
            debt_account: Keypair::new().pubkey(),
            prices: PriceAccounts { collateral: sources[0].source, debt: sources[1].source },
            positions: Vec::new(),
            wallet,
        };
        for (mint, decimals) in [(collateral_mint, 9), (debt_mint, 6)] {
            let mut data = vec![0; 82];
            (data[44], data[45]) = (decimals, 1);
            world.put(&mint, &TOKEN_PROGRAM, &data);
        }
        let lender = Keypair::new().pubkey();
        let (owner, keeper) = (world.wallet.pubkey(), world.keeper.pubkey());
        world.put_tokens(&lender, &debt_mint, &owner, 100_000_000 * USDC);
        world.put_tokens(&world.collateral_account, &collateral_mint, &keeper, 0);
        world.put_tokens(&world.debt_account, &debt_mint, &keeper, 10_000_000 * USDC);
        world.put_with(&keeper, &Address::default(), &[], 100 * SOL);

        let (model, statement_domain) = world.model();
        world.publish(100.0);
        for (source, feed) in sources.iter().zip(&FEEDS) {
            if world.rpc().account(&source.source).unwrap().is_none() {
                world.send(&[source.create(owner, feed)]);
            }
        }
        world.send(&sources.map(|source| source.refresh()));
        let params = RiskParams {
            model: model.to_bytes(),
            statement_domain,
            collateral_source: world.prices.collateral.to_bytes(),
            debt_source: world.prices.debt.to_bytes(),
            supply_cap: 1_000_000_000 * USDC,
            collateral_cap: 10_000_000 * SOL,
            min_borrow: 10 * USDC,
            accepted_setup_kinds: SETUP_DEVELOPMENT,
            ..RiskParams::TEMPLATE
        };
        let offices = Offices { guardian: Keypair::new().pubkey(), reserve_owner: owner };
        world.send(&[world.keys.init_market(owner, params, offices, Vouched::Nothing)]);
        world.send(&[world.keys.supply(owner, lender, 100_000_000 * USDC)]);
        world.lend(debts);
        world
    }

    pub fn rpc(&self) -> Rpc {
        Rpc::new(&self.url, Commitment::Confirmed)
    }

    /// Sends as the wallet.
    fn send(&self, instructions: &[Instruction]) {
        let rpc = self.rpc();
        let sender = Sender {
            rpc: &rpc,
            payer: self.wallet.pubkey(),
            keys: vec![&self.wallet],
            price: Price::Fixed(0),
            most_priority: MOST_PRIORITY,
            patience: std::time::Duration::from_secs(60),
        };
        let simulated = sender
            .simulate(instructions)
            .unwrap_or_else(|error| panic!("{error}: {:?}", error.refusal().map(|refusal| &refusal.logs)));
        sender.send(&simulated, &mut |_| Ok(())).unwrap();
    }

    fn cheat(&self, method: &'static str, parameters: &Value) {
        self.rpc().ask(method, parameters).unwrap();
    }

    fn put(&self, address: &Address, owner: &Address, data: &[u8]) {
        self.put_with(address, owner, data, 6_960 * (128 + data.len() as u64));
    }

    fn put_with(&self, address: &Address, owner: &Address, data: &[u8], lamports: u64) {
        let mut hex = String::new();
        data.iter().for_each(|byte| write!(hex, "{byte:02x}").unwrap());
        let account = json!({ "lamports": lamports, "owner": owner.to_string(), "data": hex });
        self.cheat("surfnet_setAccount", &json!([address.to_string(), account]));
    }

    fn put_value<T: Discriminator + Owner + Pod>(&self, address: &Address, value: &T) {
        self.put(address, &T::OWNER, &[T::DISCRIMINATOR, bytes_of(value)].concat());
    }

    fn put_tokens(&self, address: &Address, mint: &Address, owner: &Address, amount: u64) {
        let mut data = vec![0; 165];
        data[..32].copy_from_slice(mint.as_ref());
        data[32..64].copy_from_slice(owner.as_ref());
        data[64..72].copy_from_slice(&amount.to_le_bytes());
        data[108] = 1; // initialized
        self.put(address, &TOKEN_PROGRAM, &data);
    }

    /// Compiles the committed model, makes keys, and registers it: its address and its statement's domain.
    fn model(&self) -> (Address, [u8; 32]) {
        self.workspace
            .write("risk.onnx", include_bytes!("../../../../../models/liquidation-risk/model.onnx"));
        let calibration = include_bytes!("../../../../../models/liquidation-risk/calibration.csv");
        self.workspace.write("risk.csv", calibration);
        let (inputs, outputs) = (FEATURES.to_string(), SCORE.to_string());
        let formats = ["--input-format", &inputs, "--output-format", &outputs];
        let compile = ["compile", "risk.onnx", "--calibration", "risk.csv", "--max-error-calibrated", "0.05"];
        self.workspace.succeed([&compile[..], &formats].concat());
        self.workspace.succeed(["setup", "risk.assay", "--development"]);
        let model = Model::load(&self.workspace.read("risk.assay")).unwrap();
        let keys = Keys::load(&self.workspace.read("risk.pk")).unwrap();
        let key = keys.verifying_key().to_interface();
        let registration = Registration::development(self.wallet.pubkey(), &key, model.schema());
        let address = registration.model();
        self.send(&[registration.instruction().unwrap()]);
        let until = self.rpc().unix_time().unwrap() + registration.timelock;
        // Others may have moved the clock further in the meantime: then this is refused, and all is well.
        let _ = self.rpc().ask("surfnet_timeTravel", &json!([{ "absoluteTimestamp": until * 1_000 }]));
        while self.rpc().unix_time().unwrap() < until {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        self.send(&[activate(self.wallet.pubkey(), address)]);
        (address, model.schema().domain().to_be_bytes())
    }

    /// A day of hours behind the present, the price going up and down by two percent: what a score is computed from.
    pub fn fill_history(&self, dollars: f64) {
        let now = self.rpc().unix_time().unwrap();
        for (address, dollars) in [(self.prices.collateral, dollars), (self.prices.debt, 1.0)] {
            let found = self.rpc().account(&address).unwrap().unwrap();
            let mut source = Source::decode(&found.data).unwrap();
            for hour in now / HOUR - 30..=now / HOUR {
                let (at, close) = (hour * HOUR, dollars * if hour % 2 == 0 { 1.0 } else { 0.98 });
                let price = (close * 1e8) as u64;
                let price = FeedPrice { price, confidence: price / 10_000, ema: price, publish_time: at };
                // What is final already stays.
                let first = Observed { price, previous_publish_time: at - 1 };
                let _ = source.observe(Interval::Hour, at, &first, now);
            }
            let account = feed_account(&source);
            self.put(&address, &account.owner, &account.data);
        }
    }

    /// Lets the cluster's time pass.
    pub fn pass(&self, seconds: i64) {
        let until = self.rpc().unix_time().unwrap() + seconds;
        self.cheat("surfnet_timeTravel", &json!([{ "absoluteTimestamp": until * 1_000 }]));
    }

    /// What the oracle's accounts hold from now on: the first update of the present minute, as whoever takes a snapshot needs it.
    pub fn publish(&self, dollars: f64) {
        let now = self.rpc().unix_time().unwrap();
        for (feed, dollars) in FEEDS.iter().zip([dollars, 1.0]) {
            let price = (dollars * 1e8) as i64;
            let update = PriceUpdate {
                write_authority: [0; 32],
                verification_level: VerificationLevel::Full,
                feed_id: feed.id,
                price,
                confidence: price.unsigned_abs() / 10_000,
                exponent: -8,
                publish_time: now,
                previous_publish_time: now - now % 60 - 1,
                ema_price: price,
                ema_confidence: price.unsigned_abs() / 10_000,
                posted_slot: 0,
            };
            let account = oracle::account(&update);
            self.put(&feed.account(), &account.owner, &account.data);
        }
    }

    /// Writes the positions, and the market's books to match.
    fn lend(&mut self, debts: &[u64]) {
        let mut market = self.market();
        for debt in debts {
            let owner = Keypair::new().pubkey();
            let address = self.keys.position(&owner);
            let (_, bump) = Address::find_program_address(
                &[POSITION, self.keys.market.as_ref(), owner.as_ref()],
                &assay_lending_host::ID,
            );
            let (collateral, debt_shares) = (100 * SOL, debt * USDC);
            let position = Position {
                market: self.keys.market,
                owner,
                collateral,
                debt_shares,
                bump,
                version: VERSION,
                ..Zeroable::zeroed()
            };
            self.put_value(&address, &position);
            self.positions.push(address);
            market.collateral_total += collateral;
            market.debt_shares += debt_shares;
            market.cash -= debt_shares;
        }
        self.put_value(&self.keys.market, &market);
        let MarketKeys { market: owner, collateral_mint, debt_mint, collateral_vault, liquidity_vault } =
            self.keys;
        self.put_tokens(&collateral_vault, &collateral_mint, &owner, market.collateral_total);
        self.put_tokens(&liquidity_vault, &debt_mint, &owner, market.cash + market.reserves);
    }

    pub fn market(&self) -> Market {
        let found = self.rpc().account(&self.keys.market).unwrap().unwrap();
        decode(&found.owner, &found.data).unwrap()
    }

    /// What a position has and owes now.
    pub fn held(&self, address: &Address) -> Held {
        let found = self.rpc().account(address).unwrap().unwrap();
        let position: Position = decode(&found.owner, &found.data).unwrap();
        Held { debt: position.debt(&self.market()).unwrap() }
    }

    /// Base units in a token account.
    pub fn tokens(&self, address: &Address) -> u64 {
        token_amount(&self.rpc().account(address).unwrap().unwrap().data).unwrap()
    }

    /// Who made the market.
    pub fn creator(&self) -> Address {
        self.wallet.pubkey()
    }

    /// Where the cluster's subscriptions are: one port on.
    pub fn websocket(&self) -> String {
        let (host, port) = self.url.trim_start_matches("http://").rsplit_once(':').unwrap();
        format!("ws://{host}:{}", port.trim_end_matches('/').parse::<u16>().unwrap() + 1)
    }
}

/// What a position owes, base units.
pub struct Held {
    pub debt: u64,
}
