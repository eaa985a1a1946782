// What proofs decide, over RPC: a question of a prediction market is resolved, and a loan liquidated early; and what a thief tries on the
// way. Models are compiled, registered and proven by the `assay` binary (ASSAY_BINARY), as by a keeper; everything else is this SDK.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import {
  addressBytes,
  decodeProof,
  lendingAddresses,
  liquidationContext,
  marketAddresses,
  number,
  observationHash,
  ProofVerifier,
  resolutionContext,
  submit,
  toHex,
  verifierAddresses,
} from "@assay/sdk";
import { getCreateSourceInstruction, getObserveInstruction, getRefreshInstruction } from "@assay/sdk/feed";
import {
  fetchMarket,
  fetchPosition,
  fetchSnapshot,
  getBorrowInstruction,
  getDepositCollateralInstruction,
  getFlagByProofInstruction,
  getInitMarketInstruction,
  getLiquidateByProofInstruction,
  getSupplyInstruction,
  getTakeSnapshotInstruction,
} from "@assay/sdk/lending";
import {
  fetchObservation,
  getAddOutcomeInstruction,
  getCreateInstruction,
  getObserveInstruction as getObserveQuestionInstruction,
  getRedeemInstruction,
  getResolveByProofInstruction,
  getSettleInstruction,
  getSplitInstruction,
} from "@assay/sdk/market";
import { ASSAY_VERIFIER_PROGRAM_ADDRESS, fetchModel, fetchReceipt } from "@assay/sdk/verifier";
import { AccountRole, type Address, type Instruction, type KeyPairSigner } from "@solana/kit";

import { balance, cheat, DAY, funded, give, mint, moveClock, NOBODY, now, pause, Price, refused, rpc, tokenAccount, tokensOf, url, waitFor, wallet } from "./cluster.js";
import { engine } from "./support.js";

const binary = process.env["ASSAY_BINARY"];
const cluster = ["--url", url!, "--keypair", process.env["ANCHOR_WALLET"]!];
const missing = ["ANCHOR_PROVIDER_URL", "ANCHOR_WALLET", "ASSAY_BINARY"].find((name) => process.env[name] === undefined);
const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const run = promisify(execFile);
const SOL = 1_000_000_000n;
const USDC = 1_000_000n;
const HOUR = 3_600n;
const MINUTE = 60n;
const [OBSERVE_MINUTE, OBSERVE_HOUR] = [0, 1];
const ALL = 0xffff_ffff_ffff_ffffn;
const confirmed = { commitment: "confirmed" } as const;

/** A command of the binary; what it prints. */
type Assay = (...args: string[]) => Promise<string>;

/** A committed model under a development key, in a folder of its own; registered from the command line. */
class Registered {
  private constructor(
    readonly assay: Assay,
    readonly folder: string,
    readonly model: Address,
    readonly domain: Uint8Array,
    /** Of what its account holds. */
    readonly verifier: ProofVerifier,
  ) {}

  static async of(name: string, folder: string, ...options: string[]): Promise<Registered> {
    const assay: Assay = async (...args) => (await run(binary!, ["--quiet", ...args], { cwd: folder })).stdout;
    const of = join(repository, "models", name);
    const formats = ["--input-format", "15:12", ...options];
    await assay("compile", join(of, "model.onnx"), "--calibration", join(of, "calibration.csv"), ...formats, "-o", "it.assay");
    await assay("setup", "it.assay", "--development");
    const { model } = JSON.parse(await assay("model", "register", "it.assay", "--json", ...cluster)) as { model: Address };
    const account = await fetchModel(rpc, model, confirmed);
    return new Registered(assay, folder, model, new Uint8Array(account.data.domain), ProofVerifier.ofModel(engine, account));
  }

