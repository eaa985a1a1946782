// Drop or paste a proof; see it verified here.

import { AssayError, type KeyFile } from "@assay/sdk";
import { ASSAY_VERIFIER_PROGRAM_ADDRESS } from "@assay/sdk/verifier";
import { isAddress } from "@solana/kit";

import { h, type Child } from "../dom.js";
import { candidates, hexOf, judge, judgeOfFile, judgeOfModel, MOST_BYTES, readEvidence, type Evidence, type Judge, type Verdict } from "../evidence.js";
import { count } from "../format.js";
import { badge, facts, hash, link, note, section, type Page, type View } from "../page.js";
import { all, face, MODEL, one, sort } from "../read.js";
import { LENDING_FEATURES, meaning, tensors } from "../statement.js";

/** Most models that a proof is tried with: each takes some milliseconds, and anybody may register more. */
const MOST_JUDGES = 64;

type Proof = Extract<Evidence, { kind: "proof" }>["proof"];

/** What was given so far. It stays while one looks at other views, and is gone with the page. */
const given: { proof?: { name: string; content: Proof }; key?: { name: string; content: KeyFile; bytes: Uint8Array }; model: string; wrong?: string; over: boolean } = { model: "", over: false };

export function proof(page: Page): View {
  return {
    title: "Verify a proof",
    body: [
      h("h1", null, "Is this a proof, and of what?"),
      h("p", { class: "lead" }, "Drop a proof: it is verified here, in your browser, by the code that the chain runs. Nothing of it is sent anywhere."),
      form(page),
      given.wrong !== undefined && h("div", { role: "alert" }, note("bad", given.wrong)),
      (given.proof !== undefined || given.key !== undefined) && stock(page),
      given.proof !== undefined && h("div", { role: "status", id: "verdict" }, verdicts(page, given.proof.content)),
    ],
  };
}

function form(page: Page): Child {
  const take = async (files: Iterable<File>) => {
    delete given.wrong;
    given.over = false;
    for (const file of files) {
      try {
        if (file.size > MOST_BYTES) {
          throw new AssayError(`it has ${count(file.size, "byte")}: no proof and no verifying key is that long`);
        }
        keep(file.name, readEvidence(page.engine, new Uint8Array(await file.arrayBuffer())));
      } catch (error) {
        given.wrong = `${file.name}: ${words(error)}`;
      }
    }
    page.redraw();
  };
  const paste = (event: SubmitEvent) => {
    event.preventDefault();
    delete given.wrong;
    const area = (event.target as HTMLFormElement).elements.namedItem("text") as HTMLTextAreaElement;
    try {
      keep("what was pasted", readEvidence(page.engine, new TextEncoder().encode(area.value)));
      area.value = "";
    } catch (error) {
      given.wrong = `What was pasted: ${words(error)}`;
    }
    page.redraw();
  };
  const over = (is: boolean) => (event: DragEvent) => {
    event.preventDefault();
    if (given.over !== is) {
      given.over = is;
      page.redraw();
    }
  };
  return h(
    "div",
    { class: "intake" },
    h(
      "div",
      {
        class: given.over ? "drop over" : "drop",
        dragover: over(true),
        dragleave: over(false),
        drop: (event: DragEvent) => {
          event.preventDefault();
          void take(event.dataTransfer?.files ?? []);
        },
      },
      h("label", { for: "files" }, "Drop a ", h("code", null, ".proof"), " file here, and the ", h("code", null, ".vk"), " of its model if you have it; or choose them"),
      h("input", { id: "files", type: "file", multiple: true, change: (event: Event) => void take((event.target as HTMLInputElement).files ?? []) }),
    ),
    h(
      "form",
      { submit: paste },
      h("label", { for: "text" }, "Or paste one: what ", h("code", null, "assay inspect --json"), " prints, or the file's bytes in hexadecimal or base64"),
      h("textarea", { id: "text", name: "text", rows: 4, spellcheck: "false", autocomplete: "off" }),
      h("button", { type: "submit" }, "Take it"),
    ),
  );
}

function keep(name: string, evidence: Evidence): void {
  if (evidence.kind === "proof") {
    given.proof = { name, content: evidence.proof };
  } else {
    given.key = { name, content: evidence.key, bytes: evidence.bytes };
  }
}

/** What there is to judge by, and how to take it away again. */
function stock(page: Page): Child {
  const drop = (name: "proof" | "key") => () => {
    delete given[name];
    page.redraw();
  };
  const remove = (name: "proof" | "key") => h("button", { class: "small", click: drop(name) }, `take the ${name} away`);
  const choose = (event: SubmitEvent) => {
    event.preventDefault();
    given.model = ((event.target as HTMLFormElement).elements.namedItem("model") as HTMLInputElement).value.trim();
    page.redraw();
  };
  return facts(
    ["proof", given.proof === undefined ? "none yet" : [given.proof.name, " ", remove("proof")]],
    ["key", given.key === undefined ? "none given: the models of the cluster are tried" : [given.key.name, " ", remove("key")]],
    [
      h("label", { for: "model" }, "model"),
      h("form", { class: "inline", submit: choose }, h("input", { id: "model", name: "model", value: given.model, placeholder: "address of a registered model, if it is to be this one", spellcheck: "false", autocomplete: "off" }), h("button", { type: "submit" }, "Judge by it")),
    ],
  );
}

