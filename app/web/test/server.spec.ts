// Servers that are down, slow, another cluster's, or lie.

import { getAddressDecoder, type Address } from "@solana/kit";

import { expect, expectAccessible, test } from "./fixtures.js";
import { GENESIS } from "./localnet.js";

const main = "main";
const bytesOf = (account: any) => Buffer.from(account.data[0], "base64");
const withBytes = (account: any, bytes: Buffer) => ({ ...account, data: [bytes.toString("base64"), "base64"], space: bytes.length });
/** The same answer with one account of it altered. */
const altered = (result: any, address: string, change: (account: any) => any) => ({
  ...result,
  value: Array.isArray(result.value) ? result.value.map((one: any) => (one.pubkey === address ? { ...one, account: change(one.account) } : one)) : result.value,
});

test("nobody answers; then somebody does", async ({ page, open, origin, world }) => {
  await page.goto(`${origin}?rpc=http://127.0.0.1:9#/models`);
  await expect(page.locator(main)).toContainText("nobody answers at http://127.0.0.1:9/: start a cluster there");
  await expect(page.getByRole("status").first()).toHaveText("not connected");
  await page.locator(".server summary").click();
  await page.fill("#rpc", world.net.url);
  await page.keyboard.press("Enter");
  await expect(page.locator(main)).toContainText("liquidation-risk");
  await expect(page).toHaveURL(/rpc=http%3A%2F%2F127/);
  await expectAccessible(page);
  await page.goBack();
  await expect(page.locator(main)).toContainText("nobody answers at http://127.0.0.1:9/");
  await open("models");
});

test("an address that is none, and one of another cluster", async ({ page, origin, world }) => {
  await page.goto(`${origin}?rpc=${encodeURIComponent("javascript:alert(1)")}#/models`);
  await expect(page.locator(main)).toContainText("“javascript:alert(1)” is no address of a server");
  await page.goto(`${origin}?rpc=${world.net.url}&genesis=5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d#/models`);
  await expect(page.locator(main)).toContainText(`is another cluster: its genesis is ${GENESIS}, and this page's address asks for 5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d`);
  await expect(page.locator(main)).not.toContainText("liquidation-risk");
  await page.goto(`${origin}?rpc=${world.net.url}&genesis=${GENESIS}#/models`);
  await expect(page.locator(main)).toContainText("liquidation-risk");
});

test("addresses in the page's own address that are none", async ({ open }) => {
  const page = await open("model/%3Cimg src=x onerror=alert(1)%3E");
  await expect(page.locator("h1")).toHaveText("Nothing is here");
  await open("constructor");
  await expect(page.locator(main)).toContainText("There is no view “constructor”.");
});

const only = (method: string, lie: (result: any) => any) => (asked: string, _params: any, result: any) => (asked === method ? lie(result) : result);

for (const [name, lie, says] of [
  ["no JSON", only("getProgramAccounts", () => "RAW <html><script>alert(1)</script>"), "does not answer in JSON: is it a Solana RPC server?"],
  ["an error with markup in it", only("getProgramAccounts", () => { throw new Error("<img src=x onerror=alert(1)>"); }), "refuses getProgramAccounts: Error: <img src=x onerror=alert(1)> (-32602)"],
  ["another shape", only("getProgramAccounts", () => ({ context: { slot: 1 }, value: { length: 3 } })), "the server's answer is malformed: a list is missing"],
  ["numbers that are none", only("getProgramAccounts", (result) => ({ ...result, context: { slot: "1e9" } })), "malformed: a number is missing"],
  ["addresses that are none", only("getProgramAccounts", (result) => ({ ...result, value: result.value.map((one: any) => ({ ...one, pubkey: "<b>" })) })), "malformed: an address is none"],
  ["null", only("getProgramAccounts", () => null), "malformed: an object is missing"],
  ["40 MiB", only("getProgramAccounts", () => `RAW "${"a".repeat(40 * 1024 * 1024)}"`), "sends more than 32 MiB to getProgramAccounts"],
  ["nothing at all", only("getProgramAccounts", () => undefined), "did not answer getProgramAccounts within 10 s"],
] as const) {
  test(`a server that answers with ${name}`, async ({ open, world }) => {
    world.net.lie = lie;
    const page = await open("models");
    await expect(page.locator(main)).toContainText(says, { timeout: 15_000 });
    await expect(page.locator(main)).not.toContainText("liquidation-risk");
  });
}

test("accounts that are not what they claim to be are left out, with the reason", async ({ open, world }) => {
  const [risk, filter, resolver] = ["liquidation-risk", "anomaly-filter", "market-resolver"].map((name) => world.models[name]!) as [Address, Address, Address];
  world.net.lie = only("getProgramAccounts", (result) => {
    let lied = altered(result, risk, (account) => withBytes(account, bytesOf(account).subarray(0, 500)));
    lied = altered(lied, filter, (account) => ({ ...account, owner: "11111111111111111111111111111111" }));
    return altered(lied, resolver, (account) => withBytes(account, Buffer.concat([bytesOf(account).subarray(0, 264), Buffer.alloc(32, 7), bytesOf(account).subarray(296)]))); // its id
  });
  const page = await open("models");
  await page.getByText("3 accounts left out").click();
  const out = page.locator(".bad-accounts");
  await expect(out).toContainText("the account has 500 bytes, and a model has");
  await expect(out).toContainText("the account is of the program 11111111111111111111111111111111");
  await expect(out).toContainText("the server lies: a model with this content is at");
});

