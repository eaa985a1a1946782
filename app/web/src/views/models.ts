// The registry: models, one model and its life, one receipt.

import { toHex } from "@assay/sdk";
import type { Model, Receipt } from "@assay/sdk/verifier";
import type { Address } from "@solana/kit";

import { audit } from "../audit.js";
import { isZero } from "../bytes.js";
import { chart } from "../chart.js";
import { h, type Child } from "../dom.js";
import { ago, count, short, span, time, whole } from "../format.js";
import { badge, facts, hash, link, listing, NOBODY, note, section, single, when, who, type Page, type View } from "../page.js";
import { all, face, MODEL, nameOf, one, RECEIPT, sort, type Read } from "../read.js";

/** Seconds within which a proposal can be taken up once it is ripe, and for which a receipt stays. */
const WINDOW = 14n * 86_400n;
const RECEIPT_STAYS = 7n * 86_400n;

export function models(page: Page): View {
  const known = page.chain.want(all(MODEL));
  const sorted = sort(MODEL, known);
  sorted.good.sort((one, other) => Number(other.data.accepted - one.data.accepted) || (one.address < other.address ? -1 : 1));
  return {
    title: "Models",
    body: [
      h("h1", null, "Models"),
      h("p", { class: "lead" }, "What is registered with the verifier program. A model's address holds what it is: change its key, its schema or the word on how its key was made, and it is another model."),
      listing(known, sorted, "model", ["No model is registered here. ", h("code", null, "assay model register"), " registers one."], (items) =>
        h("ul", { class: "rows" }, items.map((item) => row(page, item))),
      ),
    ],
  };
}

function row(page: Page, { address, data }: Read<Model>): Child {
  return h(
    "li",
    { "data-key": address },
    h("div", { class: "name" }, link("model", address, nameOf(page.engine, data)), h("div", { class: "quiet" }, h("code", null, short(address)))),
    h(
      "div",
      { class: "what" },
      status(page, data),
      setup(data),
      h("span", null, count(data.accepted, "statement"), " recorded"),
      data.accepted > 0n && page.now > 0n && h("span", { class: "quiet" }, `last ${ago(data.lastAcceptedAt, page.now)}`),
      h("span", { class: "quiet" }, data.authority === NOBODY ? "nobody can stop it" : ["authority ", h("code", null, short(data.authority))]),
    ),
  );
}

function status({ now }: Page, { status, activatesAt }: Model): Child {
  switch (status) {
    case 0:
      return now > activatesAt + WINDOW ? badge("bad", "lapsed") : badge("warn", "proposed");
    case 1:
      return badge("good", "active");
    case 2:
      return badge("bad", "suspended");
    case 3:
      return badge("bad", "retired");
    default:
      return badge("bad", `unknown state ${status}`);
  }
}

const setup = ({ setup }: Pick<Model, "setup">): Child => (setup === 0 ? badge("warn", "development key") : setup === 1 ? badge("plain", "ceremony") : badge("bad", `unknown setup ${setup}`));

export function model(page: Page, address: Address): View {
  const found = one(MODEL, page.chain, address);
  const name = found.state === "here" ? nameOf(page.engine, found.read.data) : "Model";
  return { title: name, body: [h("h1", null, name), single("model", address, found, (read) => life(page, read))] };
}