function verdicts(page: Page, content: Proof): Child {
  if (given.model !== "") {
    if (!isAddress(given.model)) {
      return note("bad", `“${given.model.slice(0, 60)}” is no address: one has 32 bytes in base58, such as ${ASSAY_VERIFIER_PROGRAM_ADDRESS}.`);
    }
    const found = one(MODEL, page.chain, given.model);
    switch (found.state) {
      case "asking":
        return note("plain", page.chain.refusal === undefined ? "Asking for the model …" : `The model cannot be asked for: ${page.chain.refusal}. Give its .vk file instead.`);
      case "missing":
        return note("bad", `There is no account at ${given.model}: it was closed, is of another cluster, or never was.`);
      case "failed":
        return note("bad", `No model is at ${given.model}: ${found.why}.`);
      case "here":
        return attempt(content, () => judgeOfModel(page.engine, ASSAY_VERIFIER_PROGRAM_ADDRESS, found.read));
    }
  }
  const known = page.chain.want(all(MODEL));
  const models = candidates(sort(MODEL, known).good, content.statement);
  if (given.key !== undefined) {
    const { name, bytes } = given.key;
    // Whose the schema is, the domain tag says; that the key is the registered one, or not, is told.
    const shown = models.map(({ data }) => face(page.engine, data)).find((found) => "schema" in found);
    return attempt(content, () => judgeOfFile(page.engine, name, bytes, shown !== undefined && "schema" in shown ? shown.schema : undefined));
  }
  if (models.length === 0) {
    const domain = [" The proof's domain tag is ", hash(hexOf(content.statement.domain)), "."];
    if (known.state === "asking" && page.chain.refusal === undefined) {
      return note("plain", "Asking the cluster for its models …");
    }
    const why = page.chain.refusal ?? (known.state === "failed" ? known.error : undefined);
    return note("warn", why === undefined ? "No model of this cluster has statements like this one: give the model's .vk file, or another server." : `A proof is judged by a key, and the cluster's models could not be had: ${why}. Give the model's .vk file.`, domain);
  }
  const judged = models.slice(0, MOST_JUDGES).map((model) => {
    try {
      return judge(judgeOfModel(page.engine, ASSAY_VERIFIER_PROGRAM_ADDRESS, model), content);
    } catch {
      return undefined;
    }
  });
  const valid = judged.find((verdict) => verdict?.valid === true);
  const shown = valid !== undefined ? show(valid, content) : judged.slice(0, 3).map((verdict) => verdict !== undefined && show(verdict, content));
  const others = models.length - 1;
  return [
    shown,
    valid === undefined && judged.length > 3 && note("bad", `${count(judged.length - 3, "more model")} of such statements refuse it, too.`),
    valid !== undefined && others > 0 && note("plain", `${count(others, "other model")} of this cluster ${others === 1 ? "has" : "have"} such statements.`),
    models.length > MOST_JUDGES && note("warn", `Cut off: ${count(models.length - MOST_JUDGES, "more model")} of such statements were not tried. Name the one that you rely on.`),
  ];
}

function attempt(content: Proof, by: () => Judge): Child {
  try {
    return show(judge(by(), content), content);
  } catch (error) {
    return note("bad", `Nothing can be judged by this: ${words(error)}.`);
  }
}

function show(verdict: Verdict, content: Proof): Child {
  const { judge } = verdict;
  const by = judge.model === undefined ? judge.name : link("model", judge.model, judge.name);
  if (!verdict.valid) {
    return h(
      "div",
      { class: "verdict bad" },
      h("p", { class: "word" }, badge("bad", "refused"), " by ", by),
      h("p", { class: "lead" }, `${verdict.why[0]?.toUpperCase()}${verdict.why.slice(1)}.`),
      facts(["context", hash(hexOf(content.statement.context))], ["domain tag", hash(hexOf(content.statement.domain))]),
    );
  }
  const { verified } = verdict;
  const names = judge.schema?.inputs.length === 1 && judge.schema.name === "liquidation-risk" ? LENDING_FEATURES : undefined;
  return [
    h("div", { class: "verdict good" }, h("p", { class: "word" }, badge("good", "valid"), " under ", by, h("span", { class: "quiet" }, `, in ${verdict.milliseconds.toFixed(0)} ms`)), meaning(verified, judge)),
    section("The statement", tensors(verified, judge.schema?.inputs.length ?? 0, names)),
  ];
}

const words = (error: unknown) => (error instanceof Error ? error.message : String(error));
