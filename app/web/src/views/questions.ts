// Questions of the prediction market: their terms, what was observed, what was proven, what they pay.

import { marketAddresses, toHex } from "@assay/sdk";
import type { Question } from "@assay/sdk/market";
import type { Address } from "@solana/kit";

import { chart, gauge } from "../chart.js";
import { h, type Child } from "../dom.js";
import { ago, amount, count, percent, short, span, time } from "../format.js";
import { badge, facts, hash, link, listing, NOBODY, section, single, when, who, type Page, type Tone, type View } from "../page.js";
import { all, face, MODEL, nameOf, OBSERVATION, one, QUESTION, sort } from "../read.js";

const STATES: readonly [Tone, string][] = [
  ["plain", "open"], ["plain", "observed"], ["warn", "proven, may be disputed"], ["warn", "disputed"], ["warn", "answered, may be disputed"], ["warn", "with the council"], ["good", "settled"], ["bad", "void"],
];
const state = ({ status }: Question): Child => badge(...(STATES[status] ?? (["bad", `unknown state ${status}`] as const)));

export function questions(page: Page): View {
  const known = page.chain.want(all(QUESTION));
  return {
    title: "Questions",
    body: [
      h("h1", null, "Questions"),
      h("p", { class: "lead" }, "A question is about the prices of a window of hours. A model, fixed when the question was made, gives one output for them; the bucket that it falls into pays."),
      listing(known, sort(QUESTION, known), "question", "No question is here.", (items) =>
        h(
          "ul",
          { class: "rows" },
          items.map(({ address, data }) =>
            h(
              "li",
              { "data-key": address },
              h("div", { class: "name" }, link("question", address), h("div", { class: "quiet" }, "by ", h("code", null, short(data.creator)))),
              h("div", { class: "what" }, state(data), h("span", null, `${count(data.terms.returns, "hour")} to ${time(data.terms.endsAt)}`), h("span", null, `${amount(data.held, data.decimals)} held`)),
            ),
          ),
        ),
      ),
    ],
  };
}

export function question(page: Page, address: Address): View {
  return { title: "Question", body: [h("h1", null, "A question"), single("question", address, one(QUESTION, page.chain, address), ({ data }) => terms(page, address, data))] };
}

const observations = new Map<Address, Address>();

