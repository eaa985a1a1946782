//! Step 5: the lending market, which acts on the model's scores.

use std::rc::Rc;

use assay::SetupKind;
use assay_feed_host::{PythFeed, SourceKeys};
use assay_host::account::decode;
use assay_interface::schema::TensorSchema;
use assay_interface::sha256;
use assay_lending::math::value::decimals_supported;
use assay_lending::state::{SETUP_CEREMONY, SETUP_DEVELOPMENT};
use assay_lending_host::{Market, MarketKeys, Offices, RiskParams, Vouched};
use assay_lending_interface::features::COUNT;
use assay_lending_interface::formats::{FEATURES, Format, SCORE};
use assay_verifier_host::attestation_address;
use solana_address::Address;

use crate::description::{Asset, Market as Wanted};
use crate::error::{Result, Stop};
use crate::model::ModelFiles;
use crate::params;
use crate::plan::{Action, Plan, Step, Work};
use crate::world::{World, unanswered};

/// Bytes of a token account.
const TOKEN_ACCOUNT_LENGTH: usize = 165;
/// Bytes of a market's account.
const MARKET_LENGTH: usize = 8 + size_of::<Market>();
/// The SPL token program, and the bytes of its mints.
const TOKEN: Address = Address::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
const MINT_LENGTH: usize = 82;
/// Where a mint's decimals stand.
const MINT_DECIMALS: usize = 44;

/// The market.
pub struct CreateMarket {
    wanted: Wanted,
    model: Rc<ModelFiles>,
}

impl CreateMarket {
    /// The described market over the described model.
    ///
    /// # Errors
    /// The model's inputs or output are none that the lending program computes.
    pub fn of(wanted: Wanted, model: Rc<ModelFiles>) -> Result<Self> {
        let schema = model.model.schema();
        let is = |tensors: &[TensorSchema], format: Format, elements: usize| match tensors {
            [only] => {
                only.bits == format.bits && only.elements() == elements && {
                    only.each_scale().take(elements).all(|scale| scale == Some(format.scale))
                }
            }
            _ => false,
        };
        if !is(schema.inputs(), FEATURES, COUNT) || !is(schema.outputs(), SCORE, 1) {
            return Err(Stop::new(
                format!(
                    "the model {} does not take the lending program's {COUNT} features, or gives no one score",
                    schema.name()
                ),
                format!(
                    "`assay compile --input-format {FEATURES} --output-format {SCORE}` of a network with {COUNT} inputs and one output"
                ),
            ));
        }
        params::known(&wanted.params)?;
        Ok(Self { wanted, model })
    }

    fn params(&self, world: &World, model: &Address) -> Result<RiskParams> {
        let source = |asset: &Asset| {
            let source = world.description.sources.get(&asset.source);
            let source =
                source.map(|source| SourceKeys::of(&PythFeed { shard: source.shard, id: source.feed }));
            source.map(|keys| keys.source.to_bytes()).unwrap_or_default()
        };
        let mut params = RiskParams {
            model: model.to_bytes(),
            statement_domain: self.model.model.domain().to_be_bytes(),
            collateral_source: source(&self.wanted.collateral),
            debt_source: source(&self.wanted.debt),
            attestors: self.wanted.attestors.unwrap_or_default().to_bytes(),
            accepted_setup_kinds: match self.model.setup {
                SetupKind::Development => SETUP_DEVELOPMENT,
                SetupKind::Ceremony => SETUP_CEREMONY,
            },
            ..RiskParams::TEMPLATE
        };
        params::set(&mut params, &self.wanted.params)?;
        params.validate().map_err(|error| {
            Stop::new(
                format!("the market's parameters are refused: {error:?}"),
                "programs/lending/src/state/params/validate.rs says what holds between them",
            )
        })?;
        Ok(params)
    }

    fn check(&self, world: &World, keys: &MarketKeys, found: &Market, params: &RiskParams) -> Result<()> {
        let mut differences = params::differences(&found.params, params);
        let mut compare = |what: &str, there: Address, wanted: Address| {
            if there != wanted {
                differences.push(format!("{what} is {there}, described {wanted}"));
            }
        };
        compare("admin", found.admin, self.wanted.admin.unwrap_or(world.market));
        compare("guardian", found.guardian, self.wanted.guardian.unwrap_or_default());
        compare("reserve_owner", found.reserve_owner, self.reserve_owner(world));
        if differences.is_empty() {
            return Ok(());
        }
        Err(Stop::new(
            format!(
                "the market at {} is there, and is another than described: {}",
                keys.market,
                differences.join("; ")
            ),
            "its admin proposes parameters, a guardian or a successor, which wait for the exit clock (`propose_params` and others); or describe what is there: market.admin says to whom it was handed over, or \"nobody\"",
        ))
    }

