// A cluster in this process: LiteSVM with the committed programs behind JSON-RPC and a WebSocket, as far as the page and the command line ask. The
// test that owns it moves its clock, sends transactions, and lets it lie, fall silent or go away.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { fileURLToPath } from "node:url";

import { ASSAY_FEED_PROGRAM_ADDRESS } from "@assay/sdk/feed";
import { ASSAY_LENDING_PROGRAM_ADDRESS } from "@assay/sdk/lending";
import { ASSAY_MARKET_PROGRAM_ADDRESS } from "@assay/sdk/market";
import { ASSAY_VERIFIER_PROGRAM_ADDRESS } from "@assay/sdk/verifier";
import {
  appendTransactionMessageInstructions,
  createKeyPairSignerFromPrivateKeyBytes,
  createTransactionMessage,
  getBase58Decoder,
  getSignatureFromTransaction,
  getTransactionDecoder,
  getCompiledTransactionMessageDecoder,
  lamports,
  pipe,
  setTransactionMessageComputeUnitLimit,
  setTransactionMessageFeePayerSigner,
  signTransactionMessageWithSigners,
  type Address,
  type Blockhash,
  type Instruction,
  type KeyPairSigner,
  type Transaction,
} from "@solana/kit";
import { Clock, FailedTransactionMetadata, LiteSVM, type TransactionMetadata } from "litesvm";
import { WebSocketServer, type WebSocket } from "ws";

const BIN = fileURLToPath(new URL("../../../programs/bin/", import.meta.url));
const PROGRAMS: [Address, string][] = [
  [ASSAY_VERIFIER_PROGRAM_ADDRESS, "assay_verifier"],
  [ASSAY_FEED_PROGRAM_ADDRESS, "assay_feed"],
  [ASSAY_LENDING_PROGRAM_ADDRESS, "assay_lending"],
  [ASSAY_MARKET_PROGRAM_ADDRESS, "assay_market"],
];
const CLOCK = "SysvarC1ock11111111111111111111111111111111" as Address;
export const GENESIS = "4sGjMW1sUnHzSxGspuhpqLDx6wiyjNtZAMdL4VZHirAn";

type Account = { owner: Address; lamports: bigint; data: Uint8Array; executable: boolean };
type Filter = { memcmp?: { offset: number; bytes: string }; dataSize?: number };
/** Changes an answer's result, or throws to answer with an error; `undefined` never answers. */
export type Lie = (method: string, params: any, result: any) => any;

