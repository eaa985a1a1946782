// Proofs, dropped and pasted, sound and not.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { decodeProof, encodeProof, fromHex, toHex } from "@assay/sdk";
import type { Page } from "@playwright/test";

import { expect, expectAccessible, test } from "./fixtures.js";

const vectors = JSON.parse(readFileSync(fileURLToPath(new URL("../../../sdk/ts/test/vectors/proofs.json", import.meta.url)), "utf8"));
const file = (name: string, bytes: Uint8Array) => ({ name, mimeType: "", buffer: Buffer.from(bytes) });
const give = (page: Page, ...files: { name: string; mimeType: string; buffer: Buffer }[]) => page.setInputFiles("#files", files);
const verdict = (page: Page) => page.locator("#verdict");

async function paste(page: Page, text: string): Promise<void> {
  await page.fill("#text", text);
  await page.getByRole("button", { name: "Take it" }).click();
}

test("a proof alone: every input, every output, and what it binds", async ({ open, world }) => {
  const page = await open();
  await give(page, file("row.proof", world.proofFile));
  await expect(verdict(page)).toContainText("valid under liquidation-risk");
  await expect(verdict(page)).toContainText("a development key: whoever made the key can prove anything");
  await expect(verdict(page)).toContainText(`registered at${world.models["liquidation-risk"]}`);
  await expect(verdict(page)).toContainText(`${"0b".repeat(32)} is what it was made for`);
  await expect(verdict(page).locator("tbody tr")).toHaveCount(17);
  await expect(verdict(page).getByRole("row", { name: /^volatility_24h −?[\d.]+ −?\d+$/ })).toBeVisible();
  await expect(verdict(page).getByRole("row", { name: /^score −4\.65625 −1192$/ })).toBeVisible();
  await expectAccessible(page);
});

