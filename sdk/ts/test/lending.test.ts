// A lending market over RPC, from its creation to a liquidation that a proof opens, and what a thief tries on the way. The score is
// proven by the `assay` binary (ASSAY_BINARY), as a keeper would; everything else is this SDK.

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
  digest,
  lendingAddresses,
  liquidationContext,
  ProofVerifier,
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
import { ASSAY_VERIFIER_PROGRAM_ADDRESS, fetchModel, fetchReceipt } from "@assay/sdk/verifier";
import { generateKeyPairSigner, type Address, type Instruction, type KeyPairSigner } from "@solana/kit";

import { balance, cheat, funded, give, mint, moveClock, NOBODY, now, pause, Price, refused, rpc, tokensOf, url, waitFor, wallet } from "./cluster.js";
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
/** Steps of the model's inputs in one. */
const STEPS = 4_096;
const confirmed = { commitment: "confirmed" } as const;

/** The committed model, compiled, with a development key, in a folder of its own. */
async function compiled(folder: string): Promise<(...args: string[]) => Promise<string>> {
  const assay = async (...args: string[]) => (await run(binary!, ["--quiet", ...args], { cwd: folder })).stdout;
  const of = join(repository, "models/liquidation-risk");
  const formats = ["--input-format", "15:12", "--output-format", "16:8", "--max-error", "0.05"];
  await assay("compile", join(of, "model.onnx"), "--calibration", join(of, "calibration.csv"), ...formats, "-o", "risk.assay");
  await assay("setup", "risk.assay", "--development");
  return assay;
}

test("a market, a loan, a fall of the price, and a liquidation by proof", { skip: missing !== undefined && `${missing} is not set` }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "assay-lending-"));
  t.after(() => rm(folder, { recursive: true }));
  const assay = await compiled(folder);
  const keeper = await wallet();
  if (!(await moveClock((await now()) + 2n))) {
    t.diagnostic("this cluster's clock cannot be moved: no day passes, which models wait for");
    return;
  }
  const [creator, borrower] = [await funded(), await funded()];
  const send = (payer: KeyPairSigner, ...instructions: Instruction[]) => submit(rpc, payer, instructions);

  // The model, registered from the command line; its account has what verifies here.
  const { model } = JSON.parse(await assay("model", "register", "risk.assay", "--json", ...cluster)) as { model: Address };
  const account = await fetchModel(rpc, model, confirmed);
  const verifier = ProofVerifier.ofModel(engine, account);

  // Both prices, and a day of their hours: the collateral's goes up and down by two percent. The clock stands while an update is copied,
  // because the next one, a second later, is of no full hour any more.
  const prices = { collateral: await Price.of("SOL"), debt: await Price.of("USDC") };
  for (const { account, source, feedId } of Object.values(prices)) {
    const exists = (await rpc.getAccountInfo(source, { ...confirmed, encoding: "base64" }).send()).value !== null;
    if (!exists) {
      await send(creator, getCreateSourceInstruction({ payer: creator, source, pinned: account, shard: 0, feedId }));
    }
  }
  /** What the oracle says at a full minute or hour is copied into both sources, with more instructions behind. */
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
  let hour = ((await now()) / HOUR + 1n) * HOUR;
  for (const last = hour + 24n * HOUR; hour <= last; hour += HOUR) {
    await observed(hour, OBSERVE_HOUR, (hour / HOUR) % 2n === 0n ? 150 : 147);
  }
  await prices.collateral.set(150);
  await assay("model", "activate", model, ...cluster);

  // The market.
  const [collateralMint, debtMint] = [await mint("SOL"), await mint("USDC")];
  const [market] = await lendingAddresses.market(creator.address, collateralMint, debtMint);
  const [collateralVault] = await lendingAddresses.collateralVault(market);
  const [liquidityVault] = await lendingAddresses.liquidityVault(market);
  const bytes = (address: Address) => addressBytes(address);
  const params = {
    model: bytes(model),
    statementDomain: account.data.domain,
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
  await send(creator, getInitMarketInstruction({ creator, ...vaults, model, attestors: NOBODY, attestation: NOBODY, params, guardian: NOBODY, reserveOwner: creator.address }));
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
  async function proven(prover: Address) {
    const id = { market, position, snapshot, epoch, revision, takenAt: taken.takenAt, prover };
    const context = liquidationContext(engine, id);
    await writeFile(join(folder, "input.json"), JSON.stringify(taken.features.map((feature) => feature / STEPS)));
    await assay("prove", "--model", "risk.assay", "--key", "risk.pk", "--input", "input.json", "--context", toHex(context), "-o", "risk.proof", "--force");
    const file = decodeProof(engine, await readFile(join(folder, "risk.proof")));
    const [features, score] = verifier.verify(file.statement, file.proof).tensors!;
    assert(score?.kind === "values" && features?.kind === "values");
    assert.deepEqual(features.integers, [...taken.features]);
    const [receipt] = await verifierAddresses.receipt(model, digest(engine, file.statement));
    return { proof: file.proof, score: score.integers[0]!, receipt };
  }
  const mine = await proven(keeper.address);
  assert(mine.score >= params.scoreThreshold, `a score of ${mine.score} opens nothing`);
  await waitFor(taken.takenAt + 1n);
  const liquidation = (liquidator: KeyPairSigner, from: Address, to: Address, claim: typeof mine) =>
    getLiquidateByProofInstruction({
      liquidator,
      ...vaults,
      position,
      collateralDestination: to,
      debtSource: from,
      ...sources,
      snapshot,
      model,
      receipt: claim.receipt,
      verifier: ASSAY_VERIFIER_PROGRAM_ADDRESS,
      claim: { proof: claim.proof, score: claim.score },
      repay: ALL,
      minSeized: 0n,
    });
  const early = (claim: typeof mine) => [...refresh, liquidation(keeper, debtOfKeeper, collateralOfKeeper, claim)];

  // A thief: another's proof, a better score, a proof with a bit turned over, none.
  const theirs = await proven(borrower.address);
  await refused(keeper, "ProofInvalid", early(theirs));
  await refused(keeper, "ProofInvalid", early({ ...mine, score: mine.score + 1 }));
  const turned = new Uint8Array(mine.proof);
  turned[100] = turned[100]! ^ 1;
  await refused(keeper, "ProofInvalid", early({ ...mine, proof: turned }));
  await refused(keeper, "ScoreBelowThreshold", early({ ...mine, score: -1 }));
  const forged = { proof: new Uint8Array(256).fill(1), score: mine.score };
  const evidence = { position, snapshot, model, receipt: mine.receipt, verifier: ASSAY_VERIFIER_PROGRAM_ADDRESS };
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
  assert.deepEqual([receipt.model, receipt.payer], [model, keeper.address]);
  await refused(keeper, "PositionRecovered", early({ ...mine, proof: new Uint8Array(0) })); // it did what it could: the ratio fell
});
