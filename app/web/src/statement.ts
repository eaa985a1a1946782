// What a statement shows and binds, in words.

import type { Content, Verified } from "@assay/sdk";

import { isZero } from "./bytes.js";
import { h, type Child } from "./dom.js";
import { hexOf, type Judge } from "./evidence.js";
import { count, real } from "./format.js";
import { facts, hash, link } from "./page.js";

/** The inputs of the lending program's models, which no schema has the names of. */
export const LENDING_FEATURES = [
  "ltv", "threshold_distance", "drop_to_liquidation", "volatility_24h", "volatility_6h", "downside_volatility_24h", "drawdown_24h", "run_up_24h",
  "return_1h", "return_6h", "return_24h", "worst_hour_24h", "confidence", "ema_gap", "utilization", "buffer_in_volatilities",
];

/** Values of a tensor; the elements' names, where somebody knows them. */
export function values(content: Content & { kind: "values" }, names?: readonly string[]): Child {
  const { tensor, integers, numbers } = content;
  const named = names?.length === integers.length ? names : undefined;
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": `Values of ${tensor.name}` },
    h(
      "table",
      { class: "values" },
      h("thead", null, h("tr", null, ["Element", "Value", "Integer"].map((name) => h("th", { scope: "col" }, name)))),
      h(
        "tbody",
        null,
        integers.slice(0, 512).map((integer, index) =>
          h("tr", null, h("th", { scope: "row" }, named?.[index] ?? (integers.length === 1 ? tensor.name : `${tensor.name} ${place(tensor.shape, index)}`)), h("td", null, real(numbers[index]!)), h("td", { class: "quiet" }, real(integer))),
        ),
      ),
    ),
    integers.length > 512 && h("p", { class: "quiet" }, `and ${count(integers.length - 512, "more element")}`),
  );
}

/** Row-major position, without the leading dimensions of one. */
function place(shape: readonly number[], index: number): string {
  const kept = shape.slice(shape.findIndex((size) => size > 1));
  const parts: number[] = [];
  for (const size of [...kept].reverse()) {
    parts.unshift(index % size);
    index = Math.floor(index / size);
  }
  return `[${parts.join(", ")}]`;
}

/** Every input and output. */
export function tensors({ statement, tensors }: Pick<Verified, "statement" | "tensors">, inputs: number, names?: readonly string[]): Child {
  if (tensors === undefined) {
    return [
      h("p", null, `The key says nothing of the model's inputs and outputs, so the statement is shown as its ${count(statement.limbs.length, "limb")}. With the model's account it would be decoded.`),
      h("ol", { class: "limbs", start: 0 }, statement.limbs.map((limb) => h("li", null, hash(hexOf(limb))))),
    ];
  }
  return tensors.map((content, index) =>
    h(
      "section",
      { class: "tensor" },
      h("h3", null, index < inputs ? "Input " : "Output ", h("b", null, content.tensor.name), h("span", { class: "quiet" }, ` [${content.tensor.shape.join(", ")}], ${content.tensor.bits} bits`)),
      content.kind === "values"
        ? values(content, index < inputs ? names : undefined)
        : content.kind === "commitment"
          ? [h("p", null, "Not shown: the statement has a salted commitment in its place. Whoever has the salt and the values can show later that it is of them."), facts(["commitment", hash(hexOf(content.commitment))])]
          : [
              h("p", null, "Not shown: a commitment to it is in a leaf of a tree, and its owner is known by the nullifier only."),
              facts(["tree's root", hash(hexOf(content.claim.root))], ["scope", hash(hexOf(content.claim.scope))], ["nullifier", hash(hexOf(content.claim.nullifier))]),
            ],
    ),
  );
}

/** What a valid proof says, and what it does not. */
export function meaning({ statement, tensors, setup, digest }: Verified, { name, model, schema, verifier }: Judge): Child {
  const hidden = tensors?.filter(({ kind }) => kind !== "values").length ?? 0;
  return [
    h(
      "p",
      { class: "lead" },
      "Whoever made this proof ran the circuit of ",
      model === undefined ? h("b", null, schema?.name ?? "this key") : link("model", model, name),
      tensors === undefined ? " on this statement." : hidden > 0 ? ` on the inputs below, ${count(hidden, "of them is", "of them are")} known to him alone, and got the outputs below.` : " on the inputs below and got the outputs below.",
    ),
    facts(
      model !== undefined && ["registered at", [hash(model), ". Anybody may register a model of this name with a key of his own: compare the address with the one that you rely on"]],
      ["model", ["the domain tag ", hash(hexOf(statement.domain)), tensors === undefined ? " stands for a schema that is not known here" : ` is the hash of the schema: names, shapes, bits and scales of ${name}`]],
      ["context", isZero(statement.context) ? "zero: the proof says nothing about where it may be used, and anybody may show it anywhere" : [hash(hexOf(statement.context)), " is what it was made for. A program that asks for another context does not take it"]],
      ["digest", [hash(hexOf(digest)), " is the proof's one public input. It stands for all of the statement: change one bit, and the proof is none"]],
      ["key", [hash(hexOf(verifier.engine.sha256(verifier.key))), model === undefined ? ". That it is of the model is the word of whoever gave the file" : ". That it is of the model is its registrar's word, and its attestors', where it has any"]],
      [
        "setup",
        setup === "development"
          ? h("strong", null, "a development key: whoever made the key can prove anything. Do not rely on it")
          : "a ceremony: nobody can forge as long as one of its participants forgot his secret",
      ],
    ),
  ];
}