  /** A proof of the model's one output for inputs that an account holds, in a context; checked here. */
  async proven(inputs: readonly number[], context: Uint8Array) {
    const tensor = this.verifier.schema!.inputs[0]!;
    await writeFile(join(this.folder, "input.json"), JSON.stringify(inputs.map((input, index) => number(tensor, index, input))));
    const files = ["--model", "it.assay", "--key", "it.pk", "--input", "input.json", "-o", "it.proof", "--force"];
    await this.assay("prove", ...files, "--context", toHex(context));
    const file = decodeProof(engine, await readFile(join(this.folder, "it.proof")));
    const { tensors, digest } = this.verifier.verify(file.statement, file.proof);
    const [shown, output] = tensors!;
    assert(shown?.kind === "values" && output?.kind === "values");
    assert.deepEqual(shown.integers, [...inputs]);
    const [receipt] = await verifierAddresses.receipt(this.model, digest);
    return { proof: file.proof, output: output.integers[0]!, receipt };
  }
}

type Proven = Awaited<ReturnType<Registered["proven"]>>;

/** What a thief makes of a proof: one with a bit turned over. */
function turned({ proof, ...rest }: Proven): Proven {
  const other = new Uint8Array(proof);
  other[100] = other[100]! ^ 1;
  return { proof: other, ...rest };
}