function terms(page: Page, address: Address, data: Question): Child {
  const { terms } = data;
  const [first, second] = data.models as [Address, Address];
  const judge = one(MODEL, page.chain, first);
  const shown = judge.state === "here" ? face(page.engine, judge.read.data) : undefined;
  const output = shown !== undefined && "schema" in shown ? shown.schema.outputs[0] : undefined;
  const scale = typeof output?.scales === "number" ? output.scales : undefined;
  const write = (value: number) => (scale === undefined ? `${value}` : (value / 2 ** scale).toFixed(2).replace("-", "−"));
  const thresholds = terms.thresholds.slice(0, Math.max(0, terms.buckets - 1));
  const bucket = (index: number) =>
    terms.buckets < 2 ? "any output" : index === 0 ? `below ${write(thresholds[0]!)}` : index === terms.buckets - 1 ? `from ${write(thresholds[index - 1]!)} on` : `from ${write(thresholds[index - 1]!)} to below ${write(thresholds[index]!)}`;
  const pays = (row: readonly number[]) => row.slice(0, terms.outcomes).map((share) => percent(share, 0)).join(" : ");
  const range = (): [number, number] => {
    const all = [...thresholds, ...data.outputs.slice(0, data.proven)];
    const [least, most] = [Math.min(0, ...all), Math.max(0, ...all)];
    return [least - (most - least) * 0.1, most + (most - least) * 0.25];
  };
  return [
    facts(
      ["question", hash(address)],
      ["state", [state(data), data.deadline > 0n && data.status < 6 ? [page.now > data.deadline ? " over since " : " until ", when(page, data.deadline)] : ""]],
      ["window", `${count(terms.returns, "hour")}, to ${time(terms.endsAt)}, from ${count(terms.sources, "source")}`],
      ["model", judge.state === "here" ? link("model", first, nameOf(page.engine, judge.read.data)) : link("model", first)],
      ["a dispute asks", second === NOBODY ? "no second model: the council decides" : link("model", second)],
      ["council", who(data.council)],
      ["bond", `${amount(terms.bond, 9)} SOL for a dispute, within ${span(terms.window)}`],
      ["held", `${amount(data.held, data.decimals)} of the collateral`],
      ["by", hash(data.creator)],
    ),
    section(
      "What pays what",
      h(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": "Buckets and payouts" },
        h(
          "table",
          null,
          h("thead", null, h("tr", null, ["Output", "Pays outcome by outcome"].map((name) => h("th", { scope: "col" }, name)))),
          h("tbody", null, terms.rows.slice(0, terms.buckets).map((row, index) => h("tr", null, h("th", { scope: "row" }, bucket(index)), h("td", null, pays(row)))), h("tr", null, h("th", { scope: "row" }, "void"), h("td", null, pays(terms.fallback)))),
        ),
      ),
    ),
    data.proven > 0 &&
      section(
        "What was proven",
        data.outputs.slice(0, data.proven).map((value, index) => [
          h("p", null, h("b", null, output?.name ?? "output"), ` ${write(value)}`, h("span", { class: "quiet" }, `, ${bucket(data.buckets[index]!)} · proven by `, h("code", null, short(data.provers[index]!)), data.challengers[index] === NOBODY ? "" : [", disputed by ", h("code", null, short(data.challengers[index]!))])),
          thresholds.length > 0 && gauge("Output", page.width, { at: value, name: "output" }, thresholds.map((at) => ({ at, name: "threshold" })), range(), write),
        ]),
        data.payout.some((share) => share > 0) ? h("p", null, badge("good", "pays"), ` ${pays(data.payout)}`) : h("p", { class: "quiet" }, `Pays ${pays(terms.rows[data.buckets[data.proven - 1]!]!)} if nobody disputes it.`),
      ),
    section("What was observed", observed(page, address, data)),
    section(
      "Its times",
      facts(
        ...([["sets are made until", terms.closeAt], ["the window ends", terms.endsAt], ["observed by", terms.observeBy], ["proven by", terms.resolveBy]] as const).map(
          ([name, at]) => [name, [time(at), page.now > 0n && h("span", { class: "quiet" }, ` · ${ago(at, page.now)}`)]] as const,
        ),
      ),
    ),
  ];
}

function observed(page: Page, address: Address, { terms }: Question): Child {
  const place = observations.get(address);
  if (place === undefined) {
    void marketAddresses.observation(address).then(([found]) => (observations.set(address, found), page.redraw()));
    return null;
  }
  const found = one(OBSERVATION, page.chain, place);
  if (found.state !== "here") {
    return h("p", { class: "empty" }, found.state === "asking" ? "Asking …" : found.state === "failed" ? found.why : "Nothing yet, or the observation was closed.");
  }
  const { prices, hash: of } = found.read.data;
  const points = (row: readonly bigint[]) =>
    row.slice(0, terms.returns + 1).flatMap((price, index) => (price === 0n ? [] : [{ x: Number(terms.endsAt) - (terms.returns - index) * 3_600, y: Number(price) / 1e8 }]));
  return [
    chart({
      label: "Prices that the question's sources had",
      width: page.width,
      series: prices.slice(0, terms.sources).map((row, index) => ({ name: `source ${index + 1}`, tone: ["one", "two", "three"][index] ?? "three", points: points(row) })),
      x: (value) => time(value).slice(5, 16),
      y: (value) => `$${value.toFixed(2)}`,
    }),
    h("p", { class: "quiet" }, "The proof's context binds their hash ", hash(toHex(of)), "."),
  ];
}
