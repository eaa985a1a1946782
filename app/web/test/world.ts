// A cluster with live data: models in every state, statements recorded, a lending market whose price falls, a feed of five sources of which one lies, a
// question. Everything goes through the committed programs; the proofs are made by the `assay` binary.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import {
  addressBytes,
  decodeProof,
  decodeSchema,
  encodeSchema,
  Engine,
  feedAddresses,
  fromHex,
  lendingAddresses,
  liquidationContext,
  marketAddresses,
  modelId,
  number,
  ProofVerifier,
  resolutionContext,
  roundContext,
  toHex,
  verifierAddresses,
} from "@assay/sdk";
import * as feed from "@assay/sdk/feed";
import * as lending from "@assay/sdk/lending";
import * as market from "@assay/sdk/market";
import * as verifier from "@assay/sdk/verifier";
import { AccountRole, type Address, type Instruction, type KeyPairSigner } from "@solana/kit";

import { Localnet } from "./localnet.js";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const binary = process.env["ASSAY_BINARY"] ?? join(repository, "target/release/assay");
const run = promisify(execFile);
const NOBODY = "11111111111111111111111111111111" as Address;
const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA" as Address;
const RECEIVER = "rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ" as Address;
const { ASSAY_VERIFIER_PROGRAM_ADDRESS: VERIFIER } = verifier;
const [SOL, USDC] = [1_000_000_000n, 1_000_000n];
const [MINUTE, HOUR, DAY] = [60n, 3_600n, 86_400n];
const START = 1_767_225_600n; // 1 January 2026, a full hour
const HOURS = 30n;
/** A model's name that would be markup. */
export const HOSTILE = "<img src=x onerror=alert(1)>";

const vectors = JSON.parse(await readFile(join(repository, "sdk/ts/test/vectors/proofs.json"), "utf8"));
const [plain, committed] = vectors.proven;

export class World {
  readonly people = new Map<string, KeyPairSigner>();
  readonly models: Record<string, Address> = {};
  readonly positions: Record<string, Address> = {};
  /** A recorded proof and its key, as files. */
  proofFile!: Uint8Array;
  keyFile!: Uint8Array;
  market!: Address;
  feed!: Address;
  question!: Address;

  private constructor(
    readonly engine: Engine,
    readonly net: Localnet,
    private readonly folder: string,
  ) {}

  static async make(port = 0): Promise<World> {
    const net = await new Localnet(START).start(port);
    const world = new World(await Engine.load(), net, await mkdtemp(join(tmpdir(), "assay-page-")));
    await world.#models();
    await world.#records();
    await world.#lending();
    await world.#rounds();
    return world;
  }

  async end(): Promise<void> {
    this.net.stop();
    await rm(this.folder, { recursive: true });
  }

