// A model's audit chain, computed again from its receipts.

import { toHex, type Bytes, type Engine } from "@assay/sdk";
import type { Model, Receipt } from "@assay/sdk/verifier";

import { equalBytes } from "./bytes.js";

export type Audit =
  | { readonly is: "whole"; readonly links: number }
  | { readonly is: "broken"; readonly computed: string }
  /** Receipts are closed a week after they were written: the chain is of all that was recorded, the receipts are not. */
  | { readonly is: "partial"; readonly here: number; readonly of: bigint };

const utf8 = (text: string) => new TextEncoder().encode(text);

/** The chain before the first statement, and after one more. Times are Unix seconds. */
export const auditStart = (engine: Engine, id: Bytes): Uint8Array => engine.sha256(utf8("assay:audit:v1\0"), id);

export function auditExtend(engine: Engine, chain: Bytes, digest: Bytes, recordedAt: bigint): Uint8Array {
  const time = new Uint8Array(8);
  new DataView(time.buffer).setBigInt64(0, recordedAt, true);
  return engine.sha256(chain, digest, time);
}

/** Whether the receipts give the chain that the model's account has. */
export function audit(engine: Engine, { id, accepted, auditChain }: Pick<Model, "id" | "accepted" | "auditChain">, receipts: readonly Receipt[]): Audit {
  const inOrder = [...receipts].sort((one, other) => Number(one.index - other.index));
  if (BigInt(inOrder.length) !== accepted || inOrder.some(({ index }, place) => index !== BigInt(place))) {
    return { is: "partial", here: inOrder.length, of: accepted };
  }
  const computed = inOrder.reduce((chain, { digest, recordedAt }) => auditExtend(engine, chain, digest, recordedAt), auditStart(engine, id));
  return equalBytes(computed, auditChain) ? { is: "whole", links: inOrder.length } : { is: "broken", computed: toHex(computed) };
}
