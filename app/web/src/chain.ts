// What a server shows of the accounts that the present view wants: asked for once, then told by subscriptions, and asked for again from time to
// time, since nobody tells of what was closed. A value carries the slot that it is of, and an older one never replaces a newer one.

import type { Address } from "@solana/kit";

import { accountParameters, at, filterParameters, listed, natural, object, Rpc, shown, type Filter, type Shown } from "./rpc.js";

/** Most accounts of a list that are shown: those beyond are counted. */
const MOST_LISTED = 1_000;
const RESYNC = 30_000;
/** A connection that tells nothing of the clock for so long is as good as cut. */
const SILENCE = 10_000;
const CLOCK = "SysvarC1ock11111111111111111111111111111111" as Address;

export type Topic = { readonly list: Filter } | { readonly account: Address };

/** What is known of a topic. */
export type Known = {
  state: "asking" | "here" | "failed";
  error?: string;
  slot: bigint;
  items: Map<Address, { slot: bigint; account: Shown | null }>;
  /** Accounts beyond what is shown. */
  beyond: number;
};

type Wanted = { topic: Topic; known: Known; number?: number };

export class Chain {
  readonly rpc: Rpc;
  genesis: string | undefined;
  /** Why nothing is shown: no server, or one of another cluster. */
  refusal: string | undefined;
  /** The chain's clock, Unix seconds, and the slot that it was read in. */
  clock = { time: 0n, slot: 0n };
  socket: "opening" | "open" | "cut" = "opening";
  /** When the server was last heard, by this machine's clock. */
  heard = 0;
  readonly #wanted = new Map<string, Wanted>();
  readonly #asked = new Map<number, Wanted>();
  #drawn = new Set<string>();
  #web: WebSocket | undefined;
  #next = 1;
  #wait = 500;
  #over = false;
  readonly #timers: ReturnType<typeof setInterval>[] = [];

  constructor(
    readonly url: string,
    readonly socketUrl: string,
    /** The genesis hash that the address of this page asks for. */
    readonly pinned: string | undefined,
    private readonly tell: () => void,
  ) {
    this.rpc = new Rpc(url);
    void this.#begin();
  }

  close(): void {
    this.#over = true;
    this.#timers.forEach(clearInterval);
    this.#web?.close();
  }

  /** Whether what is shown may be older than it looks. */
  get isStale(): boolean {
    return this.socket !== "open" || Date.now() - this.heard > SILENCE;
  }

  /** What is known of a topic, which is kept up to date as long as whoever draws the page wants it. */
  want(topic: Topic): Known {
    const key = keyOf(topic);
    this.#drawn.add(key);
    let wanted = this.#wanted.get(key);
    if (wanted === undefined) {
      wanted = { topic, known: { state: "asking", slot: 0n, items: new Map(), beyond: 0 } };
      this.#wanted.set(key, wanted);
      this.#subscribe(wanted);
      void this.#ask(wanted);
    }
    return wanted.known;
  }

  /** Draws something; what it does not want is forgotten. */
  during<T>(draw: () => T): T {
    this.#drawn = new Set([CLOCK]);
    const drawn = draw();
    for (const [key, wanted] of this.#wanted) {
      if (!this.#drawn.has(key)) {
        this.#wanted.delete(key);
        if (wanted.number !== undefined) {
          this.#send("list" in wanted.topic ? "programUnsubscribe" : "accountUnsubscribe", [wanted.number]);
        }
      }
    }
    return drawn;
  }

  async #begin(): Promise<void> {
    try {
      this.genesis = await this.rpc.genesis();
      this.heard = Date.now();
    } catch (error) {
      this.refusal = words(error);
      this.socket = "cut";
      this.tell();
      setTimeout(() => this.#over || ((this.refusal = undefined), void this.#begin()), 5_000);
      return;
    }
    if (this.pinned !== undefined && this.pinned !== this.genesis) {
      this.refusal = `${this.url} is another cluster: its genesis is ${this.genesis.slice(0, 60)}, and this page's address asks for ${this.pinned}`;
      this.socket = "cut";
      this.tell();
      return;
    }
    this.want({ account: CLOCK });
    this.#open();
    this.#timers.push(setInterval(() => this.#wanted.forEach((wanted) => void this.#ask(wanted)), RESYNC), setInterval(this.tell, 1_000));
    this.#wanted.forEach((wanted) => void this.#ask(wanted));
  }