  async #person(name: string): Promise<KeyPairSigner> {
    const there = this.people.get(name) ?? (await this.net.person(name));
    this.people.set(name, there);
    return there;
  }

  async #assay(...args: string[]): Promise<string> {
    return (await run(binary, ["--quiet", ...args], { cwd: this.folder })).stdout;
  }

  /** Three of the repository's models, active; one proposed with a name that is markup, one suspended. */
  async #models(): Promise<void> {
    const authority = await this.#person("authority");
    const seed = createHash("sha256").update("assay page authority").digest();
    await writeFile(join(this.folder, "key.json"), JSON.stringify([...seed, ...addressBytes(authority.address)]));
    const cluster = ["--url", this.net.url, "--keypair", "key.json"];
    const formats = { "liquidation-risk": "16:8", "anomaly-filter": "16:8", "market-resolver": "16:10" };
    for (const [name, format] of Object.entries(formats)) {
      const of = join(repository, "models", name);
      await this.#assay("compile", join(of, "model.onnx"), "--calibration", join(of, "calibration.csv"), "--input-format", "15:12", "--output-format", format, "--max-error-calibrated", "0.3", "-o", `${name}.assay`);
      await this.#assay("setup", `${name}.assay`, "--development");
      this.models[name] = JSON.parse(await this.#assay("model", "register", `${name}.assay`, "--json", ...cluster)).model;
    }
    const guardian = await this.#person("guardian");
    for (const [row, name] of [[plain, HOSTILE], [committed, committed.name]] as const) {
      const schema = encodeSchema({ ...decodeSchema(fromHex(row.schema)), name });
      const known = ProofVerifier.ofFile(this.engine, fromHex(row.keyFile));
      const ceremony = { setup: 1, transcriptHash: createHash("sha256").update("transcript").digest() };
      const { setup, transcriptHash } = name === HOSTILE ? { setup: 0, transcriptHash: new Uint8Array(32) } : ceremony;
      const id = modelId(this.engine, { setup: setup === 0 ? "development" : "ceremony", transcriptHash, key: known.key, schema });
      const [model] = await verifierAddresses.model(authority.address, id);
      await this.net.send(authority, verifier.getRegisterInstruction({ authority, payer: authority, model, key: known.compressedKey, schema, setup, transcriptHash, timelock: DAY, guardian: guardian.address }));
      this.models[name] = model;
    }
    this.net.setTime(this.net.time + DAY + 1n);
    for (const name of Object.keys(formats)) {
      await this.net.send(authority, verifier.getActivateInstruction({ authority, model: this.models[name]! }));
    }
    await this.net.send(guardian, verifier.getSuspendInstruction({ signer: guardian, model: this.models[committed.name]! }));
  }

  /** Proofs of the calibration's rows, recorded for nobody in particular. */
  async #records(): Promise<void> {
    const payer = await this.#person("recorder");
    this.keyFile = await readFile(join(this.folder, "liquidation-risk.vk"));
    for (const row of [3, 7, 11]) {
      const calibration = join(repository, "models/liquidation-risk/calibration.csv");
      await this.#assay("prove", "--model", "liquidation-risk.assay", "--key", "liquidation-risk.pk", "--input", calibration, "--row", String(row), "--context", toHex(new Uint8Array(32).fill(row)), "-o", "row.proof", "--force");
      this.proofFile = await readFile(join(this.folder, "row.proof"));
      await this.record(payer, this.proofFile);
      this.net.setTime(this.net.time + 40n);
    }
  }

  async record(payer: KeyPairSigner, bytes: Uint8Array): Promise<void> {
    const { proof, statement } = decodeProof(this.engine, bytes);
    const digest = ProofVerifier.ofFile(this.engine, this.keyFile).verify(statement, proof).digest;
    const model = this.models["liquidation-risk"]!;
    const [receipt] = await verifierAddresses.receipt(model, digest);
    await this.net.send(payer, verifier.getRecordInstruction({ payer, model, receipt, args: { proof, context: statement.context, limbs: [...statement.limbs] } }));
  }

  /** A statement that was not recorded yet. */
  async recordAnother(row: number): Promise<void> {
    const calibration = join(repository, "models/liquidation-risk/calibration.csv");
    await this.#assay("prove", "--model", "liquidation-risk.assay", "--key", "liquidation-risk.pk", "--input", calibration, "--row", String(row), "-o", "other.proof", "--force");
    await this.record(await this.#person("recorder"), await readFile(join(this.folder, "other.proof")));
  }

  /** A proof of a model's outputs for integers that an account holds, in a context. */
  async #proven(name: string, inputs: readonly number[], context: Uint8Array) {
    const model = this.models[name]!;
    const account = verifier.getModelDecoder().decode(this.net.account(model)!.data);
    const judge = ProofVerifier.ofModel(this.engine, { programAddress: VERIFIER, data: account });
    const tensor = judge.schema!.inputs[0]!;
    await writeFile(join(this.folder, "input.json"), JSON.stringify(inputs.slice(0, tensor.shape.reduce((all, one) => all * one)).map((input, index) => number(tensor, index, input))));
    await this.#assay("prove", "--model", `${name}.assay`, "--key", `${name}.pk`, "--input", "input.json", "-o", "it.proof", "--force", "--context", toHex(context));
    const file = decodeProof(this.engine, await readFile(join(this.folder, "it.proof")));
    const { tensors, digest } = judge.verify(file.statement, file.proof);
    const output = tensors![1]!;
    if (output.kind !== "values") throw new Error("outputs are public");
    return { proof: file.proof, outputs: output.integers, receipt: (await verifierAddresses.receipt(model, digest))[0] };
  }

  // Prices.

  /** A price account of Pyth's, as its receiver writes it, published at this time. */
  #pyth(address: Address, feedId: Uint8Array, price: number, at: bigint, confidence = price / 2_000, previous = at - 1n): void {
    const data = Buffer.alloc(134);
    data.set([0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd]);
    data.writeUInt8(1, 40); // fully verified
    data.set(feedId, 41);
    const [amount, width] = [price, confidence].map((dollars) => BigInt(Math.round(dollars * 1e8))) as [bigint, bigint];
    for (const [offset, value] of [[73, amount], [81, width], [93, at], [101, previous], [109, amount], [117, width]] as const) data.writeBigInt64LE(value, offset);
    data.writeInt32LE(-8, 89);
    this.net.put(address, RECEIVER, new Uint8Array(data));
  }

  async #source(byte: number): Promise<{ id: Uint8Array; pinned: Address; source: Address }> {
    const payer = await this.#person("keeper");
    const id = new Uint8Array(32).fill(byte);
    const [pinned] = await feedAddresses.pythPrice(0, id);
    const [source] = await feedAddresses.source(pinned);
    this.#pyth(pinned, id, 1, this.net.time);
    await this.net.send(payer, feed.getCreateSourceInstruction({ payer, source, pinned, shard: 0, feedId: id }));
    return { id, pinned, source };
  }

  #sol!: { id: Uint8Array; pinned: Address; source: Address };
  #usdc!: { id: Uint8Array; pinned: Address; source: Address };

  /** The prices of now, refreshed. */
  async price(dollars: number, ...behind: Instruction[]): Promise<void> {
    const payer = await this.#person("keeper");
    this.#pyth(this.#sol.pinned, this.#sol.id, dollars, this.net.time);
    this.#pyth(this.#usdc.pinned, this.#usdc.id, 1, this.net.time);
    await this.net.send(payer, ...this.#refresh(), ...behind);
  }

  #refresh = () => [this.#sol, this.#usdc].map(({ source, pinned }) => feed.getRefreshInstruction({ source, pinned }));

  async #observe(at: bigint, interval: number, dollars: number): Promise<void> {
    const payer = await this.#person("keeper");
    if (this.net.time < at) this.net.setTime(at);
    this.#pyth(this.#sol.pinned, this.#sol.id, dollars, at);
    this.#pyth(this.#usdc.pinned, this.#usdc.id, 1, at);
    await this.net.send(payer, ...[this.#sol, this.#usdc].map(({ source, pinned }) => feed.getObserveInstruction({ source, update: pinned, interval, at })));
  }

  // Tokens, written as they would be.

  #mints = new Map<string, Address>();
  async #mint(name: string, decimals: number): Promise<Address> {
    const address = (await this.#person(`mint ${name}`)).address;
    const data = new Uint8Array(82);
    data.set([decimals, 1], 44);
    this.net.put(address, TOKEN_PROGRAM, data);
    this.#mints.set(name, address);
    return address;
  }

  async #tokens(owner: KeyPairSigner, mint: Address, amount: bigint): Promise<Address> {
    const address = (await this.#person(`tokens ${owner.address} ${mint}`)).address;
    const data = Buffer.alloc(165);
    data.set(addressBytes(mint), 0);
    data.set(addressBytes(owner.address), 32);
    data.writeBigUInt64LE(amount, 64);
    data.writeUInt8(1, 108);
    this.net.put(address, TOKEN_PROGRAM, new Uint8Array(data));
    return address;
  }

  /** A question on a day of prices; then a lending market at these prices, which fall. */
  async #lending(): Promise<void> {
    const { net, engine } = this;
    const [creator, keeper] = [await this.#person("creator"), await this.#person("keeper")];
    [this.#sol, this.#usdc] = [await this.#source(0x51), await this.#source(0x52)];
    const [collateralMint, debtMint] = [await this.#mint("SOL", 9), await this.#mint("USDC", 6)];
    const first = (net.time / HOUR + 1n) * HOUR;
    const last = first + 24n * HOUR;
    const finish = await this.#ask(first, last, debtMint);
    let price = 152;
    for (let hour = first; hour <= first + HOURS * HOUR; hour += HOUR) {
      const noise = createHash("sha256").update(`hour ${hour}`).digest().readInt16LE(0) / 32_768;
      price *= 1 + noise * 0.022;
      await this.#observe(hour, 1, price);
      if (hour === last) await finish();
    }

    const risk = this.models["liquidation-risk"]!;
    const { domain } = verifier.getModelDecoder().decode(net.account(risk)!.data);
    const [market] = await lendingAddresses.market(creator.address, collateralMint, debtMint);
    const [collateralVault] = await lendingAddresses.collateralVault(market);
    const [liquidityVault] = await lendingAddresses.liquidityVault(market);
    this.market = market;
    const params = {
      model: addressBytes(risk), statementDomain: domain, collateralSource: addressBytes(this.#sol.source), debtSource: addressBytes(this.#usdc.source), attestors: new Uint8Array(32),
      supplyCap: 10_000_000n * USDC, collateralCap: 1_000_000n * SOL, minBorrow: 10n * USDC, dustValue: 100_000_000n,
      priceMaxAge: 30, liquidationMaxAge: 60, skew: 15, snapshotExpiry: 240, earlyWindow: 900, bonusRamp: 600, baseRateBps: 0, kinkRateBps: 800, maxRateBps: 15_000,
      strictConfidenceBps: 200, clampConfidenceBps: 200, maxLtvBps: 7_800, earlyFloorBps: 8_000, liquidationThresholdBps: 8_500, toleranceBps: 50, earlyCloseFactorBps: 2_000,
      closeFactorBps: 5_000, leastRepaymentBps: 100, earlyBonusMinBps: 25, earlyBonusMaxBps: 200, bonusMinBps: 200, bonusMaxBps: 800, kinkUtilizationBps: 8_000,
      reserveFactorBps: 1_000, exitCashBps: 500, scoreThreshold: 0, acceptedSetupKinds: 1, modelMode: 0, reserved: new Uint8Array(8),
    };
    const vaults = { market, collateralMint, debtMint, collateralVault, liquidityVault };
    const guardian = (await this.#person("guardian")).address;
    await net.send(creator, lending.getInitMarketInstruction({ creator, ...vaults, model: risk, attestors: NOBODY, attestation: NOBODY, params, guardian, reserveOwner: creator.address }));
    const [debtOfKeeper, collateralOfKeeper] = [await this.#tokens(keeper, debtMint, 1_000_000n * USDC), await this.#tokens(keeper, collateralMint, 0n)];
    const [deposit] = await lendingAddresses.deposit(market, keeper.address);
    await net.send(keeper, lending.getSupplyInstruction({ owner: keeper, market, deposit, mint: debtMint, vault: liquidityVault, source: debtOfKeeper, amount: 120_000n * USDC }));

    const sources = { collateralPrice: this.#sol.source, debtPrice: this.#usdc.source };
    await this.price(price);
    for (const [name, pledge, ltv] of [["Ada", 300n, 0.775], ["Ben", 120n, 0.765], ["Cleo", 80n, 0.6], ["Dev", 210n, 0.35]] as const) {
      const owner = await this.#person(name);
      const [position] = await lendingAddresses.position(market, owner.address);
      const source = await this.#tokens(owner, collateralMint, pledge * SOL);
      const destination = await this.#tokens(owner, debtMint, 0n);
      await net.send(owner, lending.getDepositCollateralInstruction({ owner, market, position, mint: collateralMint, vault: collateralVault, source, amount: pledge * SOL }));
      const amount = BigInt(Math.floor(Number(pledge) * price * ltv)) * USDC;
      await net.send(owner, ...this.#refresh(), lending.getBorrowInstruction({ owner, market, position, mint: debtMint, vault: liquidityVault, destination, ...sources, amount }));
      this.positions[name] = position;
    }

    // The price falls by 8.3 %. Ada is liquidated early by proof, in two snapshots; Ben's score flags him.
    const fallen = price * 0.917;
    for (const [round, name] of ["Ada", "Ben", "Ada"].entries()) {
      const at = (net.time / MINUTE + 2n) * MINUTE;
      await this.#observe(at, 0, fallen * (1 - round * 0.004));
      await this.price(fallen * (1 - round * 0.004));
      const position = this.positions[name]!;
      const { revision } = lending.getPositionDecoder().decode(net.account(position)!.data);
      const epoch = Number(at / MINUTE);
      const [snapshot] = await lendingAddresses.snapshot(position, epoch, revision);
      await net.send(keeper, lending.getTakeSnapshotInstruction({ payer: keeper, market, position, snapshot, ...sources, epoch }));
      const taken = lending.getSnapshotDecoder().decode(net.account(snapshot)!.data);
      const context = liquidationContext(engine, { market, position, snapshot, epoch, revision, takenAt: taken.takenAt, prover: keeper.address });
      const { proof, outputs, receipt } = await this.#proven("liquidation-risk", taken.features, context);
      net.setTime(net.time + 2n);
      const claim = { proof, score: outputs[0]! };
      const evidence = { market, position, ...sources, snapshot, model: risk, receipt, verifier: VERIFIER, claim };
      await this.price(
        fallen * (1 - round * 0.004),
        name === "Ben"
          ? lending.getFlagByProofInstruction({ prover: keeper, ...evidence })
          : lending.getLiquidateByProofInstruction({ liquidator: keeper, ...vaults, ...evidence, collateralDestination: collateralOfKeeper, debtSource: debtOfKeeper, repay: round === 0 ? 4_000n * USDC : 3_000n * USDC, minSeized: 0n }),
      );
    }
  }

  /** A question about the hours from `first` to `last`; what settles it once they are observed. */
  async #ask(first: bigint, last: bigint, mint: Address): Promise<() => Promise<void>> {
    const { net, engine } = this;
    const [creator, keeper] = [await this.#person("creator"), await this.#person("keeper")];
    const [question] = await marketAddresses.question(creator.address, 7n);
    const [vault] = await marketAddresses.vault(question);
    const [observation] = await marketAddresses.observation(question);
    this.question = question;
    const row = (calm: number, restless: number) => [calm, restless, 0, 0, 0, 0, 0, 0];
    const terms = {
      endsAt: last, closeAt: first - 1n, observeBy: last + 2n * HOUR, resolveBy: last + 4n * HOUR, bond: 10_000_000n, observeBounty: 10_000_000n, resolveBounty: 10_000_000n,
      window: 3_600, patience: 3_600, rows: [row(10_000, 0), row(0, 10_000), ...Array<number[]>(6).fill(row(0, 0))], fallback: row(5_000, 5_000),
      thresholds: [3 * 1_024, 0, 0, 0, 0, 0, 0], outcomes: 2, buckets: 2, returns: 24, sources: 1, setups: 1, flags: 1, padding: new Uint8Array(4),
    };
    const withSource = <T extends Instruction>(instruction: T) => ({ ...instruction, accounts: [...instruction.accounts!, { address: this.#sol.source, role: AccountRole.READONLY }] });
    const model = this.models["market-resolver"]!;
    const nobody = { secondModel: NOBODY, attestors: NOBODY, attestation: NOBODY, secondAttestation: NOBODY };
    await net.send(creator, withSource(market.getCreateInstruction({ creator, question, vault, mint, model, ...nobody, nonce: 7n, council: creator.address, terms })));
    for (const index of [0, 1]) {
      const [outcome] = await marketAddresses.outcomeMint(question, index);
      await net.send(creator, market.getAddOutcomeInstruction({ payer: creator, question, mint: outcome }));
    }
    return async () => {
      net.setTime(last + 1n);
      await net.send(keeper, withSource(market.getObserveInstruction({ caller: keeper, question, observation })));
      const seen = market.getObservationDecoder().decode(net.account(observation)!.data);
      const context = resolutionContext(engine, { question, observation: seen.hash, place: 1, prover: keeper.address });
      const { proof, outputs, receipt } = await this.#proven("market-resolver", seen.features, context);
      await net.send(keeper, market.getResolveByProofInstruction({ prover: keeper, question, observation, model, receipt, verifier: VERIFIER, proof, output: outputs[0]! }));
    };
  }

  // A feed.

  #five: { id: Uint8Array; pinned: Address; source: Address }[] = [];
  #minutes = 0;

  /** Minutes of a feed: calm ones, one in which a source lies, one in which nobody proves. */
  async #rounds(): Promise<void> {
    const creator = await this.#person("creator");
    for (let byte = 0x61; byte < 0x66; byte++) this.#five.push(await this.#source(byte));
    const [address] = await feedAddresses.feed(creator.address, 1n);
    this.feed = address;
    const params = { threshold: 220, maxStepBps: 3, maxDistanceBps: 150, maxConfidenceBps: 200, patience: 15, proofWindow: 50, quorum: 3, sources: 5, setups: 1, flags: 1 };
    const nobody = { attestors: NOBODY, attestation: NOBODY };
    const create = feed.getCreateFeedInstruction({ creator, feed: address, model: this.models["anomaly-filter"]!, ...nobody, nonce: 1n, feedId: new Uint8Array(32).fill(0x50), authority: creator.address, guardian: (await this.#person("guardian")).address, params });
    await this.net.send(creator, this.#withFive(create));
    for (const what of ["calm", "calm", "calm", "lie", "calm", "silence", "calm", "nobody", "calm"] as const) await this.minute(what);
  }

  #withFive<T extends Instruction>(instruction: T): T {
    return { ...instruction, accounts: [...instruction.accounts!, ...this.#five.map(({ source }) => ({ address: source, role: AccountRole.READONLY }))] };
  }

  /** A minute of the feed. */
  async minute(what: "calm" | "lie" | "silence" | "nobody"): Promise<void> {
    const { net, engine } = this;
    const keeper = await this.#person("keeper");
    const at = (net.time / MINUTE + 1n) * MINUTE;
    const truth = 139 * (1 + 0.0008 * Math.sin(this.#minutes++ * 0.9));
    net.setTime(at + 4n);
    for (const [index, { id, pinned, source }] of this.#five.entries()) {
      if (what === "silence" && index === 2) continue;
      const level = 1 + [0, 9, -8, 4, -5][index]! / 100_000 + (what === "lie" && index === 4 ? 0.03 : 0);
      this.#pyth(pinned, id, truth * level, at + BigInt([1, 2, 0, 3, 1][index]!), (truth * [40, 55, 45, 70, 50][index]!) / 100_000, at - 1n);
      await net.send(keeper, feed.getObserveInstruction({ source, update: pinned, interval: 0, at }));
    }
    if (what === "silence") net.setTime(at + 15n);
    const minute = Number(at / MINUTE);
    const [round] = await feedAddresses.round(this.feed, minute);
    await net.send(keeper, this.#withFive(feed.getOpenRoundInstruction({ caller: keeper, feed: this.feed, round, minute })));
    if (what === "nobody") {
      net.setTime(at + 50n);
      await net.send(keeper, feed.getPublishFallbackInstruction({ feed: this.feed, round }));
      return;
    }
    const { features } = feed.getRoundDecoder().decode(net.account(round)!.data);
    const context = roundContext(engine, { feed: this.feed, round, minute, prover: keeper.address });
    const { proof, outputs } = await this.#proven("anomaly-filter", features, context);
    await net.send(keeper, feed.getPublishByProofInstruction({ prover: keeper, feed: this.feed, round, model: this.models["anomaly-filter"]!, verifier: VERIFIER, proof, scores: outputs }));
  }
}