export class Localnet {
  readonly svm = new LiteSVM();
  slot = 1_000n;
  /** What is done to answers and notifications before they are sent. */
  lie: Lie = (_method, _params, result) => result;
  /** Takes no subscribers. */
  silent = false;
  url = "";
  readonly #records = new Map<string, { slot: bigint; time: bigint; logs: string[]; err: unknown; addresses: string[] }>();
  readonly #http: Server;
  readonly #web: Server;
  readonly #sockets = new Set<Socket>();
  readonly #subscribers = new Map<WebSocket, Map<number, { method: string; params: any; told: Map<string, string> }>>();
  #next = 1;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(time: bigint) {
    this.svm.withSigverify(false); // what is simulated is not signed yet
    for (const [address, name] of PROGRAMS) {
      this.svm.addProgram(address, readFileSync(`${BIN}${name}.so`));
    }
    this.setTime(time);
    this.#http = createServer((request, response) => void this.#serve(request, response));
    this.#web = createServer();
    new WebSocketServer({ server: this.#web }).on("connection", (client) => {
      if (this.silent) return client.terminate();
      this.#subscribers.set(client, new Map());
      client.on("close", () => this.#subscribers.delete(client)).on("error", () => undefined);
      client.on("message", (data) => this.#subscribe(client, JSON.parse(String(data))));
    });
    for (const server of [this.#http, this.#web]) {
      server.on("connection", (socket) => {
        this.#sockets.add(socket);
        socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
      });
    }
  }

  /** Listens on two ports that follow each other. */
  async start(port = 0): Promise<this> {
    const listen = (server: Server, port: number) =>
      new Promise<number>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
      });
    for (let tries = 0; ; tries++) {
      const first = await listen(this.#http, port);
      try {
        await listen(this.#web, first + 1);
        this.url = `http://127.0.0.1:${first}`;
        break;
      } catch (error) {
        if (port !== 0 || tries > 50) throw error;
        await new Promise((resolve) => this.#http.close(resolve));
      }
    }
    this.#timer = setInterval(() => this.#tell(), 100);
    return this;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.cut();
    this.#http.close();
    this.#web.close();
  }

  /** Closes every connection. */
  cut(): void {
    this.#sockets.forEach((socket) => socket.destroy());
  }

  get time(): bigint {
    return this.svm.getClock().unixTimestamp;
  }

  setTime(time: bigint): void {
    this.svm.setClock(new Clock(this.slot, time, 0n, 0n, time));
  }

  account(address: Address): Account | null {
    if (address === CLOCK) {
      const data = new Uint8Array(40);
      new DataView(data.buffer).setBigUint64(0, this.slot, true);
      new DataView(data.buffer).setBigInt64(32, this.time, true);
      return { owner: "Sysvar1111111111111111111111111111111111111" as Address, lamports: 1n, data, executable: false };
    }
    const found = this.svm.getAccount(address);
    return found.exists && found.lamports > 0n ? { owner: found.programAddress, lamports: found.lamports, data: new Uint8Array(found.data), executable: found.executable } : null;
  }

  put(address: Address, owner: Address, data: Uint8Array): void {
    this.svm.setAccount({ address, programAddress: owner, data, lamports: lamports(10_000_000n), executable: false, space: BigInt(data.length) });
  }

  /** Somebody with SOL, the same for the same name. */
  async person(name: string): Promise<KeyPairSigner> {
    const signer = await createKeyPairSignerFromPrivateKeyBytes(createHash("sha256").update(`assay page ${name}`).digest());
    this.svm.airdrop(signer.address, lamports(100_000_000_000n));
    return signer;
  }

  /** Sends instructions, which must go through. */
  async send(payer: KeyPairSigner, ...instructions: Instruction[]): Promise<void> {
    const message = pipe(
      createTransactionMessage({ version: 0 }),
      (message) => setTransactionMessageFeePayerSigner(payer, message),
      (message) => this.svm.setTransactionMessageLifetimeUsingLatestBlockhash(message),
      (message) => appendTransactionMessageInstructions(instructions, message),
      (message) => setTransactionMessageComputeUnitLimit(1_400_000, message),
    );
    const signed = await signTransactionMessageWithSigners(message as any);
    const { err, logs } = this.#execute(signed as unknown as Transaction);
    if (err !== null) {
      throw new Error(`refused: ${JSON.stringify(err)}\n${logs.join("\n")}`);
    }
  }

  #execute(transaction: Transaction): { signature: string; err: unknown; logs: string[] } {
    const signature = getSignatureFromTransaction(transaction);
    const outcome = this.svm.sendTransaction(transaction);
    const { err, meta } = read(outcome);
    const compiled = getCompiledTransactionMessageDecoder().decode(transaction.messageBytes) as { staticAccounts: string[] };
    this.slot += 1n;
    this.setTime(this.time);
    this.#records.set(signature, { slot: this.slot, time: this.time, logs: meta.logs(), err, addresses: compiled.staticAccounts });
    this.svm.expireBlockhash();
    return { signature, err, logs: meta.logs() };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const cors = { "access-control-allow-origin": "*", "access-control-allow-headers": "*", "content-type": "application/json" };
    if (request.method === "OPTIONS") {
      response.writeHead(204, cors).end();
      return;
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    let id: unknown = null;
    try {
      const { id: asked, method, params } = JSON.parse(Buffer.concat(parts).toString());
      id = asked;
      const result = this.lie(method, params, this.#answer(method, params ?? []));
      if (result === undefined) return;
      response.writeHead(200, cors);
      response.end(typeof result === "string" && result.startsWith("RAW ") ? result.slice(4) : json({ jsonrpc: "2.0", id, result }));
    } catch (error) {
      response.writeHead(200, cors).end(json({ jsonrpc: "2.0", id, error: { code: -32602, message: String(error) } }));
    }
  }

  #answer(method: string, params: any): unknown {
    const at = (value: unknown) => ({ context: { slot: this.slot }, value });
    const decoded = (): Transaction => {
      const transaction = getTransactionDecoder().decode(Buffer.from(params[0], "base64"));
      const signatures = Object.entries(transaction.signatures).map(([address, signature]) => [address, signature ?? new Uint8Array(64)]);
      return { ...transaction, signatures: Object.fromEntries(signatures) };
    };
    switch (method) {
      case "getGenesisHash":
        return GENESIS;
      case "getSlot":
      case "getBlockHeight":
        return this.slot;
      case "getRecentPrioritizationFees":
        return [];
      case "getMinimumBalanceForRentExemption":
        return this.svm.minimumBalanceForRentExemption(BigInt(params[0]));
      case "getBalance":
        return at(this.svm.getBalance(params[0]) ?? 0n);
      case "getLatestBlockhash":
        return at({ blockhash: this.svm.latestBlockhash() as Blockhash, lastValidBlockHeight: this.slot + 150n });
      case "getAccountInfo":
        return at(shown(this.account(params[0])));
      case "getMultipleAccounts":
        return at(params[0].map((address: Address) => shown(this.account(address))));
      case "getProgramAccounts":
        return at(this.#listed(params).map(([pubkey, account]) => ({ pubkey, account: shown(account) })));
      case "simulateTransaction": {
        const outcome = this.svm.simulateTransaction(decoded());
        const { err, meta } = outcome instanceof FailedTransactionMetadata ? read(outcome) : { err: null, meta: outcome.meta() };
        const { data, programId } = { data: meta.returnData().data(), programId: meta.returnData().programId() };
        const returnData = data.length === 0 ? null : { programId: getBase58Decoder().decode(programId), data: [Buffer.from(data).toString("base64"), "base64"] };
        return at({ err, logs: meta.logs(), unitsConsumed: meta.computeUnitsConsumed(), returnData, accounts: null });
      }
      case "sendTransaction":
        return this.#execute(decoded()).signature;
      case "getSignatureStatuses":
        return at(params[0].map((signature: string) => {
          const record = this.#records.get(signature);
          return record === undefined ? null : { slot: record.slot, err: record.err, confirmationStatus: "finalized", confirmations: null };
        }));
      case "getSignaturesForAddress":
        return [...this.#records].filter(([, { addresses }]) => addresses.includes(params[0])).reverse().slice(0, params[1]?.limit ?? 1000)
          .map(([signature, { slot, err, time }]) => ({ signature, slot, err, blockTime: time }));
      case "getTransaction": {
        const record = this.#records.get(params[0]);
        return record === undefined ? null : { slot: record.slot, blockTime: record.time, meta: { err: record.err, logMessages: record.logs } };
      }
      default:
        throw new Error(`nobody asks for ${method}`);
    }
  }

  #listed([program, options]: [Address, { filters: Filter[] }]): [Address, Account][] {
    const found: [Address, Account][] = [];
    for (const { address, data, programAddress, lamports: held, executable } of this.svm.getProgramAccounts(program)) {
      const bytes = new Uint8Array(data);
      const matches = options.filters.every(({ memcmp, dataSize }) =>
        memcmp === undefined ? bytes.length === dataSize : Buffer.from(bytes.slice(memcmp.offset)).indexOf(Buffer.from(memcmp.bytes, "base64")) === 0);
      if (matches && held > 0n) found.push([address, { owner: programAddress, lamports: held, data: bytes, executable }]);
    }
    return found;
  }

  #subscribe(client: WebSocket, { id, method, params }: any): void {
    const subscriptions = this.#subscribers.get(client);
    if (subscriptions === undefined) return;
    let result: unknown = true;
    if (method.endsWith("Unsubscribe")) {
      subscriptions.delete(params[0]);
    } else {
      result = this.#next++;
      const subscription = { method, params, told: new Map<string, string>() };
      this.#news(subscription);
      subscriptions.set(result as number, subscription);
    }
    client.send(json({ jsonrpc: "2.0", id, result }));
  }

  #news({ method, params, told }: { method: string; params: any; told: Map<string, string> }): unknown[] {
    const isList = method === "programSubscribe";
    const now: [string, Account | null][] = isList ? this.#listed(params) : [[params[0], this.account(params[0])]];
    return now.flatMap(([pubkey, account]) => {
      const text = json(shown(account));
      if (told.get(pubkey) === text) return [];
      told.set(pubkey, text);
      return [{ context: { slot: this.slot }, value: isList ? { pubkey, account: shown(account) } : shown(account) }];
    });
  }

  /** A slot passes. */
  #tell(): void {
    this.slot += 1n;
    for (const [client, subscriptions] of this.#subscribers) {
      for (const [subscription, about] of subscriptions) {
        for (const news of this.#news(about)) {
          const result = this.lie("notification", about.params, news);
          if (result !== undefined) {
            client.send(json({ jsonrpc: "2.0", method: about.method.replace("Subscribe", "Notification"), params: { subscription, result } }));
          }
        }
      }
    }
  }
}

function read(outcome: TransactionMetadata | FailedTransactionMetadata): { err: unknown; meta: TransactionMetadata } {
  if (!(outcome instanceof FailedTransactionMetadata)) {
    return { err: null, meta: outcome };
  }
  const error = outcome.err() as any;
  const inner = typeof error.err === "function" ? error.err() : undefined;
  const err = "index" in error ? { InstructionError: [error.index, typeof inner?.code === "number" ? { Custom: inner.code } : String(inner)] } : String(error);
  return { err, meta: outcome.meta() };
}

function shown(account: Account | null): unknown {
  return account === null
    ? null
    : { owner: account.owner, lamports: account.lamports, data: [Buffer.from(account.data).toString("base64"), "base64"], executable: account.executable, rentEpoch: 0, space: account.data.length };
}

/** Numbers of any size, as servers write them. */
function json(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? Number(part) : part));
}
