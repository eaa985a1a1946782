// The build that browsers load: no Node module is imported, and the WebAssembly module is fetched from beside the package.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";

import { vectors } from "./support.js";

const root = new URL("../../", import.meta.url);

test("a proof is verified with the browser's conditions", () => {
  const [{ keyFile, proofFile, digest }] = vectors("proofs").proven;
  const script = `
    import { readFile } from "node:fs/promises";
    globalThis.fetch = async (url) => {
      if (!url.href.endsWith("/wasm/assay.wasm")) throw new Error(url.href);
      return new Response(await readFile(url));
    };
    const { decodeProof, Engine, fromHex, ProofVerifier, toHex } = await import("@assay/sdk");
    const engine = await Engine.load();
    const verifier = ProofVerifier.ofFile(engine, fromHex("${keyFile}"));
    console.log(toHex(verifier.verifyFile(decodeProof(engine, fromHex("${proofFile}"))).digest));
  `;
  const args = ["--conditions=browser", "--input-type=module", "--eval", script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  assert.equal(stdout.trim(), digest, stderr);
});

test("only the module's loader for Node names a module of Node", () => {
  const sources = readdirSync(new URL("dist/src/", root), { recursive: true, encoding: "utf8" });
  const named = sources.filter((path) => path.endsWith(".js") && /from "node:|\bprocess\./.test(readFileSync(new URL(`dist/src/${path}`, root), "utf8")));
  assert.deepEqual(named, ["module.node.js"]);
});