function life(page: Page, { address, data }: Read<Model>): Child {
  const { engine, chain, now } = page;
  const shown = face(engine, data);
  const known = chain.want(all(RECEIPT, { offset: 32, address }));
  const sorted = sort(RECEIPT, known);
  sorted.good.sort((one, other) => Number(other.data.index - one.data.index));
  return [
    "schema" in shown && !shown.isItself && note("bad", "The account does not hold what its address promises: key, schema and setup hash to another id. The server lies."),
    facts(
      ["address", hash(address)],
      ["state", [status(page, data), " ", words(page, data)]],
      ["registered", when(page, data.registeredAt)],
      ["timelock", `${span(data.timelock)} from a proposal to its effect`],
      ["authority", data.authority === NOBODY ? "nobody: it was renounced, so the model stays as it is for good" : hash(data.authority)],
      data.offerExpiresAt > 0n && ["offered to", [hash(data.pendingAuthority), `, until ${time(data.offerExpiresAt)}`]],
      ["guardian", data.guardian === NOBODY ? "nobody" : [hash(data.guardian), ", who may stop it and do nothing else"]],
      data.guardianFrom > 0n && ["next guardian", [who(data.pendingGuardian), `, from ${time(data.guardianFrom)}`]],
      ["registrar", hash(data.registrar)],
    ),
    section(
      "Key and setup",
      facts(
        ["setup", [setup(data), data.setup === 0 ? " whoever made the key can prove anything" : " nobody can forge as long as one participant forgot his secret"]],
        ["transcript", isZero(data.transcriptHash) ? "none: there was no ceremony" : [hash(toHex(data.transcriptHash)), " is the SHA-256 of the ceremony's transcript"]],
        ["key", [data.keyForm === 0 ? "plain" : "with a commitment", ", SHA-256 ", hash(toHex(data.keyHash))]],
        ["id", [hash(toHex(data.id)), "schema" in shown && shown.isItself ? h("span", { class: "good" }, " · computed here from setup, transcript, key and schema: it is the account's") : ""]],
        ["domain tag", hash(toHex(data.domain))],
      ),
    ),
    section(
      "Inputs and outputs",
      "why" in shown
        ? note("bad", `The schema cannot be read: ${shown.why}.`)
        : facts(
            ...[...shown.schema.inputs.map((tensor) => ["input", tensor] as const), ...shown.schema.outputs.map((tensor) => ["output", tensor] as const)].map(([side, tensor]) => {
              const scales = tensor.scales === "float32" ? "float32 numbers" : typeof tensor.scales === "number" ? `integer q stands for q / 2^${tensor.scales}` : `scales along axis ${tensor.scales.axis}`;
              const visibility = tensor.visibility === "public" ? "shown" : tensor.visibility === "committed" ? "hidden behind a commitment" : `a member of a tree of depth ${tensor.visibility.memberDepth}`;
              return [side, [h("b", null, tensor.name), ` [${tensor.shape.join(", ")}], ${tensor.bits} bits, ${scales}; ${visibility}`]] as const;
            }),
            ["statement", `${count(data.limbCount, "limb")}`],
          ),
    ),
    section(
      "Statements",
      facts(
        ["recorded", `${whole(data.accepted)}${data.accepted > 0n ? `, the last ${now === 0n ? time(data.lastAcceptedAt) : ago(data.lastAcceptedAt, now)}` : ""}`],
        ["audit chain", [hash(toHex(data.auditChain)), h("div", { id: "audit" }, known.state === "here" ? chainWords(page, data, sorted.good.map(({ data }) => data)) : h("span", { class: "quiet" }, "asking for the receipts …"))]],
      ),
      sorted.good.length > 1 &&
        chart({
          label: "Statements recorded over time",
          width: page.width,
          height: 150,
          series: [{ name: "recorded", look: "steps", points: [...sorted.good].reverse().map(({ data }) => ({ x: Number(data.recordedAt), y: Number(data.index) + 1 })) }],
          x: (value) => time(value).slice(0, 16),
          y: (value) => (Number.isInteger(value) ? whole(value) : ""),
        }),
      listing(known, sorted, "receipt", "No receipt is here: nothing was recorded, or the receipts were closed, a week after they were written at the earliest.", (items) =>
        h(
          "ul",
          { class: "rows" },
          items.map(({ address, data }) =>
            h(
              "li",
              { "data-key": address },
              h("div", { class: "name" }, link("receipt", address, `No. ${data.index}`)),
              h("div", { class: "what" }, h("code", null, short(toHex(data.digest))), h("span", null, time(data.recordedAt)), h("span", { class: "quiet" }, isZero(data.context) ? "no context" : ["context ", h("code", null, short(toHex(data.context)))])),
            ),
          ),
        ),
      ),
    ),
  ];
}

function words({ now }: Page, data: Model): string {
  switch (data.status) {
    case 0:
      return now === 0n ? `from ${time(data.activatesAt)} on its authority may activate it` : now < data.activatesAt ? `its authority may activate it ${ago(data.activatesAt, now)}, from ${time(data.activatesAt)} on` : now <= data.activatesAt + WINDOW ? `its authority may activate it now, until ${time(data.activatesAt + WINDOW)}` : "nobody activated it in time: its authority may propose it anew";
    case 1:
      return "programs accept its proofs";
    case 2:
      return "it was stopped: no proof of it is accepted until its authority proposes it anew and a timelock has passed";
    default:
      return `for good, ${time(data.retiredAt)}`;
  }
}

function chainWords({ engine }: Page, data: Model, receipts: readonly Receipt[]): Child {
  const found = audit(engine, data, receipts);
  switch (found.is) {
    case "whole":
      return h("span", { class: "good" }, found.links === 0 ? "computed here: it is the chain's beginning, nothing was recorded" : `computed here from ${count(found.links, "receipt")}, first to last: it is the account's`);
    case "partial":
      return h("span", { class: "quiet" }, `not computed: ${count(found.here, "receipt")} of ${whole(found.of)} ${found.here === 1 ? "is" : "are"} here; the others were closed, or are still on their way`);
    case "broken":
      return h("span", { class: "bad" }, "computed here from all receipts, it is another: ", hash(found.computed), ". The server leaves something out, or lies");
  }
}

export function receipt(page: Page, address: Address): View {
  const found = one(RECEIPT, page.chain, address);
  return {
    title: "Receipt",
    body: [
      h("h1", null, "A receipt"),
      h("p", { class: "lead" }, "The verifier program checked a proof of this statement, once. Whoever can prove a statement can have it recorded: a receipt says that it is proven, not that anybody acted on it."),
      single("receipt", address, found, ({ data }) => {
        const owner = one(MODEL, page.chain, data.model);
        return facts(
          ["receipt", hash(address)],
          ["model", owner.state === "here" ? link("model", data.model, nameOf(page.engine, owner.read.data)) : link("model", data.model)],
          ["digest", hash(toHex(data.digest))],
          ["context", isZero(data.context) ? "zero: it is bound to nothing" : hash(toHex(data.context))],
          ["recorded", [when(page, data.recordedAt), `, in slot ${whole(data.slot)}, as the model's number ${data.index}`]],
          ["setup", data.setup === 0 ? badge("warn", "development key") : badge("plain", "ceremony")],
          ["paid by", [hash(data.payer), `, who may close it from ${time(data.recordedAt + RECEIPT_STAYS)}`]],
          ["address", h("span", { class: "good" }, "computed here from model and digest: it is this one")],
        );
      }),
    ],
  };
}
