// What each program's proofs are bound to: the 32 bytes of their statements' contexts.

import type { Address } from "@solana/kit";

import { addressBytes } from "./addresses.js";
import { littleEndian, utf8, type Bytes } from "./bytes.js";
import type { Engine } from "./engine.js";
import { ASSAY_CREDIT_PROGRAM_ADDRESS } from "./generated/credit/index.js";
import { ASSAY_FEED_PROGRAM_ADDRESS } from "./generated/feed/index.js";
import { ASSAY_LENDING_PROGRAM_ADDRESS } from "./generated/lending/index.js";
import { ASSAY_MARKET_PROGRAM_ADDRESS } from "./generated/market/index.js";

const of = addressBytes;
const u8 = (value: number) => littleEndian(value, 1);
const u32 = (value: number) => littleEndian(value, 4);

/** A liquidation: of a snapshot, by who signs. Times are Unix seconds, the epoch Unix minutes. */
export function liquidationContext(
  engine: Engine,
  id: { market: Address; position: Address; snapshot: Address; epoch: number; revision: number; takenAt: bigint; prover: Address },
): Uint8Array {
  const places = [ASSAY_LENDING_PROGRAM_ADDRESS, id.market, id.position, id.snapshot].map(of);
  const times = [u32(id.epoch), u32(id.revision), littleEndian(id.takenAt, 8)];
  return engine.sha256(utf8("assay:lending:liquidation:v2\0"), ...places, ...times, of(id.prover));
}

/** A feed's round, by who signs. `minute` is Unix seconds / 60. */
export function roundContext(
  engine: Engine,
  id: { feed: Address; round: Address; minute: number; prover: Address },
): Uint8Array {
  const places = [ASSAY_FEED_PROGRAM_ADDRESS, id.feed, id.round].map(of);
  return engine.sha256(utf8("assay:feed:round:v1\0"), ...places, u32(id.minute), of(id.prover));
}

/** The hash of what was observed for a question: the first `hours` prices of each source, in units of 1e-8 USD. */
export function observationHash(
  engine: Engine,
  question: Address,
  sources: readonly (readonly bigint[])[],
  hours: number,
): Uint8Array {
  const prices = sources.flatMap((source) => source.slice(0, hours).map((price) => littleEndian(price, 8)));
  return engine.sha256(utf8("assay:market:observation:v1\0"), of(question), u8(hours), u8(sources.length), ...prices);
}

/** A resolution of a question, by who signs; `place` is 1 for its model, 2 for the second after a dispute. */
export function resolutionContext(
  engine: Engine,
  id: { question: Address; observation: Bytes; place: 1 | 2; prover: Address },
): Uint8Array {
  const places = [ASSAY_MARKET_PROGRAM_ADDRESS, id.question].map(of);
  const rest = [id.observation, u8(id.place), of(id.prover)];
  return engine.sha256(utf8("assay:market:resolution:v1\0"), ...places, ...rest);
}

/** Taking a line of credit up, or renewing it, from the tree of an issuer's epoch, by the borrower, who signs. */
export function lineContext(
  engine: Engine,
  id: { pool: Address; line: Address; borrower: Address; issuer: Address; epoch: number },
): Uint8Array {
  const places = [ASSAY_CREDIT_PROGRAM_ADDRESS, id.pool, id.line, id.borrower, id.issuer].map(of);
  return engine.sha256(utf8("assay:credit:line:v1\0"), ...places, u32(id.epoch));
}