test("a day on the chain", { skip: missing !== undefined && `${missing} is not set` }, async (t) => {
  const keeper = await wallet();
  if (!(await moveClock((await now()) + 2n))) {
    t.diagnostic("this cluster's clock cannot be moved: no day passes, which models wait for");
    return;
  }
  const [creator, borrower] = [await funded(), await funded()];
  const send = (payer: KeyPairSigner, ...instructions: Instruction[]) => submit(rpc, payer, instructions);
  const folder = () => mkdtemp(join(tmpdir(), "assay-decisions-"));
  const folders = [await folder(), await folder()] as const;
  t.after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));
  const risk = await Registered.of("liquidation-risk", folders[0], "--output-format", "16:8", "--max-error-calibrated", "0.05");
  const resolver = await Registered.of("market-resolver", folders[1], "--output-format", "16:10");
  await moveClock((await now()) + DAY + 60n);
  for (const { assay, model } of [risk, resolver]) await assay("model", "activate", model, ...cluster);

  const prices = { collateral: await Price.of("SOL"), debt: await Price.of("USDC") };
  for (const { account, source, feedId } of Object.values(prices)) {
    const exists = (await rpc.getAccountInfo(source, { ...confirmed, encoding: "base64" }).send()).value !== null;
    if (!exists) {
      await send(creator, getCreateSourceInstruction({ payer: creator, source, pinned: account, shard: 0, feedId }));
    }
  }
  /**
   * What the oracle says at a full minute or hour is copied into both sources, with more instructions behind. The clock stands while that
   * is so, because the next update, a second later, is of no full hour any more.
   */
  async function observed(at: bigint, interval: number, dollars: number, ...behind: Instruction[]): Promise<void> {
    await cheat("surfnet_pauseClock", []);
    await prices.collateral.set(dollars);
    await moveClock(at);
    for (const price of Object.values(prices)) {
      while ((await price.published()) < at) await pause(50);
    }
    const copies = Object.values(prices).map(({ account, source }) => getObserveInstruction({ source, update: account, interval, at }));
    const sent = send(keeper, ...copies, ...behind);
    await Promise.race([sent, pause(1_000)]);
    await cheat("surfnet_resumeClock", []);
    await sent;
  }

  // A question about the next 24 hours: was the collateral's price restless? A holder has sets of its outcomes, calm and restless.
  const first = ((await now()) / HOUR + 1n) * HOUR;
  const last = first + 24n * HOUR;
  const usdc = await mint("USDC");
  const [question] = await marketAddresses.question(creator.address, 7n);
  const [vault] = await marketAddresses.vault(question);
  const [observation] = await marketAddresses.observation(question);
  const row = (calm: number, restless: number) => [calm, restless, 0, 0, 0, 0, 0, 0];
  const terms = {
    endsAt: last,
    closeAt: first - 1n,
    observeBy: last + 2n * HOUR,
    resolveBy: last + 4n * HOUR,
    bond: 10_000_000n,
    observeBounty: 10_000_000n,
    resolveBounty: 10_000_000n,
    window: 3_600,
    patience: 3_600,
    // Less than 3 % a day, or more.
    rows: [row(10_000, 0), row(0, 10_000), ...Array<number[]>(6).fill(row(0, 0))],
    fallback: row(5_000, 5_000),
    thresholds: [3 * 1_024, 0, 0, 0, 0, 0, 0],
    outcomes: 2,
    buckets: 2,
    returns: 24,
    sources: 1,
    setups: 1,
    flags: 1, // the model's authority is trusted
    padding: new Uint8Array(4),
  };
  const withSources = <T extends Instruction>(instruction: T) => ({
    ...instruction,
    accounts: [...instruction.accounts!, { address: prices.collateral.source, role: AccountRole.READONLY }],
  });
  const nobody = { secondModel: NOBODY, attestors: NOBODY, attestation: NOBODY, secondAttestation: NOBODY };
  const asked = { creator, question, vault, mint: usdc, model: resolver.model, ...nobody, nonce: 7n, council: creator.address, terms };
  await send(creator, withSources(getCreateInstruction(asked)));
  const outcomes: Address[] = [];
  for (const index of [0, 1]) {
    const [outcome] = await marketAddresses.outcomeMint(question, index);
    await send(creator, getAddOutcomeInstruction({ payer: creator, question, mint: outcome }));
    await send(keeper, await tokenAccount(keeper, borrower.address, outcome));
    outcomes.push(outcome);
  }
  const [calm, restless] = [await tokensOf(borrower.address, outcomes[0]!), await tokensOf(borrower.address, outcomes[1]!)];
  const holding = await tokensOf(borrower.address, usdc);
  await send(keeper, ...(await give(keeper, borrower.address, usdc, 100n * USDC)));
  const split = getSplitInstruction({ owner: borrower, question, mint: usdc, vault, collateral: holding, amount: 100n * USDC });
  const pairs = [outcomes[0]!, calm, outcomes[1]!, restless].map((address) => ({ address, role: AccountRole.WRITABLE }));
  await send(borrower, { ...split, accounts: [...split.accounts, ...pairs] });

  // A day of hours: up and down by two percent.
  for (let hour = first; hour <= last; hour += HOUR) {
    await observed(hour, OBSERVE_HOUR, (hour / HOUR) % 2n === 0n ? 150 : 147);
  }
  await prices.collateral.set(150);

  await t.test("a question is resolved by proof", async (t) => {
    await waitFor(last + 1n);
    await refused(keeper, "UninitializedAccount", [getResolveByProofInstruction({ prover: keeper, question, observation, model: resolver.model, receipt: vault, verifier: ASSAY_VERIFIER_PROGRAM_ADDRESS, proof: new Uint8Array(256), output: 0 })]);
    await send(keeper, withSources(getObserveQuestionInstruction({ caller: keeper, question, observation })));
    const { data: seen } = await fetchObservation(rpc, observation, confirmed);
    assert.deepEqual(new Uint8Array(seen.hash), observationHash(engine, question, seen.prices.slice(0, 1), 25));
    const of = (prover: Address) =>
      resolver.proven(seen.features, resolutionContext(engine, { question, observation: seen.hash as Uint8Array, place: 1, prover }));
    const [mine, theirs] = [await of(keeper.address), await of(borrower.address)];
    const resolve = ({ proof, output, receipt }: Proven) => {
      const named = { question, observation, model: resolver.model, receipt, verifier: ASSAY_VERIFIER_PROGRAM_ADDRESS };
      return [getResolveByProofInstruction({ prover: keeper, ...named, proof, output })];
    };
    await refused(keeper, "ProofInvalid", resolve(theirs));
    await refused(keeper, "ProofInvalid", resolve({ ...mine, output: 0 })); // "it was calm"
    await refused(keeper, "ProofInvalid", resolve(turned(mine)));
    const { units } = await send(keeper, ...resolve(mine));
    t.diagnostic(`resolve_by_proof: ${units} compute units; ${mine.output / 1_024} % a day`);
    assert(mine.output > terms.thresholds[0]!, `${mine.output}`);

    const paid = { question, payer: creator.address, firstProver: keeper.address, secondProver: NOBODY, firstChallenger: NOBODY, secondChallenger: NOBODY };
    const settle = getSettleInstruction(paid);
    const writable = settle.accounts.map((account) => (account.address === NOBODY ? account : { ...account, role: AccountRole.WRITABLE }));
    const settling = { ...settle, accounts: writable };
    await refused(keeper, "WindowOpen", [settling]);
    await moveClock((await now()) + 3_601n);
    await send(keeper, settling);
    const redeem = (outcome: 0 | 1, source: Address) =>
      getRedeemInstruction({ owner: borrower, question, mint: usdc, vault, destination: holding, outcomeMint: outcomes[outcome]!, source, outcome, amount: 100n * USDC });
    const before = await balance(holding);
    await send(borrower, redeem(1, restless));
    assert.equal((await balance(holding)) - before, 100n * USDC, "the outcome that the proof says takes all");
    await refused(borrower, "ZeroAmount", [redeem(0, calm)]);
  });

  await t.test("a loan is liquidated by proof", async (t) => {
  // The market.
  const [collateralMint, debtMint] = [await mint("SOL"), await mint("USDC")];
  const [market] = await lendingAddresses.market(creator.address, collateralMint, debtMint);
  const [collateralVault] = await lendingAddresses.collateralVault(market);
  const [liquidityVault] = await lendingAddresses.liquidityVault(market);
  const bytes = (address: Address) => addressBytes(address);
  const params = {
    model: bytes(risk.model),
    statementDomain: risk.domain,
    collateralSource: bytes(prices.collateral.source),
    debtSource: bytes(prices.debt.source),
    attestors: new Uint8Array(32),
    supplyCap: 10_000_000n * USDC,
    collateralCap: 1_000_000n * SOL,
    minBorrow: 10n * USDC,
    dustValue: 100_000_000n,
    priceMaxAge: 30,
    liquidationMaxAge: 60,
    skew: 15,
    snapshotExpiry: 240,
    earlyWindow: 900,
    bonusRamp: 600,
    baseRateBps: 0,
    kinkRateBps: 800,
    maxRateBps: 15_000,
    strictConfidenceBps: 200,
    clampConfidenceBps: 200,
    maxLtvBps: 7_800,
    earlyFloorBps: 8_000,
    liquidationThresholdBps: 8_500,
    toleranceBps: 50,
    earlyCloseFactorBps: 2_000,
    closeFactorBps: 5_000,
    leastRepaymentBps: 100,
    earlyBonusMinBps: 25,
    earlyBonusMaxBps: 200,
    bonusMinBps: 200,
    bonusMaxBps: 800,
    kinkUtilizationBps: 8_000,
    reserveFactorBps: 1_000,
    exitCashBps: 500,
    scoreThreshold: 0,
    acceptedSetupKinds: 1,
    modelMode: 0,
    reserved: new Uint8Array(8),
  };
  const vaults = { market, collateralMint, debtMint, collateralVault, liquidityVault };
  await send(creator, getInitMarketInstruction({ creator, ...vaults, model: risk.model, attestors: NOBODY, attestation: NOBODY, params, guardian: NOBODY, reserveOwner: creator.address }));
  const debtOfKeeper = await tokensOf(keeper.address, debtMint);
  const collateralOfKeeper = await tokensOf(keeper.address, collateralMint);
  const [deposit] = await lendingAddresses.deposit(market, keeper.address);
  const supplied = { owner: keeper, market, deposit, mint: debtMint, vault: liquidityVault, source: debtOfKeeper };
  await send(keeper, getSupplyInstruction({ ...supplied, amount: 100_000n * USDC }));

  // The loan: 77.5 % of 100 SOL.
  const [position] = await lendingAddresses.position(market, borrower.address);
  const collateral = await tokensOf(borrower.address, collateralMint);
  const debt = await tokensOf(borrower.address, debtMint);
  await send(keeper, ...(await give(keeper, borrower.address, collateralMint, 100n * SOL)));
  await send(keeper, ...(await give(keeper, borrower.address, debtMint, 0n)));
  const pledged = { owner: borrower, market, position, mint: collateralMint, vault: collateralVault, source: collateral };
  await send(borrower, getDepositCollateralInstruction({ ...pledged, amount: 100n * SOL }));
  const refresh = Object.values(prices).map(({ account, source }) => getRefreshInstruction({ source, pinned: account }));
  const sources = { collateralPrice: prices.collateral.source, debtPrice: prices.debt.source };
  const loan = { owner: borrower, market, position, mint: debtMint, vault: liquidityVault, destination: debt, ...sources };
  await refused(borrower, "LtvExceeded", [...refresh, getBorrowInstruction({ ...loan, amount: 11_800n * USDC })]);
  await send(borrower, ...refresh, getBorrowInstruction({ ...loan, amount: 11_625n * USDC }));

  // The price falls by 8.3 %. A snapshot of a final minute, then its score.
  const at = ((await now()) / MINUTE + 2n) * MINUTE;
  const epoch = Number(at / MINUTE);
  const { revision } = (await fetchPosition(rpc, position, confirmed)).data;
  const [snapshot] = await lendingAddresses.snapshot(position, epoch, revision);
  await observed(at, OBSERVE_MINUTE, 150 * 0.917, getTakeSnapshotInstruction({ payer: keeper, market, position, snapshot, ...sources, epoch }));
  const { data: taken } = await fetchSnapshot(rpc, snapshot, confirmed);
  /** A proof of the snapshot's score that is bound to `prover`. */
  const proven = (prover: Address) =>
    risk.proven(taken.features, liquidationContext(engine, { market, position, snapshot, epoch, revision, takenAt: taken.takenAt, prover }));
  const mine = await proven(keeper.address);
  assert(mine.output >= params.scoreThreshold, `a score of ${mine.output} opens nothing`);
  await waitFor(taken.takenAt + 1n);
  const liquidation = (liquidator: KeyPairSigner, from: Address, to: Address, claim: Proven) =>
    getLiquidateByProofInstruction({
      liquidator,
      ...vaults,
      position,
      collateralDestination: to,
      debtSource: from,
      ...sources,
      snapshot,
      model: risk.model,
      receipt: claim.receipt,
      verifier: ASSAY_VERIFIER_PROGRAM_ADDRESS,
      claim: { proof: claim.proof, score: claim.output },
      repay: ALL,
      minSeized: 0n,
    });
  const early = (claim: Proven) => [...refresh, liquidation(keeper, debtOfKeeper, collateralOfKeeper, claim)];

  // A thief: another's proof, a better score, a proof with a bit turned over, none.
  const theirs = await proven(borrower.address);
  await refused(keeper, "ProofInvalid", early(theirs));
  await refused(keeper, "ProofInvalid", early({ ...mine, output: mine.output + 1 }));
  await refused(keeper, "ProofInvalid", early(turned(mine)));
  await refused(keeper, "ScoreBelowThreshold", early({ ...mine, output: -1 }));
  const forged = { proof: new Uint8Array(256).fill(1), score: mine.output };
  const evidence = { position, snapshot, model: risk.model, receipt: mine.receipt, verifier: ASSAY_VERIFIER_PROGRAM_ADDRESS };
  await refused(keeper, "ProofInvalid", [...refresh, getFlagByProofInstruction({ prover: keeper, market, ...sources, ...evidence, claim: forged })]);
  await refused(keeper, "WrongAddress", early({ ...mine, receipt: theirs.receipt }));

  // The proof opens it, once: a fifth of the debt.
  const [paid, got] = [await balance(debtOfKeeper), await balance(collateralOfKeeper)];
  const { units } = await send(keeper, ...early(mine));
  t.diagnostic(`refresh and liquidate_by_proof: ${units} compute units`);
  const repaid = paid - (await balance(debtOfKeeper));
  const seized = (await balance(collateralOfKeeper)) - got;
  assert(repaid > 2_300n * USDC && repaid <= 2_326n * USDC, `${repaid}`);
  // At 137.55 USD, with the first bonus of a quarter of a percent.
  const worth = (Number(seized) / 1e9) * 137.55;
  assert(Math.abs(worth / (Number(repaid) / 1e6) - 1.0025) < 0.0005, `${worth}`);
  const { data: after } = await fetchPosition(rpc, position, confirmed);
  assert.equal(after.budget.repaid, repaid);
  assert.notDeepEqual((await fetchMarket(rpc, market, confirmed)).data.decisionChain, new Uint8Array(32));
  const { data: receipt } = await fetchReceipt(rpc, mine.receipt, confirmed);
  assert.deepEqual([receipt.model, receipt.payer], [risk.model, keeper.address]);
  await refused(keeper, "PositionRecovered", early({ ...mine, proof: new Uint8Array(0) })); // it did what it could: the ratio fell
  });
});
