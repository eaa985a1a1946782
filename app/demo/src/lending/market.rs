//! The two markets: equal in mints, rules, lenders, borrowers and amounts. In one, proven scores open liquidations; in
//! its twin the keeper acts under the plain rule only. What differs in the end is what the model did.

use assay_lending::state::{Market, Position, RiskParams};
use assay_lending_host::{MarketKeys, Offices, PriceAccounts, Route, Vouched, assess::MarketView, read};
use solana_address::Address;

use super::{
    accounts::{Assets, Party},
    participants::{
        BORROWERS, Borrower, COLLATERAL_UNIT, DEBT_UNIT, KEEPER_FUNDS, SUPPLIERS, Supplier, opening_debt,
    },
    simulation::Simulation,
};
use crate::error::DemoError;

/// One market with everyone in it.
#[derive(Debug)]
pub struct SimulatedMarket {
    /// Its addresses.
    pub keys: MarketKeys,
    /// Its admin.
    pub admin: Party,
    /// Its guardian.
    pub guardian: Party,
    /// Its lenders.
    pub suppliers: Vec<Party>,
    /// Its borrowers.
    pub borrowers: Vec<Party>,
    /// Its keeper's wallet.
    pub keeper: Party,
    /// The price sources.
    pub prices: PriceAccounts,
}

impl SimulatedMarket {
    /// Creates the market, and everyone with tokens. Nothing is deposited yet.
    pub fn create(
        simulation: &mut Simulation,
        label: &'static str,
        assets: &Assets,
        rules: RiskParams,
    ) -> Result<Self, DemoError> {
        let admin = simulation.party(label, "admin", assets, 0, 0);
        let keys = MarketKeys::derive(&admin.address(), assets.collateral_mint, assets.debt_mint);
        let guardian = simulation.party(label, "guardian", assets, 0, 0);
        let offices = Offices { guardian: guardian.address(), reserve_owner: admin.address() };
        let create = keys.init_market(admin.address(), rules, offices, Vouched::Nothing);
        simulation.send("init_market", &admin.keypair, &[create])?;
        let mut suppliers = Vec::new();
        for Supplier { name, amount } in SUPPLIERS {
            suppliers.push(simulation.party(label, name, assets, 0, amount * DEBT_UNIT));
        }
        let mut borrowers = Vec::new();
        for Borrower { name, collateral, .. } in BORROWERS {
            borrowers.push(simulation.party(label, name, assets, collateral * COLLATERAL_UNIT, 0));
        }
        let keeper = simulation.party(label, "keeper", assets, 0, KEEPER_FUNDS * DEBT_UNIT);
        Ok(Self { keys, admin, guardian, suppliers, borrowers, keeper, prices: assets.prices })
    }

    /// The lenders supply, the borrowers deposit and borrow, at the collateral's price.
    pub fn open(&self, simulation: &mut Simulation, price: u64) -> Result<(), DemoError> {
        for (party, supplier) in self.suppliers.iter().zip(&SUPPLIERS) {
            let amount = supplier.amount * DEBT_UNIT;
            let supply = self.keys.supply(party.address(), party.debt_account, amount);
            simulation.send("supply", &party.keypair, &[supply])?;
        }
        for (party, borrower) in self.borrowers.iter().zip(&BORROWERS) {
            let owner = party.address();
            let amount = borrower.collateral * COLLATERAL_UNIT;
            let deposit = self.keys.deposit_collateral(owner, party.collateral_account, amount);
            simulation.send("deposit_collateral", &party.keypair, &[deposit])?;
            let debt = opening_debt(borrower, price)?;
            let borrow = self.keys.borrow(owner, party.debt_account, self.prices, debt);
            simulation.send("borrow", &party.keypair, &[borrow])?;
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

    /// The market as the keeper sees it.
    pub fn view(&self, simulation: &mut Simulation) -> Result<MarketView, DemoError> {
        let route = self.route();
        Ok(simulation.look(&self.keeper, |chain| read::market(chain, &route))?)
    }

    /// The market's account, interest charged to the present.
    pub fn read(&self, simulation: &Simulation) -> Result<Market, DemoError> {
        let mut market: Market = simulation.read(&self.keys.market)?;
        market.accrue(simulation.now()).map_err(|_| DemoError::Books)?;
        Ok(market)
    }

    /// A borrower's position.
    pub fn read_position(&self, simulation: &Simulation, borrower: &Party) -> Result<Position, DemoError> {
        simulation.read(&self.position(borrower))
    }
}
