//! The two markets: equal in mints, rules, lenders, borrowers and amounts. In one, proven scores open liquidations; in
//! its twin the keeper acts under the plain rule only. What differs in the end is what the model did.

use assay_client::lending::{Market, MarketKeys, Position, PriceAccounts, RiskParams};
use assay_keeper::Route;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer as _;

use crate::{
    error::DemoError,
    scenario::{
        BORROWERS, Borrower, COLLATERAL_DECIMALS, COLLATERAL_UNIT, DEBT_DECIMALS, DEBT_UNIT, KEEPER_FUNDS,
        SUPPLIERS, Supplier, opening_debt,
    },
    world::World,
};

/// Mints and price accounts, shared by the markets.
#[derive(Clone, Copy, Debug)]
pub struct Assets {
    /// Mint of the collateral.
    pub collateral_mint: Address,
    /// Mint of the debt asset.
    pub debt_mint: Address,
    /// The price accounts.
    pub prices: PriceAccounts,
}

/// A party: a key and its two token accounts.
#[derive(Debug)]
pub struct Party {
    /// Key.
    pub keypair: Keypair,
    /// Collateral tokens.
    pub collateral_account: Address,
    /// Debt tokens.
    pub debt_account: Address,
}

impl Party {
    /// The key's address.
    pub fn address(&self) -> Address {
        self.keypair.pubkey()
    }
}

/// One market with everyone in it.
#[derive(Debug)]
pub struct Venue {
    /// Its addresses.
    pub keys: MarketKeys,
    /// Its lenders.
    pub suppliers: Vec<Party>,
    /// Its borrowers.
    pub borrowers: Vec<Party>,
    /// Its keeper's wallet.
    pub keeper: Party,
    /// The price accounts.
    pub prices: PriceAccounts,
}

impl Assets {
    /// Creates mints and the addresses of the price accounts.
    pub fn create(world: &mut World) -> Self {
        Self {
            collateral_mint: world.create_mint("collateral mint", COLLATERAL_DECIMALS),
            debt_mint: world.create_mint("debt mint", DEBT_DECIMALS),
            prices: PriceAccounts {
                collateral: world.key("collateral price").pubkey(),
                debt: world.key("debt price").pubkey(),
            },
        }
    }
}

impl Venue {
    /// Creates the market, and everyone with tokens. Nothing is deposited yet.
    pub fn create(
        world: &mut World,
        label: &'static str,
        assets: &Assets,
        rules: RiskParams,
    ) -> Result<Self, DemoError> {
        let admin = world.party(label, "admin", assets, 0, 0);
        let keys = MarketKeys::derive(&admin.address(), assets.collateral_mint, assets.debt_mint);
        world.send("init_market", &admin.keypair, &[keys.init_market(admin.address(), rules)])?;
        let mut suppliers = Vec::new();
        for Supplier { name, amount } in SUPPLIERS {
            suppliers.push(world.party(label, name, assets, 0, amount * DEBT_UNIT));
        }
        let mut borrowers = Vec::new();
        for Borrower { name, collateral, .. } in BORROWERS {
            borrowers.push(world.party(label, name, assets, collateral * COLLATERAL_UNIT, 0));
        }
        let keeper = world.party(label, "keeper", assets, 0, KEEPER_FUNDS * DEBT_UNIT);
        Ok(Self { keys, suppliers, borrowers, keeper, prices: assets.prices })
    }

    /// The lenders supply, the borrowers deposit and borrow, at the collateral's price.
    pub fn open(&self, world: &mut World, price: u64) -> Result<(), DemoError> {
        for (party, supplier) in self.suppliers.iter().zip(&SUPPLIERS) {
            let amount = supplier.amount * DEBT_UNIT;
            let supply = self.keys.supply(party.address(), party.debt_account, amount);
            world.send("supply", &party.keypair, &[supply])?;
        }
        for (party, borrower) in self.borrowers.iter().zip(&BORROWERS) {
            let owner = party.address();
            let amount = borrower.collateral * COLLATERAL_UNIT;
            let deposit = self.keys.deposit_collateral(owner, party.collateral_account, amount);
            world.send("deposit_collateral", &party.keypair, &[deposit])?;
            let debt = opening_debt(borrower, price);
            let borrow = self.keys.borrow(owner, party.debt_account, self.prices, debt);
            world.send("borrow", &party.keypair, &[borrow])?;
        }
        Ok(())
    }

    /// The position of a borrower.
    pub fn position(&self, borrower: &Party) -> Address {
        self.keys.position(&borrower.address())
    }

    /// How the keeper trades with the market.
    pub fn route(&self) -> Route {
        Route {
            keys: self.keys,
            prices: self.prices,
            collateral_account: self.keeper.collateral_account,
            debt_account: self.keeper.debt_account,
        }
    }

    /// The market's account, interest charged to the present.
    pub fn read(&self, world: &World) -> Result<Market, DemoError> {
        let mut market: Market = world.read(&self.keys.market)?;
        market.accrue(world.now()).map_err(|_| DemoError::Books)?;
        Ok(market)
    }

    /// A borrower's position.
    pub fn read_position(&self, world: &World, borrower: &Party) -> Result<Position, DemoError> {
        world.read(&self.position(borrower))
    }
}
