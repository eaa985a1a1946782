// Lending markets, and the loans in them: how near each stands to the rules, and what proofs said of it.

import { digest, statement, toHex, verifierAddresses } from "@assay/sdk";
import type { Source } from "@assay/sdk/feed";
import type { Market, Position, Snapshot } from "@assay/sdk/lending";
import { getAddressDecoder, type Address } from "@solana/kit";

import { equalBytes, isZero } from "../bytes.js";
import { chart, gauge, type Mark } from "../chart.js";
import { h, type Child } from "../dom.js";
import { history, type Entry, type ScoreProven } from "../events.js";
import { ago, amount, count, dollars, percent, short, span, time, whole } from "../format.js";
import { debtOf, hours, loan, type Loan } from "../loan.js";
import { badge, facts, hash, link, listing, note, section, single, when, who, type Page, type Tone, type View } from "../page.js";
import { all, face, LENDING_MARKET, MODEL, nameOf, one, POSITION, RECEIPT, SNAPSHOT, SOURCE, sort, type One, type Read } from "../read.js";

const addressOf = (bytes: { readonly length: number }) => getAddressDecoder().decode(bytes as Uint8Array);
const PAUSES = ["open", "reduce-only", "halted"];

export function markets(page: Page): View {
  const known = page.chain.want(all(LENDING_MARKET));
  const sorted = sort(LENDING_MARKET, known);
  return {
    title: "Lending",
    body: [
      h("h1", null, "Lending markets"),
      h("p", { class: "lead" }, "Loans against collateral, liquidated early where a model's proven score says that they will fail, and in any case by a plain rule."),
      listing(known, sorted, "market", "No lending market is here.", (items) =>
        h(
          "ul",
          { class: "rows" },
          items.map(({ address, data }) => {
            const supplied = data.cash + borrowed(data);
            return h(
              "li",
              { "data-key": address },
              h("div", { class: "name" }, link("market", address), h("div", { class: "quiet" }, h("code", null, short(data.collateralMint)), " against ", h("code", null, short(data.debtMint)))),
              h(
                "div",
                { class: "what" },
                pause(data),
                h("span", null, `${amount(supplied, data.debtDecimals)} supplied`),
                h("span", null, `${supplied === 0n ? "0" : ((Number(borrowed(data)) / Number(supplied)) * 100).toFixed(1)} % lent`),
                data.impaired > 0n && badge("bad", `${amount(data.impaired, data.debtDecimals)} impaired`),
              ),
            );
          }),
        ),
      ),
    ],
  };
}

const borrowed = ({ debtShares, borrowIndex }: Market): bigint => (debtShares * borrowIndex) >> 64n;
const pause = ({ guard }: Market): Child => badge(guard.level === 0 ? "good" : guard.level === 1 ? "warn" : "bad", PAUSES[guard.level] ?? `pause level ${guard.level}`);

type Prices = { readonly collateral: One<Source>; readonly debt: One<Source> };

function prices(page: Page, { params }: Market): Prices {
  return { collateral: one(SOURCE, page.chain, addressOf(params.collateralSource)), debt: one(SOURCE, page.chain, addressOf(params.debtSource)) };
}

function loanOf(position: Position, market: Market, { collateral, debt }: Prices): Loan | undefined {
  return collateral.state === "here" && debt.state === "here" ? loan(position, market, collateral.read.data.header.price, debt.read.data.header.price) : undefined;
}

/** How a loan stands to the rules, in a word. */
export function standing(ltvBps: number, { params }: Pick<Market, "params">): { tone: Tone; word: string } {
  if (ltvBps === 0) return { tone: "plain", word: "no debt" };
  if (ltvBps >= params.liquidationThresholdBps) return { tone: "bad", word: "open to anybody" };
  if (ltvBps >= params.earlyFloorBps) return { tone: "warn", word: "open to a proof" };
  return { tone: "good", word: "safe" };
}

const FLAGS: Record<number, [Tone, string]> = { 1: ["bad", "flagged"], 2: ["plain", "cleared"] };

export function market(page: Page, address: Address): View {
  const found = one(LENDING_MARKET, page.chain, address);
  return { title: "Lending market", body: [h("h1", null, "A lending market"), single("market", address, found, ({ data }) => books(page, address, data))] };
}