test("another key in a model's account, and receipts that are held back or altered", async ({ open, world }) => {
  const risk = world.models["liquidation-risk"]!;
  const model = `model/${risk}`;
  const changed = (offset: number) => (account: any) => {
    const bytes = bytesOf(account);
    bytes[offset]! ^= 1;
    return withBytes(account, bytes);
  };
  world.net.lie = (method, params, result) => (method === "getAccountInfo" && params[0] === risk ? { ...result, value: changed(600)(result.value) } : result);
  const page = await open(model);
  await expect(page.locator(main)).toContainText("The account does not hold what its address promises");
  await page.goto("about:blank");

  world.net.lie = (method, params, result) => (method === "getProgramAccounts" && params[1].filters.length === 3 ? { ...result, value: result.value.slice(1) } : result);
  await open(model);
  await expect(page.locator("#audit")).toContainText(/not computed: \d receipts of \d are here/);
  await page.goto("about:blank");

  world.net.lie = (method, params, result) =>
    method === "getProgramAccounts" && params[1].filters.length === 3 ? { ...result, value: result.value.map((one: any, index: number) => (index === 0 ? { ...one, account: changed(16)(one.account) } : one)) } : result;
  await open(model);
  await expect(page.locator("#audit")).toContainText("computed here from all receipts, it is another");
});

test("accounts of the right kind and length, with a part of ones, break no view", async ({ open, world }) => {
  test.setTimeout(90_000);
  const { models, market, positions, feed, question } = world;
  const VIEWS = ["models", `model/${models["liquidation-risk"]}`, "lending", `market/${market}`, `position/${positions["Ada"]}`, "feeds", `feed/${feed}`, "questions", `question/${question}`];
  const parts = 6;
  for (let part = 0; part < parts; part++) {
    const filled = (account: any) => {
      const bytes = account === null ? Buffer.alloc(0) : bytesOf(account);
      const [from, to] = [part, part + 1].map((edge) => 8 + Math.floor(((bytes.length - 8) * edge) / parts)) as [number, number];
      return bytes.length < 100 ? account : withBytes(account, Buffer.from(bytes.map((byte, index) => (index >= from && index < to ? 0xff : byte))));
    };
    world.net.lie = (method, _params, result) =>
      method === "getAccountInfo"
        ? { ...result, value: filled(result.value) }
        : method === "getProgramAccounts" ? { ...result, value: result.value.map((one: any) => ({ ...one, account: filled(one.account) })) } : result;
    for (const view of VIEWS) {
      const page = await open(view);
      await expect(page.locator("h1")).not.toHaveText("This cannot be shown"); // which is for faults of ours
      await expect(page.locator(main)).not.toContainText("Asking for the");
    }
  }
});

test("more accounts than are shown are counted", async ({ open, world }) => {
  world.net.lie = only("getProgramAccounts", (result) => {
    const [first] = result.value;
    const twin = (index: number) => getAddressDecoder().decode(Uint8Array.from({ length: 32 }, (_, place) => (place === 0 ? index >> 8 : place === 1 ? index & 255 : 7)));
    return { ...result, value: [...result.value, ...Array.from({ length: 1_500 }, (_, index) => ({ ...first, pubkey: twin(index) }))] };
  });
  const page = await open("models");
  await expect(page.locator(main)).toContainText("Cut off: the server names 505 more, which are not shown.");
  await expect(page.locator(main)).toContainText("995 accounts left out: not what they claim to be");
});

test("the connection is cut: it says so, and catches up", async ({ open, world }) => {
  const page = await open("lending");
  await expect(page.getByRole("status").first()).toHaveText("live");
  world.net.silent = true;
  world.net.cut();
  await expect(page.getByRole("status").first()).toHaveText("cut off");
  await expect(page.locator(main)).toContainText("The connection for news is cut: what you see may be old.");
  await expectAccessible(page);
  world.net.silent = false;
  await expect(page.getByRole("status").first()).toHaveText("live", { timeout: 15_000 });
  await expect(page.locator(main)).not.toContainText("may be old");
});

test("notifications that are none are passed over", async ({ open, world }) => {
  world.net.lie = (method, params, result) => {
    if (method !== "notification" || params.length !== 2 || params[1].filters === undefined) return result;
    return [null, 7, "<b>", { context: {}, value: null }, { context: { slot: 1 }, value: { pubkey: "x", account: null } }, result][Math.floor(Math.random() * 6)];
  };
  const page = await open(`feed/${world.feed}`);
  const rows = page.getByRole("region", { name: /^Rounds/ }).locator("tbody tr");
  const before = await rows.count();
  await world.minute("calm");
  world.net.lie = (_method, _params, result) => result;
  await world.minute("calm");
  await expect(rows).not.toHaveCount(before, { timeout: 5_000 });
  await expect(page.getByRole("status").first()).toHaveText("live");
});

test("an older answer never replaces a newer one", async ({ open, world }) => {
  const page = await open(`feed/${world.feed}`);
  const price = page.locator("dd").filter({ hasText: "±" });
  await expect(price).toContainText("$");
  const before = await price.textContent();
  world.net.lie = (method, params, result) => (method === "notification" && params[0] === world.feed ? { context: { slot: 1 }, value: result.value } : result);
  await world.minute("calm");
  await page.waitForTimeout(1_500);
  expect(await price.textContent()).toBe(before);
});