    fn reserve_owner(&self, world: &World) -> Address {
        self.wanted.reserve_owner.unwrap_or(world.market)
    }
}

/// What its admin proposed, which nobody described: it takes effect after the exit clock.
fn waiting(market: &Market) -> &'static str {
    match market.proposal.kind {
        0 => "",
        1 => "; its admin proposed other parameters",
        2 => "; its admin proposed another admin",
        3 => "; its admin proposed another guardian",
        4 => "; its admin proposed to withdraw reserves",
        _ => "; its admin proposed something that is not known here",
    }
}

impl Step for CreateMarket {
    fn number(&self) -> u16 {
        5
    }

    fn name(&self) -> String {
        "lending market".into()
    }

    fn details(&self, world: &World) -> Vec<String> {
        let shown = |who: Option<Address>| who.map_or_else(|| "nobody".into(), |who| who.to_string());
        let Wanted { collateral, debt, guardian, attestors, params, .. } = &self.wanted;
        let of = |asset: &Asset| format!("{}, price {}", asset.mint, asset.source);
        let params: Vec<String> = params.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        vec![
            format!("collateral {}; debt {}", of(collateral), of(debt)),
            format!("created by {}, guardian {}", world.market, shown(*guardian)),
            format!("reserves to {}, attestors {}", self.reserve_owner(world), shown(*attestors)),
            format!("parameters of the template, but {}", params.join(", ")),
        ]
    }

    fn plan(&self, world: &World) -> Result<Plan> {
        let Wanted { collateral, debt, .. } = &self.wanted;
        let model = self.model.registration(world)?.model();
        let params = self.params(world, &model)?;
        let keys = MarketKeys::derive(&world.market, collateral.mint, debt.mint);
        let accounts = world.accounts(&[keys.market, collateral.mint, debt.mint])?;
        let [market, mints @ ..] = accounts.as_slice() else {
            return Err(unanswered());
        };
        if let Some(found) = market {
            let found: Market = decode(&found.owner, &found.data).map_err(|error| {
                Stop::new(
                    format!("at the address of the market, {}, is something else: {error}", keys.market),
                    "is the lending program there another version? its bytes are compared by step 1",
                )
            })?;
            self.check(world, &keys, &found, &params)?;
            return Ok(Plan::nothing(format!("at {}{}", keys.market, waiting(&found))));
        }
        for (asset, mint) in [collateral, debt].into_iter().zip(mints) {
            if mint.as_ref().is_none_or(|mint| mint.owner != TOKEN || mint.data.len() != MINT_LENGTH) {
                return Err(Stop::new(
                    format!("{} is no mint of the SPL token program on this cluster", asset.mint),
                    "market.collateral.mint and market.debt.mint are mints that exist; `cargo xtask localnet` prints those of a local cluster",
                ));
            }
            let decimals = mint.as_ref().and_then(|mint| mint.data.get(MINT_DECIMALS).copied());
            if !decimals.is_some_and(decimals_supported) {
                return Err(Stop::new(
                    format!(
                        "the mint {} has decimals that the lending program does not take: {decimals:?}",
                        asset.mint
                    ),
                    "programs/lending/src/math/value.rs says which it takes",
                ));
            }
        }
        let vouched = match (self.model.setup, self.wanted.attestors) {
            (SetupKind::Ceremony, Some(set)) => Vouched::Attestors(set),
            _ => Vouched::Nothing,
        };
        let found = "no market".to_owned();
        if let Vouched::Attestors(set) = vouched {
            let attestation = attestation_address(&set, &model);
            if world.account(&attestation)?.is_none() {
                let wait = format!("once {set} attested the model: `assay attestors attest`");
                let action = Action {
                    what: "create".into(),
                    account: keys.market,
                    lamports: 0,
                    digest: None,
                    work: Work::NotYet(wait),
                };
                return Ok(Plan { found, actions: vec![action] });
            }
        }
        let offices = Offices {
            guardian: self.wanted.guardian.unwrap_or_default(),
            reserve_owner: self.reserve_owner(world),
        };
        let create = vec![keys.init_market(world.market, params, offices, vouched)];
        let vaults = world.rent(TOKEN_ACCOUNT_LENGTH)?.saturating_mul(2);
        let action = Action {
            what: "create, with its two vaults".into(),
            account: keys.market,
            // Its creator pays the rent, who may be another than the payer.
            lamports: world.rent(MARKET_LENGTH)?.saturating_add(vaults).saturating_add(world.fee(&create)),
            digest: Some(sha256(&[bytemuck::bytes_of(&params)])),
            work: Work::Send(create),
        };
        Ok(Plan { found, actions: vec![action] })
    }
}