function books(page: Page, address: Address, data: Market): Child {
  const { params } = data;
  const at = prices(page, data);
  const known = page.chain.want(all(POSITION, { offset: 8, address }));
  const sorted = sort(POSITION, known);
  const loans = sorted.good.map((read) => ({ read, loan: loanOf(read.data, data, at) }));
  loans.sort((one, other) => (other.loan?.ltvBps ?? 0) - (one.loan?.ltvBps ?? 0) || (one.read.address < other.read.address ? -1 : 1));
  const model = addressOf(params.model);
  const judge = one(MODEL, page.chain, model);
  return [
    facts(
      ["market", hash(address)],
      ["state", [pause(data), data.guard.haltedUntil > 0n ? ` last halted until ${time(data.guard.haltedUntil)}` : ""]],
      ["scores by", [params.modelMode === 1 ? "the series " : "", judge.state === "here" ? link("model", model, nameOf(page.engine, judge.read.data)) : link("model", model), `; from ${score(page, judge, params.scoreThreshold)} on they open an early liquidation`]],
      ["rules", `loans up to ${percent(params.maxLtvBps, 0)}, early liquidation by proof from ${percent(params.earlyFloorBps, 0)}, by anybody from ${percent(params.liquidationThresholdBps, 0)}`],
      ["collateral price", priceWords(page, at.collateral, addressOf(params.collateralSource))],
      ["debt price", priceWords(page, at.debt, addressOf(params.debtSource))],
      ["supplied", `${amount(data.cash + borrowed(data), data.debtDecimals, 2)}, of which ${amount(data.cash, data.debtDecimals, 2)} in the vault and ${amount(borrowed(data), data.debtDecimals, 2)} lent; interest up to ${time(data.lastAccrual)}`],
      data.impaired > 0n && ["impaired", badge("bad", `${amount(data.impaired, data.debtDecimals, 2)} that no collateral pays`)],
      ["admin", who(data.admin, "nobody: renounced")],
      ["guardian", who(data.guardian)],
      ["decisions", [hash(toHex(data.decisionChain)), " chains what proofs opened"]],
    ),
    at.collateral.state === "here" && section("The collateral's price", priceChart(page, at.collateral.read.data, [])),
    section(
      "Loans",
      listing(known, sorted, "position", "Nobody has a position here.", () =>
        h(
          "ul",
          { class: "rows" },
          loans.map(({ read: { address, data: position }, loan }) => {
            const { tone, word } = standing(loan?.ltvBps ?? 0, data);
            const flag = FLAGS[position.flag.state];
            return h(
              "li",
              { "data-key": address },
              h("div", { class: "name" }, link("position", address), h("div", { class: "quiet" }, "of ", h("code", null, short(position.owner)))),
              h(
                "div",
                null,
                h(
                  "div",
                  { class: "what" },
                  loan !== undefined && badge(tone, word),
                  flag !== undefined && badge(flag[0], flag[1]),
                  h("span", null, `${amount(position.collateral, data.collateralDecimals)} pledged`),
                  h("span", null, `${amount(debtOf(position, data), data.debtDecimals, 2)} owed`),
                ),
                loan !== undefined && loan.debt > 0n && ratio(loan, data, Math.min(page.width > 700 ? page.width * 0.66 : page.width, 680)),
              ),
            );
          }),
        ),
      ),
    ),
  ];
}

function ratio({ ltvBps }: Loan, market: Pick<Market, "params">, width: number): Child {
  const { params } = market;
  const { tone } = standing(ltvBps, market);
  const marks: Mark[] = [{ at: params.earlyFloorBps, name: "proof", tone: "warn" }, { at: params.liquidationThresholdBps, name: "rule", tone: "bad" }];
  return gauge("Loan to value", width, { at: ltvBps, name: "now", tone }, marks, [0, 10_000], (bps) => percent(bps, bps % 100 === 0 ? 0 : 2));
}

function priceWords(page: Page, found: One<Source>, address: Address): Child {
  if (found.state !== "here") {
    return found.state === "failed" ? h("span", { class: "bad" }, found.why) : found.state === "missing" ? h("span", { class: "bad" }, "its account is gone") : "asking …";
  }
  const { header } = found.read.data;
  const age = page.now - header.publishTime;
  return [link("source", address, dollars(header.price)), ` ± ${dollars(header.confidence)}`, page.now === 0n ? "" : h("span", { class: age > 60n ? "warn" : "quiet" }, ` · ${age > 60n ? "old: " : ""}published ${ago(header.publishTime, page.now)}`)];
}

