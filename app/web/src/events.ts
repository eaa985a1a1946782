// What programs said in transactions: events in logs, of the program that logged them. IDLs have their fields.

import { type Engine } from "@assay/sdk";
import { ASSAY_LENDING_PROGRAM_ADDRESS } from "@assay/sdk/lending";
import { getAddressDecoder, type Address } from "@solana/kit";

import { equalBytes } from "./bytes.js";
import type { Chain } from "./chain.js";
import { fromBase64 } from "./rpc.js";

export type ScoreProven = { readonly kind: "score"; readonly model: Address; readonly digest: Uint8Array; readonly score: number; readonly epoch: number; readonly revision: number };
export type Liquidated = { readonly kind: "liquidated"; readonly liquidator: Address; readonly repaid: bigint; readonly seized: bigint; readonly bonusBps: number; readonly ltvBps: number; readonly badDebt: bigint };

/** A transaction that named an account, with what was said of the account. */
export type Entry = { readonly signature: string; readonly slot: bigint; readonly time: bigint | null; readonly said: readonly (ScoreProven | Liquidated)[] };

/** The events of one program in a transaction's logs: other programs can write the same lines. */
export function dataOf(program: Address, logs: readonly string[]): Uint8Array[] {
  const stack: string[] = [];
  const found: Uint8Array[] = [];
  for (const line of logs) {
    const [word, name, what] = line.split(" ");
    if (word === "Program" && what === "invoke") {
      stack.push(name!);
    } else if (word === "Program" && name === stack.at(-1) && (what === "success" || what?.startsWith("failed"))) {
      stack.pop();
    } else if (line.startsWith("Program data: ") && stack.at(-1) === program) {
      found.push(fromBase64(line.slice(14).split(" ")[0]!));
    }
  }
  return found;
}

/** What the lending program said of a position. */
export function decisions(engine: Engine, position: Address, logs: readonly string[]): (ScoreProven | Liquidated)[] {
  const is = (name: string, data: Uint8Array) => equalBytes(engine.sha256(new TextEncoder().encode(`event:${name}`)).slice(0, 8), data.slice(0, 8));
  return dataOf(ASSAY_LENDING_PROGRAM_ADDRESS, logs).flatMap((data): (ScoreProven | Liquidated)[] => {
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    const address = (offset: number) => getAddressDecoder().decode(data, offset);
    if (data.length === 8 + 32 * 3 + 2 + 4 + 4 + 8 && is("ScoreProven", data) && address(8) === position) {
      const [score, epoch, revision] = [view.getInt16(104, true), view.getUint32(106, true), view.getUint32(110, true)];
      return [{ kind: "score", model: address(40), digest: data.slice(72, 104), score, epoch, revision }];
    }
    if (data.length === 8 + 32 * 3 + 8 + 8 + 2 + 4 + 8 && is("Liquidated", data) && address(40) === position) {
      const [repaid, seized] = [view.getBigUint64(104, true), view.getBigUint64(112, true)];
      return [{ kind: "liquidated", liquidator: address(72), repaid, seized, bonusBps: view.getUint16(120, true), ltvBps: view.getUint32(122, true), badDebt: view.getBigUint64(126, true) }];
    }
    return [];
  });
}

/** Most transactions that are looked up for one account. */
const MOST = 40;

export type History = { state: "asking" | "here" | "failed"; why?: string; entries: Entry[]; isCut: boolean };

const histories = new WeakMap<Chain, Map<string, { slot: bigint; history: History }>>();

/** The transactions of a position in which something was said of it, newest first; asked for again when its account has changed. */
export function history(engine: Engine, chain: Chain, position: Address, slot: bigint, done: () => void): History {
  const known = histories.get(chain) ?? new Map<string, { slot: bigint; history: History }>();
  histories.set(chain, known);
  const there = known.get(position);
  if (there !== undefined && there.slot >= slot) {
    return there.history;
  }
  const fresh = { slot, history: there?.history ?? { state: "asking" as const, entries: [], isCut: false } };
  known.set(position, fresh);
  const ask = async (): Promise<History> => {
    const signatures = await chain.rpc.signatures(position, MOST);
    const entries: Entry[] = [];
    for (const signature of signatures) {
      const old = there?.history.entries.find((entry) => entry.signature === signature);
      const found = old === undefined ? await chain.rpc.logs(signature) : undefined;
      const said = old?.said ?? (found == null ? [] : decisions(engine, position, found.logs));
      if (said.length > 0) {
        entries.push(old ?? { signature, slot: found!.slot, time: found!.time, said });
      }
    }
    return { state: "here", entries, isCut: signatures.length === MOST };
  };
  ask()
    .catch((error: unknown): History => ({ ...fresh.history, state: "failed", why: error instanceof Error ? error.message : String(error) }))
    .then((history) => {
      fresh.history = history;
      done();
    });
  return fresh.history;
}
