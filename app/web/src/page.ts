// What every view is given, and the small parts that they share.

import type { Engine } from "@assay/sdk";
import type { Address } from "@solana/kit";

import type { Chain, Known } from "./chain.js";
import { h, type Child } from "./dom.js";
import { ago, count, short, time } from "./format.js";
import type { One, Read, Sorted } from "./read.js";

export type Page = {
  readonly engine: Engine;
  readonly chain: Chain;
  /** Pixels that a chart may be wide. */
  readonly width: number;
  /** The chain's clock, Unix seconds. */
  readonly now: bigint;
  /** Draws again: something changed that no account tells of. */
  readonly redraw: () => void;
};

export type View = { readonly title: string; readonly body: Child };

/** Bytes or an address in full. */
export const hash = (text: string): HTMLElement => h("code", { class: "hash" }, text);

/** An address, shortened, with a way to its view. */
export const link = (view: string, address: Address, name?: string): HTMLElement =>
  h("a", { href: `#/${view}/${address}` }, name ?? h("code", null, short(address)));

/** Names and what they stand for. */
export function facts(...rows: readonly (readonly [Child, Child] | null | false)[]): HTMLElement {
  return h(
    "dl",
    { class: "facts" },
    rows.map((row) => row && h("div", null, h("dt", null, row[0]), h("dd", null, row[1]))),
  );
}

/** A word on how something stands. The words say it, the colour repeats it. */
export type Tone = "good" | "bad" | "warn" | "plain";
export const badge = (tone: Tone, ...text: Child[]): HTMLElement => h("span", { class: `badge ${tone}` }, text);

export const note = (tone: Tone, ...text: Child[]): HTMLElement => h("p", { class: `note ${tone}` }, text);

/** A time on the chain, with its distance from now. */
export function when(page: Page, seconds: bigint): Child {
  if (seconds === 0n) {
    return "never";
  }
  return page.now === 0n ? time(seconds) : [time(seconds), h("span", { class: "quiet" }, ` · ${ago(seconds, page.now)}`)];
}

export const section = (title: Child, ...body: Child[]): HTMLElement => h("section", null, h("h2", null, title), body);

/** An address on the chain that is not a person's: nobody. */
export const NOBODY = "11111111111111111111111111111111";
export const who = (address: Address, nobody = "nobody"): Child => (address === NOBODY ? nobody : hash(address));

/** What a list shows while it is empty, could not be had, or is cut off. */
export function listing<T>(known: Known, sorted: Sorted<T>, name: string, empty: Child, show: (items: readonly Read<T>[]) => Child): Child {
  return [
    known.state === "failed" && note("bad", `The list of ${name}s could not be had: ${known.error}${sorted.good.length > 0 ? ". Below is what was known before." : ""}`),
    known.state === "asking" && sorted.good.length === 0
      ? h("p", { class: "quiet" }, `Asking for ${name}s …`)
      : sorted.good.length > 0
        ? show(sorted.good)
        : known.state === "here" && sorted.bad.length === 0 && h("div", { class: "empty" }, empty),
    known.beyond > 0 && note("warn", `Cut off: the server names ${count(known.beyond, "more", "more")}, which are not shown.`),
    sorted.bad.length > 0 &&
      h(
        "details",
        { class: "bad-accounts" },
        h("summary", null, `${count(sorted.bad.length, "account")} left out: not what ${sorted.bad.length === 1 ? "it claims" : "they claim"} to be`),
        h("ul", null, sorted.bad.slice(0, 50).map(({ address, why }) => h("li", null, hash(address), " ", why))),
      ),
  ];
}

/** An account's view, or why there is none. */
export function single<T>(name: string, address: Address, found: One<T>, show: (read: Read<T>) => Child): Child {
  switch (found.state) {
    case "asking":
      return h("p", { class: "quiet" }, `Asking for the ${name} …`);
    case "missing":
      return note("bad", `There is no account at ${address}: it was closed, is of another cluster, or never was. Compare the address, and the server above.`);
    case "failed":
      return note("bad", `No ${name} is at ${address}: ${found.why}.`);
    case "here":
      return show(found.read);
  }
}