/** Final hours, and the price of now; levels that matter. */
export function priceChart(page: Page, source: Source, rules: { y: number; name: string; tone: string }[]): Child {
  const points = hours(source);
  const { price, publishTime } = source.header;
  if (price > 0n && Number(publishTime) > (points.at(-1)?.x ?? 0)) {
    points.push({ x: Number(publishTime), y: Number(price) / 1e8 });
  }
  return chart({
    label: "Price of the collateral in US dollars, final hours and the last price",
    width: page.width,
    series: [{ name: "price", points }],
    rules,
    x: (value) => time(value).slice(5, 16),
    y: (value) => `$${value.toFixed(value >= 1_000 ? 0 : 2)}`,
  });
}

/** A score in the model's own units. */
function score(_page: Page, judge: One<any>, integer: number): string {
  const scale = scaleOf(_page, judge);
  return scale === undefined ? `${integer} (integer)` : (integer / 2 ** scale).toFixed(2).replace("-", "−");
}

function scaleOf(page: Page, judge: One<any>): number | undefined {
  if (judge.state !== "here") return undefined;
  const shown = face(page.engine, judge.read.data);
  const output = "schema" in shown ? shown.schema.outputs[0] : undefined;
  return typeof output?.scales === "number" ? output.scales : undefined;
}

export function position(page: Page, address: Address): View {
  const found = one(POSITION, page.chain, address);
  return {
    title: "Position",
    body: [
      h("h1", null, "A position"),
      single("position", address, found, (read) => single("market", read.data.market, one(LENDING_MARKET, page.chain, read.data.market), ({ data }) => health(page, read, data))),
    ],
  };
}

function health(page: Page, { address, data, slot }: Read<Position>, market: Market): Child {
  const { params } = market;
  const at = prices(page, market);
  const now = loanOf(data, market, at);
  const { tone, word } = standing(now?.ltvBps ?? 0, market);
  const flag = FLAGS[data.flag.state];
  return [
    h("p", { class: "word" }, now !== undefined && badge(tone, word), flag !== undefined && badge(flag[0], flag[1]), now !== undefined && now.debt > 0n ? ` at ${percent(now.ltvBps)} loan to value` : " without a debt"),
    now !== undefined && now.debt > 0n && ratio(now, market, page.width),
    facts(
      ["position", hash(address)],
      ["owner", hash(data.owner)],
      ["market", link("market", data.market)],
      ["collateral", [amount(data.collateral, market.collateralDecimals), now === undefined ? "" : ` · $${whole(Math.round(now.collateralWorth))} at `, now !== undefined && priceWords(page, at.collateral, addressOf(params.collateralSource))]],
      ["debt", `${amount(debtOf(data, market), market.debtDecimals, 2)}, with interest up to ${time(market.lastAccrual)}`],
      now !== undefined && now.debt > 0n && data.collateral > 0n && ["falls open", `by proof at $${now.priceAt(params.earlyFloorBps).toFixed(2)}, to anybody at $${now.priceAt(params.liquidationThresholdBps).toFixed(2)}`],
      data.flag.state !== 0 && ["flag", [flag?.[1] ?? `unknown state ${data.flag.state}`, " since ", when(page, data.flag.since), `; evidence of minute ${time(data.flag.epoch * 60)}`]],
      data.budget.windowStart > 0n && ["early budget", `${amount(data.budget.repaid, market.debtDecimals, 2)} repaid early, of at most ${percent(params.earlyCloseFactorBps, 0)} of ${amount(data.budget.baseDebt, market.debtDecimals, 2)} in the window of ${span(params.earlyWindow)} from ${time(data.budget.windowStart)}`],
      data.impaired > 0n && ["impaired", badge("bad", `${amount(data.impaired, market.debtDecimals, 2)} that no collateral pays`)],
    ),
    at.collateral.state === "here" &&
      section(
        "Where the price would open it",
        priceChart(page, at.collateral.read.data, now === undefined || now.debt === 0n || data.collateral === 0n ? [] : [
          { y: now.priceAt(params.earlyFloorBps), name: "by proof below", tone: "warn" },
          { y: now.priceAt(params.liquidationThresholdBps), name: "to anybody below", tone: "bad" },
        ]),
      ),
    section("What proofs said of it", decisions(page, address, slot, market)),
  ];
}

