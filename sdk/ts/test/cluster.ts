// What tests over RPC share: who pays, tokens, the oracle's prices and the clock. Runs where ANCHOR_PROVIDER_URL says that a cluster is;
// ANCHOR_WALLET is the key file of who pays there. Prices and the clock are a local cluster's, which changes accounts and time for whoever asks.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { addressBytes, feedAddresses, fromHex, submit, TransactionError } from "@assay/sdk";
import {
  AccountRole,
  createKeyPairSignerFromBytes,
  createSolanaRpc,
  generateKeyPairSigner,
  getProgramDerivedAddress,
  lamports,
  type Address,
  type Instruction,
  type KeyPairSigner,
} from "@solana/kit";

export const url = process.env["ANCHOR_PROVIDER_URL"];
export const skip = url === undefined && "ANCHOR_PROVIDER_URL is not set";
/** Where there is no key, and the system program. */
export const NOBODY = "11111111111111111111111111111111" as Address;
export const DAY = 86_400n;

export const rpc = createSolanaRpc(url ?? "http://127.0.0.1:8899");
const confirmed = { commitment: "confirmed" } as const;

/** A call of a method that only local clusters have; `false` where this one lacks it. */
export async function cheat(method: string, params: unknown[]): Promise<boolean> {
  const answer = await fetch(url!, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return !("error" in ((await answer.json()) as object));
}

/** Who pays, with SOL: from ANCHOR_WALLET, or a fresh key with some of the cluster's. */
export async function wallet(): Promise<KeyPairSigner> {
  const file = process.env["ANCHOR_WALLET"];
  return file === undefined
    ? funded()
    : createKeyPairSignerFromBytes(Uint8Array.from(JSON.parse(readFileSync(file, "utf8"))));
}

/** A fresh key with SOL. */
export async function funded(): Promise<KeyPairSigner> {
  const signer = await generateKeyPairSigner();
  await (rpc as any).requestAirdrop(signer.address, lamports(10_000_000_000n)).send();
  while ((await rpc.getBalance(signer.address, confirmed).send()).value === 0n) {
    await pause(200);
  }
  return signer;
}

export const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** That a transaction is refused with the program's error of this name. */
export async function refused(payer: KeyPairSigner, name: string, instructions: Instruction[]): Promise<void> {
  await assert.rejects(submit(rpc, payer, instructions), (error) => {
    assert(error instanceof TransactionError, String(error));
    assert.equal(error.failure.name, name, error.logs?.join("\n"));
    return true;
  });
}

/** Bytes of an account. */
export async function bytesOf(address: Address): Promise<Uint8Array> {
  const { value } = await rpc.getAccountInfo(address, { ...confirmed, encoding: "base64" }).send();
  assert(value !== null, `there is no account ${address}`);
  return new Uint8Array(Buffer.from(value.data[0], "base64"));
}

const CLOCK = "SysvarC1ock11111111111111111111111111111111" as Address;

/** The clock that programs see, Unix seconds. */
export async function now(): Promise<bigint> {
  return Buffer.from(await bytesOf(CLOCK)).readBigInt64LE(32);
}

/** Moves the clock forward to a time, Unix seconds; `false` where this cluster's clock cannot be moved. */
export async function moveClock(to: bigint): Promise<boolean> {
  return cheat("surfnet_timeTravel", [{ absoluteTimestamp: Number(to) * 1000 }]);
}

/** Waits for a time of the clock, Unix seconds. */
export async function waitFor(time: bigint): Promise<void> {
  while ((await now()) < time) {
    await pause(100);
  }
}

const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA" as Address;
const ASSOCIATED_TOKEN_PROGRAM = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL" as Address;

/** A test mint of the local cluster: the same on each. */
export async function mint(name: string): Promise<Address> {
  const seeds = ["assay test mint", name];
  return (await getProgramDerivedAddress({ programAddress: TOKEN_PROGRAM, seeds }))[0];
}

/** Where somebody's tokens are. */
export async function tokensOf(owner: Address, mint: Address): Promise<Address> {
  const seeds = [owner, TOKEN_PROGRAM, mint].map((address) => addressBytes(address) as Uint8Array);
  return (await getProgramDerivedAddress({ programAddress: ASSOCIATED_TOKEN_PROGRAM, seeds }))[0];
}

const { WRITABLE, WRITABLE_SIGNER, READONLY, READONLY_SIGNER } = AccountRole;
const account = (address: Address, role: AccountRole) => ({ address, role });

/** Makes somebody's token account, where there is none. */
export async function tokenAccount(payer: KeyPairSigner, owner: Address, mint: Address): Promise<Instruction> {
  const named = [owner, mint, NOBODY, TOKEN_PROGRAM].map((address) => account(address, READONLY));
  const made = [account(payer.address, WRITABLE_SIGNER), account(await tokensOf(owner, mint), WRITABLE)];
  return { programAddress: ASSOCIATED_TOKEN_PROGRAM, accounts: [...made, ...named], data: Uint8Array.of(1) };
}

/** Makes somebody's token account, and puts tokens in it from the payer's. */
export async function give(payer: KeyPairSigner, owner: Address, mint: Address, amount: bigint): Promise<Instruction[]> {
  const [from, to] = [await tokensOf(payer.address, mint), await tokensOf(owner, mint)];
  const data = Buffer.alloc(9, 3);
  data.writeBigUInt64LE(amount, 1);
  const accounts = [account(from, WRITABLE), account(to, WRITABLE), account(payer.address, READONLY_SIGNER)];
  return [await tokenAccount(payer, owner, mint), { programAddress: TOKEN_PROGRAM, accounts, data: new Uint8Array(data) }];
}

/** Tokens in a token account, base units. */
export async function balance(tokens: Address): Promise<bigint> {
  return Buffer.from(await bytesOf(tokens)).readBigUInt64LE(64);
}

/** Pyth's feeds of the local cluster's prices. */
const FEEDS = {
  SOL: fromHex("ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d"),
  USDC: fromHex("eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a"),
};

/** A price of the oracle: its feed, its account, and the feed program's source that copies it. */
export class Price {
  private constructor(
    readonly feedId: Uint8Array,
    readonly account: Address,
    readonly source: Address,
  ) {}

  static async of(name: keyof typeof FEEDS): Promise<Price> {
    const [account] = await feedAddresses.pythPrice(0, FEEDS[name]);
    const [source] = await feedAddresses.source(account);
    return new Price(FEEDS[name], account, source);
  }

  /** When it was published last, Unix seconds. */
  async published(): Promise<bigint> {
    return Buffer.from(await bytesOf(this.account)).readBigInt64LE(93);
  }

  /** Sets it, in US dollars; the cluster publishes it again each second. */
  async set(dollars: number): Promise<void> {
    const data = Buffer.from(await bytesOf(this.account));
    const amount = BigInt(Math.round(dollars * 1e8));
    for (const [offset, value] of [[73, amount], [81, amount / 10_000n], [109, amount], [117, amount / 10_000n]] as const) {
      data.writeBigInt64LE(value, offset);
    }
    const { value } = await rpc.getAccountInfo(this.account, { ...confirmed, encoding: "base64" }).send();
    assert(await cheat("surfnet_setAccount", [this.account, { data: data.toString("hex"), lamports: Number(value!.lamports), owner: value!.owner }]));
  }
}
