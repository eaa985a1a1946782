// Accounts of the programs from bytes. What is of another program, length or kind is refused by name; what an account's address promises is
// computed again here.

import {
  addressBytes,
  AssayError,
  decodeSchema,
  feedAddresses,
  lendingAddresses,
  marketAddresses,
  modelId,
  setupKind,
  verifierAddresses,
  type Engine,
  type Schema,
} from "@assay/sdk";
import * as feed from "@assay/sdk/feed";
import * as lending from "@assay/sdk/lending";
import * as market from "@assay/sdk/market";
import * as verifier from "@assay/sdk/verifier";
import type { Address, FixedSizeDecoder } from "@solana/kit";

import { equalBytes } from "./bytes.js";
import type { Chain, Known, Topic } from "./chain.js";
import type { Filter, Shown } from "./rpc.js";

/** A kind of account. */
export type Kind<T> = {
  readonly name: string;
  readonly program: Address;
  readonly discriminator: Uint8Array;
  readonly size: number;
  readonly decode: (bytes: Uint8Array) => T;
  /** The address that such an account must have. */
  readonly address?: (value: T) => Promise<Address>;
  /** Whether every count in it is of something that is there: programs write nothing else, servers may. */
  readonly isWhole?: (value: T) => boolean;
};

type Decoder<T> = FixedSizeDecoder<T>;

function kind<T>(
  name: string,
  program: Address,
  discriminator: unknown,
  decoder: Decoder<T>,
  address: (value: T) => Promise<Address>,
  isWhole: (value: T) => boolean = () => true,
): Kind<T> {
  return { name, program, discriminator: discriminator as Uint8Array, size: decoder.fixedSize, decode: (bytes) => decoder.decode(bytes), address, isWhole };
}

const { ASSAY_VERIFIER_PROGRAM_ADDRESS: VERIFIER } = verifier;
const { ASSAY_LENDING_PROGRAM_ADDRESS: LENDING } = lending;
const { ASSAY_FEED_PROGRAM_ADDRESS: FEED } = feed;
const { ASSAY_MARKET_PROGRAM_ADDRESS: MARKET } = market;
const derived = (address: Promise<readonly [Address, number]>) => address.then(([address]) => address);

export const MODEL = kind("model", VERIFIER, verifier.MODEL_DISCRIMINATOR, verifier.getModelDecoder(), ({ registrar, id }) => derived(verifierAddresses.model(registrar, id)));
export const RECEIPT = kind("receipt", VERIFIER, verifier.RECEIPT_DISCRIMINATOR, verifier.getReceiptDecoder(), ({ model, digest }) => derived(verifierAddresses.receipt(model, digest)));
export const LENDING_MARKET = kind("lending market", LENDING, lending.MARKET_DISCRIMINATOR, lending.getMarketDecoder(), ({ creator, collateralMint, debtMint }) =>
  derived(lendingAddresses.market(creator, collateralMint, debtMint)));
export const POSITION = kind("position", LENDING, lending.POSITION_DISCRIMINATOR, lending.getPositionDecoder(), ({ market, owner }) => derived(lendingAddresses.position(market, owner)));
export const SNAPSHOT = kind("snapshot", LENDING, lending.SNAPSHOT_DISCRIMINATOR, lending.getSnapshotDecoder(), ({ position, epoch, revision }) =>
  derived(lendingAddresses.snapshot(position, epoch, revision)));
export const SOURCE = kind("price source", FEED, feed.SOURCE_DISCRIMINATOR, feed.getSourceDecoder(), ({ pinned }) => derived(feedAddresses.source(pinned)));
export const PRICE_FEED = kind("feed", FEED, feed.FEED_DISCRIMINATOR, feed.getFeedDecoder(), ({ creator, nonce }) => derived(feedAddresses.feed(creator, nonce)),
  ({ sources, params }) => params.sources <= sources.length);
export const ROUND = kind("round", FEED, feed.ROUND_DISCRIMINATOR, feed.getRoundDecoder(), ({ feed, at }) => derived(feedAddresses.round(feed, Number(at / 60n))));
export const QUESTION = kind("question", MARKET, market.QUESTION_DISCRIMINATOR, market.getQuestionDecoder(), ({ creator, nonce }) => derived(marketAddresses.question(creator, nonce)),
  ({ terms, proven, outputs, buckets }) =>
    terms.buckets <= terms.rows.length && terms.outcomes <= terms.fallback.length && proven <= outputs.length && buckets.slice(0, proven).every((bucket) => bucket < terms.buckets));
export const OBSERVATION = kind("observation", MARKET, market.OBSERVATION_DISCRIMINATOR, market.getObservationDecoder(), ({ question }) => derived(marketAddresses.observation(question)));

/** Every kind that the page has a view of, or reads. */
export const KINDS: readonly Kind<any>[] = [MODEL, RECEIPT, LENDING_MARKET, POSITION, SNAPSHOT, SOURCE, PRICE_FEED, ROUND, QUESTION, OBSERVATION];

export type Read<T> = { readonly address: Address; readonly slot: bigint; readonly lamports: bigint; readonly data: T };