function decisions(page: Page, address: Address, slot: bigint, market: Market): Child {
  const { state, why, entries, isCut } = history(page.engine, page.chain, address, slot, page.redraw);
  const model = addressOf(market.params.model);
  const judge = one(MODEL, page.chain, model);
  const scale = scaleOf(page, judge);
  const snapshots = sort(SNAPSHOT, page.chain.want(all(SNAPSHOT, { offset: 40, address })));
  const scored = entries.flatMap((entry) => entry.said.filter((one): one is ScoreProven => one.kind === "score").map((said) => ({ entry, said })));
  return [
    state === "failed" && note("warn", `Its transactions could not be had: ${why}.`),
    state === "asking" && h("p", { class: "quiet" }, "Asking for its transactions …"),
    state === "here" && entries.length === 0 && h("p", { class: "empty" }, "Nothing yet, as far as the server remembers."),
    scored.length > 0 &&
      scale !== undefined &&
      chart({
        label: "Proven scores against the threshold",
        width: page.width,
        height: 160,
        series: [{ name: "proven score", look: "dots", points: scored.map(({ entry, said }) => ({ x: Number(entry.time ?? said.epoch * 60), y: said.score / 2 ** scale })) }],
        rules: [{ y: market.params.scoreThreshold / 2 ** scale, name: "threshold", tone: "warn" }],
        x: (value) => time(value).slice(5, 16),
        y: (value) => value.toFixed(1).replace("-", "−"),
      }),
    h("ul", { class: "rows", id: "decisions" }, entries.map((entry) => decision(page, entry, market, model, judge, snapshots.good.map(({ data }) => data)))),
    isCut && note("warn", "Cut off: older transactions are not looked up."),
  ];
}

function decision(page: Page, { signature, slot, time: at, said }: Entry, market: Market, model: Address, judge: One<any>, snapshots: readonly Snapshot[]): Child {
  return h(
    "li",
    { "data-key": signature },
    h("div", { class: "name" }, at === null ? `slot ${whole(slot)}` : time(at), h("div", { class: "quiet" }, "transaction ", h("code", null, short(signature)))),
    h(
      "div",
      null,
      said.map((one) =>
        one.kind === "liquidated"
          ? h("p", null, `${amount(one.repaid, market.debtDecimals, 2)} repaid for ${amount(one.seized, market.collateralDecimals)} of collateral, at a bonus of ${percent(one.bonusBps)} and ${percent(one.ltvBps)} loan to value`, one.badDebt > 0n ? `; ${amount(one.badDebt, market.debtDecimals, 2)} lost` : "", h("span", { class: "quiet" }, " · by ", h("code", null, short(one.liquidator))))
          : [
              h("p", null, badge(one.score >= market.params.scoreThreshold ? "bad" : "good", `score ${score(page, judge, one.score)}`), one.score >= market.params.scoreThreshold ? " at or above the threshold" : " below the threshold", `, proven for minute ${time(one.epoch * 60)}`),
              one.model === model && recomputed(page, one, judge, snapshots),
            ],
      ),
    ),
  );
}

const receipts = new Map<string, Address | null>();

/** Whether the receipt is of this score for the snapshot's features: the digest is computed again. */
function recomputed(page: Page, said: ScoreProven, judge: One<any>, snapshots: readonly Snapshot[]): Child {
  const key = `${said.model}/${toHex(said.digest)}`;
  const address = receipts.get(key);
  if (address === undefined) {
    receipts.set(key, null);
    void verifierAddresses.receipt(said.model, said.digest).then(([address]) => (receipts.set(key, address), page.redraw()));
  }
  if (address == null || judge.state !== "here") return null;
  const receipt = one(RECEIPT, page.chain, address);
  const shown = face(page.engine, judge.read.data);
  if (receipt.state !== "here") {
    return h("p", { class: "quiet" }, receipt.state === "asking" ? "asking for its receipt …" : "Its receipt is not here any more.");
  }
  const snapshot = snapshots.find(({ epoch, revision }) => epoch === said.epoch && revision === said.revision);
  const to = link("receipt", address, "its receipt");
  if (snapshot === undefined || !("schema" in shown) || isZero(said.digest)) {
    return h("p", { class: "quiet" }, to, " is there; the snapshot with its inputs was closed, so its digest is not computed again");
  }
  try {
    const made = statement(page.engine, shown.schema, receipt.read.data.context as Uint8Array, [snapshot.features], [[said.score]]);
    const isSame = equalBytes(digest(page.engine, made), said.digest);
    return isSame
      ? h("p", { class: "good" }, "Computed here: ", to, ` is of this score for the snapshot's ${count(snapshot.features.length, "input")}`)
      : h("p", { class: "bad" }, "Computed here, ", to, " is of another score or other inputs: the server lies");
  } catch (error) {
    return h("p", { class: "quiet" }, to, `: ${error instanceof Error ? error.message : String(error)}`);
  }
}
