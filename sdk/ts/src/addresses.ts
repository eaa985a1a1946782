// Addresses that the programs derive, and the hashes in them. The IDLs do not have all seeds, so they stand here.

import { getAddressEncoder, getProgramDerivedAddress, type Address } from "@solana/kit";

import { expectLength, littleEndian, utf8, type Bytes } from "./bytes.js";
import type { Engine } from "./engine.js";
import type { SetupKind } from "./files.js";
import { ASSAY_CREDIT_PROGRAM_ADDRESS } from "./generated/credit/index.js";
import { ASSAY_FEED_PROGRAM_ADDRESS } from "./generated/feed/index.js";
import { ASSAY_LENDING_PROGRAM_ADDRESS } from "./generated/lending/index.js";
import { ASSAY_MARKET_PROGRAM_ADDRESS } from "./generated/market/index.js";
import { ASSAY_VERIFIER_PROGRAM_ADDRESS } from "./generated/verifier/index.js";

/** Pyth's push oracle, whose accounts feed sources may pin. */
export const PYTH_PUSH_ORACLE = "pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT" as Address;

type Seed = string | Bytes;
/** The address, and its bump. */
type Derived = Promise<readonly [Address, number]>;

/** The 32 bytes of an address. */
export function addressBytes(address: Address): Bytes {
  return getAddressEncoder().encode(address);
}

async function derive(programAddress: Address, seeds: Seed[]): Derived {
  return getProgramDerivedAddress({ programAddress, seeds: seeds as (string | Uint8Array)[] });
}

const of = addressBytes;
const u16 = (value: number) => littleEndian(value, 2);
const u32 = (value: number) => littleEndian(value, 4);
const u64 = (value: bigint | number) => littleEndian(value, 8);
const hash = (what: string, bytes: Bytes) => {
  expectLength(what, bytes, 32);
  return bytes;
};

/** What a model is: its address holds it. The key is the uncompressed one. */
export function modelId(
  engine: Engine,
  model: { setup: SetupKind; transcriptHash: Bytes; key: Bytes; schema: Bytes },
): Uint8Array {
  const setup = Uint8Array.of(model.setup === "development" ? 0 : 1);
  const transcript = hash("the transcript's hash", model.transcriptHash);
  return engine.sha256(utf8("assay:model:v2\0"), setup, transcript, engine.sha256(model.key), model.schema);
}

/** What a set of attestors is. The attestors stand in strictly increasing order of their bytes. */
export function attestorSetId(engine: Engine, threshold: number, attestors: readonly Address[]): Uint8Array {
  return engine.sha256(utf8("assay:attestors:v1\0"), Uint8Array.of(threshold), ...attestors.map(of));
}

/** What a series promises. `attestorSet` is the zero address for none. */
export function seriesId(
  engine: Engine,
  series: { timelock: bigint; domain: Bytes; attestorSet: Address; name: string },
): Uint8Array {
  const parts = [littleEndian(series.timelock, 8), series.domain, of(series.attestorSet), utf8(series.name)];
  return engine.sha256(utf8("assay:series:v1\0"), ...parts);
}

export const verifierAddresses = {
  model: (registrar: Address, id: Bytes) =>
    derive(ASSAY_VERIFIER_PROGRAM_ADDRESS, ["model", of(registrar), hash("a model's id", id)]),
  receipt: (model: Address, digest: Bytes) =>
    derive(ASSAY_VERIFIER_PROGRAM_ADDRESS, ["receipt", of(model), hash("a digest", digest)]),
  attestorSet: (id: Bytes) => derive(ASSAY_VERIFIER_PROGRAM_ADDRESS, ["attestors", hash("a set's id", id)]),
  attestation: (set: Address, model: Address) =>
    derive(ASSAY_VERIFIER_PROGRAM_ADDRESS, ["attestation", of(set), of(model)]),
  buffer: (payer: Address, nonce: bigint | number) =>
    derive(ASSAY_VERIFIER_PROGRAM_ADDRESS, ["buffer", of(payer), u64(nonce)]),
  series: (creator: Address, id: Bytes) =>
    derive(ASSAY_VERIFIER_PROGRAM_ADDRESS, ["series", of(creator), hash("a series' id", id)]),
};