/** The account as one of this kind; throws, in words, where it is none. */
export function read<T>(kind: Kind<T>, account: Shown): T {
  const { owner, data } = account;
  if (owner !== kind.program) {
    throw new AssayError(`the account is of the program ${owner}, and a ${kind.name} is of ${kind.program}`);
  }
  if (!equalBytes(data.slice(0, 8), kind.discriminator)) {
    const other = KINDS.find(({ program, discriminator }) => program === owner && equalBytes(data.slice(0, 8), discriminator));
    throw new AssayError(`the account is ${other === undefined ? "of another kind" : `a ${other.name}`}, not a ${kind.name}`);
  }
  if (data.length !== kind.size) {
    throw new AssayError(`the account has ${data.length} bytes, and a ${kind.name} has ${kind.size}`);
  }
  const value = kind.decode(data);
  if (kind.isWhole?.(value) === false) {
    throw new AssayError("the server lies: no program writes what the account holds");
  }
  return value;
}

/** What is wanted of all accounts of a kind, or of those that hold an address at an offset. */
export function all<T>(kind: Kind<T>, holds?: { offset: number; address: Address }): Topic {
  const { program, discriminator, size } = kind;
  const filter: Filter = { program, discriminator, size };
  return { list: holds === undefined ? filter : { ...filter, holds: { offset: holds.offset, bytes: new Uint8Array(addressBytes(holds.address)) } } };
}

/** The accounts of a list that are what they claim to be; the others with the reason. */
export type Sorted<T> = { readonly good: Read<T>[]; readonly bad: { address: Address; why: string }[] };

const judged = new WeakMap<object, { value?: unknown; why?: string }>();

export function sort<T>(kind: Kind<T>, known: Known): Sorted<T> {
  const sorted: Sorted<T> = { good: [], bad: [] };
  for (const [address, { slot, account }] of known.items) {
    if (account === null) {
      continue;
    }
    let verdict = judged.get(account);
    if (verdict === undefined) {
      try {
        verdict = { value: read(kind, account) };
      } catch (error) {
        verdict = { why: error instanceof Error ? error.message : String(error) };
      }
      judged.set(account, verdict);
      checkAddress(kind, address, verdict);
    }
    if (verdict.why === undefined) {
      sorted.good.push({ address, slot, lamports: account.lamports, data: verdict.value as T });
    } else {
      sorted.bad.push({ address, why: verdict.why });
    }
  }
  return sorted;
}

/** One account of a kind, as far as it is known. */
export type One<T> = { state: "asking" } | { state: "missing" } | { state: "failed"; why: string } | { state: "here"; read: Read<T> };

export function one<T>(kind: Kind<T>, chain: Chain, address: Address): One<T> {
  const known = chain.want({ account: address });
  if (known.state === "asking") {
    return { state: "asking" };
  }
  const found = known.items.get(address);
  if (known.state === "failed" && found === undefined) {
    return { state: "failed", why: known.error ?? "it cannot be read" };
  }
  if (found === undefined || found.account === null) {
    return { state: "missing" };
  }
  const { good, bad } = sort(kind, { ...known, items: new Map([[address, found]]) });
  return good[0] !== undefined ? { state: "here", read: good[0] } : { state: "failed", why: bad[0]?.why ?? "it cannot be read" };
}

/** The address is a promise of the program's; whether the account keeps it is known a moment later. */
function checkAddress<T>(kind: Kind<T>, address: Address, verdict: { value?: unknown; why?: string }): void {
  const { address: promised } = kind;
  if (verdict.why === undefined && promised !== undefined) {
    const found = async () => promised(verdict.value as T); // a time that is none throws before there is a promise
    found()
      .catch(() => "no address")
      .then((expected) => {
        if (expected !== address) {
          verdict.why = `the server lies: a ${kind.name} with this content is at ${expected}`;
          changed();
        }
      });
  }
}

let changed = (): void => undefined;
/** Who is told when an account turns out to be no such account. */
export function onVerdict(tell: () => void): void {
  changed = tell;
}

/** A model's schema, where it is one; its id computed again from what it holds. */
export type Face = { readonly schema: Schema; readonly isItself: boolean } | { readonly why: string };

const faces = new WeakMap<object, Face>();

export function face(engine: Engine, model: verifier.Model): Face {
  let found = faces.get(model);
  if (found === undefined) {
    try {
      const bytes = model.schema.slice(0, model.schemaLen);
      const key = model.key.slice(0, model.keyForm === 0 ? 576 : 768);
      const { transcriptHash } = model;
      const id = modelId(engine, { setup: setupKind(model.setup), transcriptHash, key, schema: bytes });
      found = { schema: decodeSchema(bytes), isItself: equalBytes(id, model.id) };
    } catch (error) {
      found = { why: error instanceof Error ? error.message : String(error) };
    }
    faces.set(model, found);
  }
  return found;
}

/** A model's name, as its registrar wrote it. */
export function nameOf(engine: Engine, model: verifier.Model): string {
  const found = face(engine, model);
  return "schema" in found ? found.schema.name : "unreadable";
}