test("a proof with its key, dropped; then taken away", async ({ open, world }) => {
  const page = await open();
  const bytes = [["row.proof", world.proofFile], ["liquidation-risk.vk", world.keyFile]].map(([name, bytes]) => [name, [...(bytes as Uint8Array)]]);
  await page.locator(".drop").evaluate((target, bytes) => {
    const transfer = new DataTransfer();
    for (const [name, content] of bytes) transfer.items.add(new File([new Uint8Array(content as number[])], name as string));
    target.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, bytes);
  await expect(verdict(page)).toContainText("valid under liquidation-risk.vk");
  await expect(verdict(page)).toContainText("the word of whoever gave the file");
  await page.getByRole("button", { name: "take the proof away" }).click();
  await expect(verdict(page)).toHaveCount(0);
});

test("a proof judged by a model that one names", async ({ open, world }) => {
  const page = await open();
  await give(page, file("row.proof", world.proofFile));
  const judge = async (address: string) => {
    await page.fill("#model", address);
    await page.getByRole("button", { name: "Judge by it" }).click();
  };
  for (const [address, says] of [
    [world.models["liquidation-risk"], "valid under liquidation-risk"],
    [world.models["anomaly-filter"], "refused by anomaly-filter"],
    [world.models["committed"], "refused by committed"],
    ["not an address", "“not an address” is no address: one has 32 bytes in base58"],
    ["11111111111111111111111111111112", "There is no account at 11111111111111111111111111111112"],
    [world.market, "a lending market, not a model"],
    [world.feed, "the account is of the program AFdqLJD4G6nwt9Bb2mJg2ZfVWxfoyobcoGJ6FqKrjkwo, and a model is of"],
  ] as const) {
    await judge(address!);
    if (address === world.market) await expect(verdict(page)).toContainText("No model is at");
    else await expect(verdict(page)).toContainText(says);
  }
  await judge("");
  await expect(verdict(page)).toContainText("valid under liquidation-risk");
});

test("pasted as JSON, hexadecimal and base64, by the keyboard alone", async ({ open, world }) => {
  const page = await open();
  const { proof, statement, key } = decodeProof(world.engine, world.proofFile);
  const json = JSON.stringify({ kind: "proof", domain: `0x${toHex(statement.domain)}`, context: toHex(statement.context), limbs: statement.limbs.map((limb) => `0x${toHex(limb)}`), proof: toHex(proof), key: toHex(key) });
  for (const text of [json, toHex(world.proofFile), Buffer.from(world.proofFile).toString("base64").replace(/.{76}/g, "$&\n")]) {
    await page.locator("#text").focus();
    await page.keyboard.insertText(text);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect(verdict(page)).toContainText("valid under liquidation-risk");
    await page.getByRole("button", { name: "take the proof away" }).focus();
    await page.keyboard.press("Enter");
    await expect(verdict(page)).toHaveCount(0);
  }
});

test("what was tampered with is refused by name", async ({ open, world }) => {
  const page = await open();
  const proof = decodeProof(world.engine, world.proofFile);
  const flip = (bytes: { readonly length: number }, at: number) => Uint8Array.from(bytes as Uint8Array, (byte, index) => (index === at ? byte ^ 1 : byte));
  const { statement } = proof;
  const sealed = (change: Partial<typeof proof>) => encodeProof(world.engine, { ...proof, ...change });
  const altered = "refused by liquidation-riskThe proof does not verify: it is of another statement or key, or was altered.";
  const limbs = (index: number) => statement.limbs.map((limb, place) => (place === index ? flip(limb, 31) : limb));
  for (const [bytes, says] of [
    [sealed({ proof: flip(proof.proof, 100) }), altered],
    [sealed({ statement: { ...statement, context: flip(statement.context, 0) } }), altered],
    [sealed({ statement: { ...statement, limbs: limbs(0) } }), altered], // another input
    [sealed({ statement: { ...statement, limbs: limbs(1) } }), altered], // another score
    [sealed({ statement: { ...statement, limbs: [...statement.limbs, statement.limbs[0]!] } }), "Proof does not verify"],
    [sealed({ proof: new Uint8Array(256) }), "is the identity"],
    [sealed({ proof: new Uint8Array(384).fill(1) }), "they are of different circuits"],
    [sealed({ statement: { ...statement, domain: flip(statement.domain, 31) } }), "No model of this cluster has statements like this one"],
  ] as const) {
    await give(page, file("altered.proof", bytes));
    await expect(verdict(page)).toContainText(says === "Proof does not verify" ? "refused by liquidation-risk" : says);
    await expect(verdict(page)).not.toContainText("valid");
  }
  await give(page, file("other.vk", fromHex(vectors.proven[0].keyFile)), file("row.proof", world.proofFile));
  await expect(verdict(page)).toContainText("The proof was made for another verifying key than this one.");
});

test("each wrong input is told what is wrong with it", async ({ open, world }) => {
  const page = await open();
  const alert = page.getByRole("alert");
  const broken = Buffer.from(world.proofFile);
  broken[broken.length - 1]! ^= 1;
  for (const [name, bytes, says] of [
    ["empty.proof", Buffer.alloc(0), "empty.proof: it is empty"],
    ["broken.proof", broken, "the file is damaged: its checksum does not match"],
    ["short.proof", Buffer.from(world.proofFile).subarray(0, 200), "the file is truncated: 200 bytes of 472"],
    ["noise.bin", Buffer.from([0xff, 0xfe, 0x00, 0x80]), "it is no file of Assay's, and no text"],
    ["model.assay", Buffer.concat([Buffer.from("ASSAY"), Buffer.from([1, 1, 0]), Buffer.alloc(72)]), "this is a compiled model (.assay), where a proof (.proof) is needed"],
    ["large.proof", Buffer.alloc(5 * 1024 * 1024), "no proof and no verifying key is that long"],
    ["it.json", Buffer.from('{"outputs": [], "context": "00", "domain": "0x00"}'), "this is what `assay prove --json` prints, which has no proof in it"],
    ["proof.json", Buffer.from('{"pi_a": [], "protocol": "groth16"}'), "this is a proof of snarkjs"],
    ["<img src=x onerror=alert(1)>.proof", Buffer.from("<script>alert(1)</script>"), "it is neither JSON nor the bytes of a .proof or .vk file"],
  ] as const) {
    await give(page, file(name, bytes));
    await expect(alert).toContainText(says);
    await expect(alert).toContainText(name.replace(/^.*[\\/]/, ""));
  }
  await expectAccessible(page);
  for (const [text, says] of [
    ["", "What was pasted: it is empty"],
    ["{ not JSON", "it begins as JSON and is none"],
    ["[1]", "the JSON is no object with the fields domain, context, limbs and proof"],
    ['{"domain": "0x00", "context": "", "limbs": [], "proof": ""}', "the JSON's domain is not 32 bytes in hexadecimal"],
    [`{"domain": "${"ff".repeat(32)}", "context": "", "limbs": [], "proof": ""}`, "the JSON's domain is not below the order of the field"],
    [`{"domain": "${"00".repeat(32)}", "context": "${"00".repeat(32)}", "limbs": 7, "proof": ""}`, "the JSON's limbs are no list"],
    ["4153534159", "the file is truncated"],
    ["hello, there", "it is neither JSON nor the bytes"],
  ] as const) {
    await paste(page, text);
    await expect(alert).toContainText(says);
  }
});

test("a key that would let anybody forge judges nothing", async ({ open, world }) => {
  const page = await open();
  const [bad] = vectors.badKeys;
  const header = Buffer.from(world.keyFile.slice(0, 40));
  const payload = Buffer.concat([Buffer.from(world.keyFile.slice(80, 113)), Buffer.from(bad[0], "hex")]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(payload.length));
  await give(page, file("bad.vk", Buffer.concat([header, length, world.engine.sha256(payload), payload])), file("row.proof", world.proofFile));
  await expect(verdict(page)).toContainText("Nothing can be judged by this:");
});

test("without any server, a proof is verified by its key", async ({ page, origin, world }) => {
  await page.goto(`${origin}?rpc=http://127.0.0.1:9`);
  await give(page, file("row.proof", world.proofFile));
  await expect(verdict(page)).toContainText("nobody answers at http://127.0.0.1:9/");
  await give(page, file("risk.vk", world.keyFile));
  await expect(verdict(page)).toContainText("valid under risk.vk");
  await expect(verdict(page)).toContainText("shown as its 2 limbs");
});
