// JSON-RPC over HTTP. A server is not trusted: what it sends is bounded in size and time, and every shape is checked before it is used.

import { isAddress, type Address } from "@solana/kit";

/** Most bytes of an answer, and how long it may take. */
const MOST_BYTES = 32 * 1024 * 1024;
const PATIENCE = 10_000;

/** What went wrong between this page and a server, in words, with what to do about it. */
export class ServerError extends Error {
  override name = "ServerError";
}

/** An account as a server shows it. */
export type Shown = { readonly owner: Address; readonly lamports: bigint; readonly data: Uint8Array };
export type Listed = Shown & { readonly address: Address };
export type At<T> = { readonly slot: bigint; readonly value: T };

/** The first bytes of an account, its length, and what it holds somewhere. */
export type Filter = {
  readonly program: Address;
  readonly discriminator: Uint8Array;
  readonly size: number;
  readonly holds?: { readonly offset: number; readonly bytes: Uint8Array };
};

export class Rpc {
  constructor(
    readonly url: string,
    readonly patience = PATIENCE,
    readonly mostBytes = MOST_BYTES,
  ) {}

  genesis(): Promise<string> {
    return this.#call("getGenesisHash", []).then(text);
  }

  async account(address: Address): Promise<At<Shown | null>> {
    return at(await this.#call("getAccountInfo", [address, OPTIONS]), (value) => (value === null ? null : shown(value)));
  }

  async accounts(addresses: readonly Address[]): Promise<At<(Shown | null)[]>> {
    const answer = await this.#call("getMultipleAccounts", [addresses, OPTIONS]);
    const found = at(answer, (value) => list(value).map((one) => (one === null ? null : shown(one))));
    if (found.value.length !== addresses.length) {
      throw malformed(`${found.value.length} accounts for ${addresses.length} addresses`);
    }
    return found;
  }

  async programAccounts(filter: Filter): Promise<At<Listed[]>> {
    return at(await this.#call("getProgramAccounts", filterParameters(filter)), (value) => list(value).map(listed));
  }

  /** Signatures of the last transactions that named an address, newest first; those that failed left out. */
  async signatures(address: Address, limit: number): Promise<string[]> {
    const answer = await this.#call("getSignaturesForAddress", [address, { limit, commitment: "confirmed" }]);
    return list(answer).slice(0, limit).map(object).filter((one) => one["err"] === null).map((one) => text(one["signature"]));
  }

  /** What programs logged in a transaction, and when it was; `null` where the server keeps it no more. */
  async logs(signature: string): Promise<{ logs: string[]; slot: bigint; time: bigint | null } | null> {
    const options = { commitment: "confirmed", maxSupportedTransactionVersion: 1, encoding: "base64" };
    const answer = await this.#call("getTransaction", [signature, options]);
    if (answer === null) {
      return null;
    }
    const { meta, slot, blockTime } = object(answer) as Record<string, unknown>;
    const logs = object(meta)["logMessages"];
    return { logs: logs === null ? [] : list(logs).map(text), slot: natural(slot), time: blockTime == null ? null : natural(blockTime) };
  }

  async #call(method: string, params: readonly unknown[]): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const signal = AbortSignal.timeout(this.patience);
    let bytes: Uint8Array;
    try {
      const answer = await fetch(this.url, { method: "POST", headers: { "content-type": "application/json" }, body, signal, credentials: "omit" });
      if (answer.status === 429) {
        throw new ServerError(`${this.url} answers too many requests (429): wait, or use a server of your own`);
      }
      bytes = await this.#read(answer, method);
      if (!answer.ok) {
        throw new ServerError(`${this.url} answers with status ${answer.status}: is it a Solana RPC server?`);
      }
    } catch (error) {
      if (error instanceof ServerError) {
        throw error;
      }
      if (signal.aborted) {
        throw new ServerError(`${this.url} did not answer ${method} within ${this.patience / 1000} s`);
      }
      throw new ServerError(`nobody answers at ${this.url}: start a cluster there (cargo xtask localnet), or give another address above`);
    }
    const answer = object(parse(bytes, this.url));
    if (answer["error"] != null) {
      const { code, message } = object(answer["error"]);
      throw new ServerError(`${this.url} refuses ${method}: ${String(message).slice(0, 300)} (${Number(code)})`);
    }
    return answer["result"];
  }

  /** The body, no longer than it may be. */
  async #read(answer: Response, method: string): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let length = 0;
    const reader = answer.body?.getReader();
    for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader!.read()) {
      length += part.value.length;
      if (length > this.mostBytes) {
        void reader!.cancel();
        throw new ServerError(`${this.url} sends more than ${this.mostBytes / 1024 / 1024} MiB to ${method}: more than this page reads`);
      }
      parts.push(part.value);
    }
    const whole = new Uint8Array(length);
    let offset = 0;
    for (const part of parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }
}

const OPTIONS = { encoding: "base64", commitment: "confirmed" } as const;

/** `[program, options]` of a list, for requests and subscriptions. */
export function filterParameters({ program, discriminator, size, holds }: Filter): unknown[] {
  const memcmp = (offset: number, bytes: Uint8Array) => ({ memcmp: { offset, bytes: base64(bytes), encoding: "base64" } });
  const filters = [memcmp(0, discriminator), ...(holds === undefined ? [] : [memcmp(holds.offset, holds.bytes)]), { dataSize: size }];
  return [program, { ...OPTIONS, withContext: true, filters }];
}

/** Options of a subscription to one account. */
export const accountParameters = (address: Address): unknown[] => [address, OPTIONS];

const malformed = (what: string) => new ServerError(`the server's answer is malformed: ${what}`);

function parse(bytes: Uint8Array, url: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new ServerError(`${url} does not answer in JSON: is it a Solana RPC server?`);
  }
}

export function object(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw malformed("an object is missing");
  }
  return value as Record<string, unknown>;
}

export function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) {
    throw malformed("a list is missing");
  }
  return value;
}

function text(value: unknown): string {
  if (typeof value !== "string") {
    throw malformed("a text is missing");
  }
  return value;
}

export function natural(value: unknown): bigint {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw malformed("a number is missing");
  }
  return BigInt(Math.trunc(value));
}

function address(value: unknown): Address {
  if (typeof value !== "string" || !isAddress(value)) {
    throw malformed("an address is none");
  }
  return value;
}

export function at<T>(answer: unknown, read: (value: unknown) => T): At<T> {
  const { context, value } = object(answer) as Record<string, unknown>;
  return { slot: natural(object(context)["slot"]), value: read(value) };
}

export function shown(value: unknown): Shown {
  const { owner, lamports, data } = object(value) as Record<string, unknown>;
  const [content, encoding] = list(data);
  if (encoding !== "base64") {
    throw malformed("an account's data are not in base64");
  }
  return { owner: address(owner), lamports: natural(lamports), data: fromBase64(text(content)) };
}

export function listed(value: unknown): Listed {
  const { pubkey, account } = object(value) as Record<string, unknown>;
  return { address: address(pubkey), ...shown(account) };
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

export function fromBase64(content: string): Uint8Array {
  try {
    return Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  } catch {
    throw malformed("base64 is none");
  }
}