export const feedAddresses = {
  /** Of a price account of Pyth's push oracle. */
  source: (pinned: Address) => derive(ASSAY_FEED_PROGRAM_ADDRESS, ["source", Uint8Array.of(0), of(pinned)]),
  feed: (creator: Address, nonce: bigint | number) =>
    derive(ASSAY_FEED_PROGRAM_ADDRESS, ["feed", of(creator), u64(nonce)]),
  /** `minute` is Unix seconds / 60. */
  round: (feed: Address, minute: number) => derive(ASSAY_FEED_PROGRAM_ADDRESS, ["round", of(feed), u32(minute)]),
  /** The account of Pyth's push oracle for a feed, in a sponsor's shard. */
  pythPrice: (shard: number, feedId: Bytes) => derive(PYTH_PUSH_ORACLE, [u16(shard), hash("a feed's id", feedId)]),
};

export const lendingAddresses = {
  market: (creator: Address, collateralMint: Address, debtMint: Address) =>
    derive(ASSAY_LENDING_PROGRAM_ADDRESS, ["market", of(creator), of(collateralMint), of(debtMint)]),
  collateralVault: (market: Address) => derive(ASSAY_LENDING_PROGRAM_ADDRESS, ["collateral-vault", of(market)]),
  liquidityVault: (market: Address) => derive(ASSAY_LENDING_PROGRAM_ADDRESS, ["liquidity-vault", of(market)]),
  position: (market: Address, owner: Address) =>
    derive(ASSAY_LENDING_PROGRAM_ADDRESS, ["position", of(market), of(owner)]),
  deposit: (market: Address, owner: Address) =>
    derive(ASSAY_LENDING_PROGRAM_ADDRESS, ["deposit", of(market), of(owner)]),
  /** `epoch` is a final minute, Unix seconds / 60; `revision` the position's. */
  snapshot: (position: Address, epoch: number, revision: number) =>
    derive(ASSAY_LENDING_PROGRAM_ADDRESS, ["snapshot", of(position), u32(epoch), u32(revision)]),
};

export const marketAddresses = {
  question: (creator: Address, nonce: bigint | number) =>
    derive(ASSAY_MARKET_PROGRAM_ADDRESS, ["question", of(creator), u64(nonce)]),
  vault: (question: Address) => derive(ASSAY_MARKET_PROGRAM_ADDRESS, ["vault", of(question)]),
  outcomeMint: (question: Address, index: number) =>
    derive(ASSAY_MARKET_PROGRAM_ADDRESS, ["outcome", of(question), littleEndian(index, 1)]),
  observation: (question: Address) => derive(ASSAY_MARKET_PROGRAM_ADDRESS, ["observation", of(question)]),
};

export const creditAddresses = {
  issuer: (authority: Address) => derive(ASSAY_CREDIT_PROGRAM_ADDRESS, ["issuer", of(authority)]),
  /** `epoch` counts 30 days of Unix time. */
  tree: (issuer: Address, epoch: number) => derive(ASSAY_CREDIT_PROGRAM_ADDRESS, ["tree", of(issuer), u32(epoch)]),
  pool: (creator: Address, nonce: bigint | number) =>
    derive(ASSAY_CREDIT_PROGRAM_ADDRESS, ["pool", of(creator), u64(nonce)]),
  vault: (pool: Address) => derive(ASSAY_CREDIT_PROGRAM_ADDRESS, ["vault", of(pool)]),
  deposit: (pool: Address, owner: Address) => derive(ASSAY_CREDIT_PROGRAM_ADDRESS, ["deposit", of(pool), of(owner)]),
  line: (pool: Address, nullifier: Bytes) =>
    derive(ASSAY_CREDIT_PROGRAM_ADDRESS, ["line", of(pool), hash("a nullifier", nullifier)]),
};
