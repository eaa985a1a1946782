// Price sources and feeds: what is said of each minute, who is believed, and what came of it.

import type { Feed, Round, Source } from "@assay/sdk/feed";
import { toHex } from "@assay/sdk";
import type { Address } from "@solana/kit";

import { chart } from "../chart.js";
import { h, type Child } from "../dom.js";
import { ago, count, dollars, percent, short, span, time, whole } from "../format.js";
import { hours, minutes } from "../loan.js";
import { badge, facts, hash, link, listing, section, single, when, who, type Page, type View } from "../page.js";
import { all, MODEL, nameOf, one, PRICE_FEED, ROUND, SOURCE, sort, type Read } from "../read.js";

const RESULTS = ["open", "proven", "degraded", "refused"];
const STATUSES = ["good", "degraded", "stopped"];
const TONES = ["good", "warn", "bad"] as const;

type Header = Source["header"];

function state({ status }: Header): Child {
  return badge(TONES[status] ?? "bad", STATUSES[status] ?? `unknown state ${status}`);
}

function age(page: Page, { publishTime }: Header): Child {
  return h("span", { class: "quiet" }, page.now === 0n ? time(publishTime) : ago(publishTime, page.now));
}

export function feeds(page: Page): View {
  const [known, sources] = [page.chain.want(all(PRICE_FEED)), page.chain.want(all(SOURCE))];
  const row = (view: string, address: Address, header: Header, feedId: { readonly length: number }) =>
    h(
      "li",
      { "data-key": address },
      h("div", { class: "name" }, link(view, address), h("div", { class: "quiet" }, "price ", h("code", null, short(toHex(feedId as Uint8Array))))),
      header.price === 0n
        ? h("div", { class: "what quiet" }, "no price of now; minutes and hours only")
        : h("div", { class: "what" }, h("b", null, dollars(header.price)), state(header), age(page, header), h("span", { class: "quiet" }, count(header.round, "price"), " taken")),
    );
  const byAddress = <T>(one: Read<T>, other: Read<T>) => (one.address < other.address ? -1 : 1);
  return {
    title: "Feeds",
    body: [
      h("h1", null, "Feeds and price sources"),
      h("p", { class: "lead" }, "A source copies one oracle account, forward only. A feed is a price made of several sources: each minute a proof says which of them to believe."),
      section("Feeds", listing(known, sort(PRICE_FEED, known), "feed", "No feed is here.", (items) => h("ul", { class: "rows" }, [...items].sort(byAddress).map(({ address, data }) => row("feed", address, data.prices.header, data.prices.feedId))))),
      section("Sources", listing(sources, sort(SOURCE, sources), "price source", "No price source is here.", (items) => h("ul", { class: "rows" }, [...items].sort(byAddress).map(({ address, data }) => row("source", address, data.header, data.feedId))))),
    ],
  };
}

function priceFacts(page: Page, header: Header): readonly (readonly [Child, Child])[] {
  return [
    ["price", header.price === 0n ? "none of now" : [h("b", null, dollars(header.price)), ` ± ${dollars(header.confidence)} `, state(header)]],
    ["published", header.price === 0n ? "never" : [when(page, header.publishTime), header.previous > 0n ? `; the one before was ${dollars(header.previous)}` : ""]],
    ["taken", `${count(header.round, "price")}, the last in slot ${whole(header.slot)}`],
  ];
}

export function source(page: Page, address: Address): View {
  return {
    title: "Price source",
    body: [
      h("h1", null, "A price source"),
      single("price source", address, one(SOURCE, page.chain, address), ({ data }) => [
        facts(["source", hash(address)], ...priceFacts(page, data.header), ["copies", hash(data.pinned)], ["price id", hash(toHex(data.feedId))]),
        section("Final hours", history(page, "Final hours", hours(data))),
        section("Final minutes", history(page, "Final minutes", minutes(data))),
      ]),
    ],
  };
}

function history(page: Page, label: string, points: { x: number; y: number }[]): Child {
  return points.length === 0
    ? h("p", { class: "empty" }, "None yet. Anybody may bring the oracle's price of a full minute or hour.")
    : chart({ label, width: page.width, height: 180, series: [{ name: "price", points }], x: (value) => time(value).slice(5, 16), y: (value) => `$${value.toFixed(2)}` });
}

export function feed(page: Page, address: Address): View {
  return { title: "Feed", body: [h("h1", null, "A feed"), single("feed", address, one(PRICE_FEED, page.chain, address), ({ data }) => judged(page, address, data))] };
}