  async #ask(wanted: Wanted): Promise<void> {
    if (this.genesis === undefined || this.refusal !== undefined || this.#over) {
      return; // asked for as soon as it is known whose cluster it is
    }
    const { topic, known } = wanted;
    try {
      if ("list" in topic) {
        const { slot, value } = await this.rpc.programAccounts(topic.list);
        const there = new Set(value.map(({ address }) => address));
        for (const [address, item] of known.items) {
          if (!there.has(address) && item.slot <= slot) {
            known.items.delete(address);
          }
        }
        known.beyond = Math.max(0, value.length - MOST_LISTED);
        value.slice(0, MOST_LISTED).forEach(({ address, ...account }) => put(known, address, slot, account));
        known.slot = slot;
      } else {
        const { slot, value } = await this.rpc.account(topic.account);
        this.#take(wanted, topic.account, slot, value);
      }
      known.state = "here";
      delete known.error;
      this.heard = Date.now();
    } catch (error) {
      known.state = "failed";
      known.error = words(error);
    }
    this.tell();
  }

  #take({ topic, known }: Wanted, address: Address, slot: bigint, account: Shown | null): void {
    if ("list" in topic && known.items.size >= MOST_LISTED && !known.items.has(address)) {
      known.beyond += 1;
      return;
    }
    put(known, address, slot, account);
    known.slot = slot > known.slot ? slot : known.slot;
    if (address === CLOCK && account !== null && account.data.length >= 40 && slot >= this.clock.slot) {
      const time = new DataView(account.data.buffer, account.data.byteOffset).getBigInt64(32, true);
      this.clock = { time, slot };
    }
  }

  #open(): void {
    if (this.#over) {
      return;
    }
    this.socket = "opening";
    let web: WebSocket;
    try {
      web = new WebSocket(this.socketUrl);
    } catch {
      this.socket = "cut";
      return;
    }
    this.#web = web;
    web.onopen = () => {
      this.socket = "open";
      this.heard = Date.now();
      this.#wait = 500;
      this.#asked.clear();
      for (const wanted of this.#wanted.values()) {
        delete wanted.number;
        this.#subscribe(wanted);
        void this.#ask(wanted); // what passed in between
      }
      this.tell();
    };
    web.onmessage = ({ data }) => {
      try {
        this.#message(String(data));
      } catch (error) {
        console.warn(words(error)); // one notification that is none is no reason to doubt the next
      }
    };
    web.onclose = () => {
      this.socket = "cut";
      this.tell();
      setTimeout(() => this.#open(), this.#wait);
      this.#wait = Math.min(this.#wait * 2, 10_000);
    };
  }

  #subscribe(wanted: Wanted): void {
    if (this.#web?.readyState === WebSocket.OPEN) {
      const { topic } = wanted;
      const id =
        "list" in topic
          ? this.#send("programSubscribe", filterParameters(topic.list))
          : this.#send("accountSubscribe", accountParameters(topic.account));
      this.#asked.set(id, wanted);
    }
  }

  #send(method: string, params: readonly unknown[]): number {
    const id = this.#next++;
    if (this.#web?.readyState === WebSocket.OPEN) {
      this.#web.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    }
    return id;
  }

  #message(data: string): void {
    const message = object(JSON.parse(data));
    const asked = this.#asked.get(Number(message["id"]));
    if (asked !== undefined && typeof message["result"] === "number") {
      asked.number = message["result"];
      return;
    }
    if (message["params"] === undefined) {
      return;
    }
    const { subscription, result } = object(message["params"]) as Record<string, unknown>;
    const number = Number(natural(subscription));
    const wanted = [...this.#wanted.values()].find((one) => one.number === number);
    if (wanted === undefined) {
      return;
    }
    this.heard = Date.now();
    const { topic } = wanted;
    if ("list" in topic) {
      const { slot, value } = at(result, listed);
      const { address, ...account } = value;
      this.#take(wanted, address, slot, account);
    } else {
      const { slot, value } = at(result, (value) => (value === null ? null : shown(value)));
      this.#take(wanted, topic.account, slot, value);
    }
    this.tell();
  }
}

function put(known: Known, address: Address, slot: bigint, account: Shown | null): void {
  const there = known.items.get(address);
  if (there === undefined || there.slot <= slot) {
    known.items.set(address, { slot, account: account !== null && account.lamports === 0n ? null : account });
  }
}

function keyOf(topic: Topic): string {
  if ("account" in topic) {
    return topic.account;
  }
  const { program, discriminator, holds } = topic.list;
  return [program, discriminator.join(), holds?.offset, holds?.bytes.join()].join("/");
}

export function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Where subscriptions of a server are, by custom: the next port where one is named, else the same place. */
export function socketOf(url: string): string {
  const parsed = new URL(url);
  parsed.protocol = parsed.protocol === "https:" ? "wss:" : "ws:";
  if (parsed.port !== "") {
    parsed.port = String(Number(parsed.port) + 1);
  }
  return parsed.href;
}
