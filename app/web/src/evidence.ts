// What a person drops or pastes: proofs and verifying keys, as files, as their bytes in text, or as JSON; and what a proof proves. Nothing here
// leaves the browser.

import {
  AssayError,
  decodeKey,
  decodeProof,
  fromHex,
  isElement,
  ProofVerifier,
  toHex,
  type Bytes,
  type Engine,
  type KeyFile,
  type ProofFile,
  type Schema,
  type Statement,
  type Verified,
} from "@assay/sdk";
import type { Model } from "@assay/sdk/verifier";
import type { Address } from "@solana/kit";

import { equalBytes, ofText } from "./bytes.js";
import { face, type Read } from "./read.js";

export type Evidence =
  | { readonly kind: "proof"; readonly proof: Omit<ProofFile, "key"> & { readonly key: Bytes | undefined } }
  | { readonly kind: "key"; readonly key: KeyFile; readonly bytes: Uint8Array };

/** No proof, no key and no text of one is longer. */
export const MOST_BYTES = 4 * 1024 * 1024;

/** A file's bytes, or a text's, as what they are. */
export function readEvidence(engine: Engine, content: Uint8Array): Evidence {
  if (content.length === 0) {
    throw new AssayError("it is empty");
  }
  if (content.length > MOST_BYTES) {
    throw new AssayError(`it has ${content.length} bytes: no proof and no verifying key is that long`);
  }
  if (startsAsFile(content)) {
    return ofFile(engine, content);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(content).trim();
  } catch {
    throw new AssayError("it is no file of Assay's, and no text: drop a .proof or a .vk file");
  }
  if (text.startsWith("{") || text.startsWith("[")) {
    return ofJson(text);
  }
  const bytes = ofText(text);
  if (bytes !== undefined && startsAsFile(bytes)) {
    return ofFile(engine, bytes);
  }
  throw new AssayError("it is neither JSON nor the bytes of a .proof or .vk file in hexadecimal or base64");
}

const startsAsFile = (bytes: Uint8Array) => new TextDecoder().decode(bytes.slice(0, 5)) === "ASSAY";

function ofFile(engine: Engine, bytes: Uint8Array): Evidence {
  if (bytes[5] === 3) {
    return { kind: "key", key: decodeKey(engine, bytes), bytes };
  }
  return { kind: "proof", proof: decodeProof(engine, bytes) };
}

/** What `assay inspect --json` prints of a proof, or an object with the same fields. */
function ofJson(text: string): Evidence {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new AssayError(`it begins as JSON and is none: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new AssayError("the JSON is no object with the fields domain, context, limbs and proof");
  }
  const fields = json as Record<string, unknown>;
  if ("pi_a" in fields || "protocol" in fields) {
    throw new AssayError("this is a proof of snarkjs; snarkjs verifies it, and this page the proofs that `assay prove` makes");
  }
  const missing = ["domain", "context", "limbs", "proof"].filter((name) => !(name in fields));
  if (missing.length > 0) {
    const hint = "outputs" in fields ? ": this is what `assay prove --json` prints, which has no proof in it" : "";
    throw new AssayError(`the JSON has no ${missing.join(", no ")}${hint}. Drop the .proof file, or paste what \`assay inspect --json\` prints of it`);
  }
  const hex = (name: string, value: unknown, lengths: readonly number[]) => {
    const plain = typeof value === "string" ? value.replace(/^0x/, "").toLowerCase() : "";
    if (!/^(?:[0-9a-f]{2})*$/.test(plain) || !lengths.includes(plain.length / 2)) {
      throw new AssayError(`the JSON's ${name} is not ${lengths.join(" or ")} bytes in hexadecimal`);
    }
    return fromHex(plain);
  };
  const element = (name: string, value: unknown) => {
    const bytes = hex(name, value, [32]);
    if (!isElement(bytes)) {
      throw new AssayError(`the JSON's ${name} is not below the order of the field`);
    }
    return bytes;
  };
  if (!Array.isArray(fields["limbs"]) || fields["limbs"].length > 1 << 16) {
    throw new AssayError("the JSON's limbs are no list of 32-byte elements");
  }
  const statement: Statement = {
    domain: element("domain", fields["domain"]),
    context: hex("context", fields["context"], [32]),
    limbs: fields["limbs"].map((limb, index) => element(`limb ${index}`, limb)),
  };
  const key = fields["key"] === undefined ? undefined : hex("key", fields["key"], [32]);
  return { kind: "proof", proof: { proof: hex("proof", fields["proof"], [256, 384]), statement, key } };
}

/** By what a proof is judged: a key's file, or a registered model. */
export type Judge = { readonly name: string; readonly schema: Schema | undefined; readonly model: Address | undefined; readonly verifier: ProofVerifier };

export function judgeOfFile(engine: Engine, name: string, bytes: Uint8Array, schema?: Schema): Judge {
  return { name, schema, model: undefined, verifier: ProofVerifier.ofFile(engine, bytes, schema) };
}

export function judgeOfModel(engine: Engine, programAddress: Address, { address, data }: Read<Model>): Judge {
  const shown = face(engine, data);
  if ("why" in shown) {
    throw new AssayError(`the model cannot be read: ${shown.why}`);
  }
  if (!shown.isItself) {
    throw new AssayError("the model's account does not hold what its address promises: the server lies");
  }
  return { name: shown.schema.name, schema: shown.schema, model: address, verifier: ProofVerifier.ofModel(engine, { programAddress, data }) };
}

export type Verdict =
  | { readonly valid: true; readonly verified: Verified; readonly judge: Judge; readonly milliseconds: number }
  | { readonly valid: false; readonly why: string; readonly judge: Judge };

/** Whether the judge takes the proof, and if not, why. */
export function judge(judge: Judge, { proof, statement, key }: { proof: Bytes; statement: Statement; key: Bytes | undefined }): Verdict {
  const start = performance.now();
  try {
    const verified = key === undefined || judge.verifier.file === undefined ? judge.verifier.verify(statement, proof) : judge.verifier.verifyFile({ proof, statement, key });
    return { valid: true, verified, judge, milliseconds: performance.now() - start };
  } catch (error) {
    return { valid: false, why: error instanceof Error ? error.message : String(error), judge };
  }
}

/** The registered models whose statements a statement can be of. */
export function candidates(models: readonly Read<Model>[], { domain }: Statement): Read<Model>[] {
  return models.filter(({ data }) => equalBytes(data.domain, domain));
}

export const hexOf = (bytes: Bytes): string => toHex(bytes);