function judged(page: Page, address: Address, data: Feed): Child {
  const { params, prices } = data;
  const known = page.chain.want(all(ROUND, { offset: 8, address }));
  const sorted = sort(ROUND, known);
  const rounds = [...sorted.good].sort((one, other) => Number(other.data.at - one.data.at));
  const judge = one(MODEL, page.chain, data.model);
  const ring = minutes(prices);
  return [
    data.stoppedAt > 0n && h("p", null, badge("bad", "stopped"), " since ", when(page, data.stoppedAt)),
    facts(
      ["feed", hash(address)],
      ...priceFacts(page, prices.header),
      ["judged by", [judge.state === "here" ? link("model", data.model, nameOf(page.engine, judge.read.data)) : link("model", data.model), `: a source counts from a score of ${(params.threshold / 256).toFixed(2)} on`]],
      ["rules", `${params.quorum} of ${params.sources} sources at least; the price moves ${percent(params.maxStepBps)} a second at most; after ${span(params.proofWindow)} without a proof a fallback may publish`],
      ["authority", who(data.authority)],
      ["guardian", who(data.guardian)],
      ["chain", [hash(toHex(data.chain)), " of everything that was published"]],
    ),
    section("Final minutes", history(page, "Final minutes of the feed", ring)),
    rounds.length > 0 && section("What the sources said", said(page, rounds.map(({ data }) => data), params.sources)),
    section(
      "Rounds",
      listing(known, sorted, "round", "No round is here: they are closed when their time is over.", () => [table(rounds.map(({ data }) => data).slice(0, 60), params.sources, params.threshold), rounds.length > 60 && h("p", { class: "quiet" }, `and ${count(rounds.length - 60, "older round")}`)]),
    ),
    section("Sources", h("ol", null, data.sources.slice(0, params.sources).map((source) => h("li", null, link("source", source))))),
  ];
}

/** Each quote's distance from its round's price: who is believed, and who is not. */
function said(page: Page, rounds: readonly Round[], sources: number): Child {
  const points = (isIn: boolean) =>
    rounds.flatMap(({ at, price, quotes, mask, result }) =>
      price === 0n || result === 0 ? [] : quotes.slice(0, sources).flatMap((quote, index) => (quote.price > 0n && ((mask >> index) & 1) === (isIn ? 1 : 0) ? [{ x: Number(at), y: (Number(quote.price - price) / Number(price)) * 10_000 }] : [])));
  // One that is far off would make all others one dot.
  const believed = points(true);
  const edge = Math.max(5, ...believed.map(({ y }) => 2.5 * Math.abs(y)));
  const out = points(false).map(({ x, y }) => ({ x, y: Math.min(Math.max(y, -edge), edge) }));
  return chart({
    label: "Distance of each source's quote from the round's price, basis points",
    width: page.width,
    series: [{ name: "believed", look: "dots", points: believed }, { name: `left out; beyond ${edge.toFixed(0)} bp at the edge`, look: "dots", tone: "bad", points: out }],
    x: (value) => time(value).slice(11, 16),
    y: (value) => `${Number(value.toFixed(1))} bp`.replace("-", "−"),
  });
}

function table(rounds: readonly Round[], sources: number, threshold: number): Child {
  const places = Array.from({ length: sources }, (_, index) => index);
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "Rounds and the sources' scores" },
    h(
      "table",
      null,
      h("thead", null, h("tr", null, ["Minute", "Result", "Price", ...places.map((index) => `Source ${index + 1}`)].map((name) => h("th", { scope: "col" }, name)))),
      h(
        "tbody",
        null,
        rounds.map((round) =>
          h(
            "tr",
            { "data-key": String(round.at) },
            h("th", { scope: "row" }, time(round.at).slice(5, 16)),
            h("td", null, badge(round.result === 1 ? "good" : round.result === 0 ? "plain" : "warn", RESULTS[round.result] ?? `${round.result}`)),
            h("td", null, round.price === 0n ? "" : dollars(round.price)),
            places.map((index) => h("td", { class: round.result !== 1 ? "quiet" : (round.mask >> index) & 1 ? "good" : round.result === 1 && round.scores[index]! < threshold ? "bad" : "quiet" }, round.quotes[index]!.price === 0n ? "silent" : round.result === 1 ? `${(round.scores[index]! / 256).toFixed(1).replace("-", "−")}${(round.mask >> index) & 1 ? "" : " out"}` : "no score")),
          ),
        ),
      ),
    ),
  );
}
