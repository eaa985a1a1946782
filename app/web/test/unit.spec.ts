// What needs no browser.

import { Engine, toHex } from "@assay/sdk";
import { expect, test } from "@playwright/test";

import { audit, auditExtend, auditStart } from "../src/audit.js";
import { ofText } from "../src/bytes.js";
import { nice } from "../src/chart.js";
import { socketOf } from "../src/chain.js";
import { dataOf } from "../src/events.js";
import { ago, amount, dollars, real, span, time } from "../src/format.js";
import { ring } from "../src/loan.js";

test("amounts are exact, times are of a calendar", () => {
  expect([amount(0n, 6), amount(1n, 9, 0, 9), amount(1_234_567_890n, 6, 2), amount(1_234_567_890n, 6), amount(-5n, 1), amount(7n, 0, 2), amount(2n ** 64n - 1n, 0)]).toEqual(["0", "0.000000001", "1,234.56", "1,234.5678", "−0.5", "7", "18,446,744,073,709,551,615"]);
  expect([dollars(100_000_000n), dollars(13_909_000_000n), dollars(10_000_000_000_000n)]).toEqual(["$1.0000", "$139.09", "$100,000"]);
  expect([time(0), time(1_767_225_600n), time(2n ** 63n - 1n), time(-(2n ** 63n))]).toEqual(["never", "2026-01-01 00:00:00 UTC", "beyond all calendars", "beyond all calendars"]);
  expect([span(0), span(59), span(3_661), span(90_061n)]).toEqual(["0 s", "59 s", "1 h 1 min", "1 d 1 h"]);
  expect([ago(10, 10), ago(10, 75), ago(75, 10)]).toEqual(["now", "1 min 5 s ago", "in 1 min 5 s"]);
  expect([real(null), real(-0.25), real(Infinity), real(-Infinity)]).toEqual(["missing", "−0.25", "∞", "−∞"]);
});

test("bytes are found in texts, and not in others", () => {
  expect(toHex(ofText("0x00ff\n10")!)).toBe("00ff10");
  expect(toHex(ofText(" QVNTQVkA\nAAE= ")!)).toBe("4153534159000001");
  expect([ofText("hello, there"), ofText("0xf"), ofText("===="), ofText("a b!")]).toEqual([undefined, undefined, undefined, undefined]);
});

test("ticks are round and span what is there", () => {
  expect(nice(0, 10)).toEqual([0, 2.5, 5, 7.5, 10]);
  expect(nice(138.9, 139.1)).toEqual([138.9, 138.95, 139, 139.05, 139.1]);
  for (const [least, most] of [[0, 0], [5, 5], [-3, 7e9], [1e-9, 2e-9], [-1e6, -1e6]] as const) {
    const ticks = nice(least, most);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.length).toBeLessThan(9);
    expect(ticks[0]!).toBeLessThanOrEqual(least);
    expect(ticks.at(-1)!).toBeGreaterThanOrEqual(most);
  }
});

test("a ring is one stretch, oldest first", () => {
  const entries = [{ hour: 32, price: 2n * 10n ** 8n }, { hour: 33, price: 3n * 10n ** 8n }, { hour: 2, price: 10n ** 8n }, { hour: 31, price: 10n ** 8n }, { hour: 0, price: 0n }];
  expect(ring(entries, 3_600)).toEqual([{ x: 31 * 3_600, y: 1 }, { x: 32 * 3_600, y: 2 }, { x: 33 * 3_600, y: 3 }]);
  expect(ring([], 60)).toEqual([]);
});

test("subscriptions are on the next port, where one is named", () => {
  expect([socketOf("http://127.0.0.1:8899"), socketOf("https://rpc.example/key?x=1")]).toEqual(["ws://127.0.0.1:8900/", "wss://rpc.example/key?x=1"]);
});

test("an audit chain is whole, broken or partial", async () => {
  const engine = await Engine.load();
  const [id, digest] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const receipt = (index: bigint, recordedAt: bigint) => ({ index, recordedAt, digest }) as never;
  const auditChain = auditExtend(engine, auditExtend(engine, auditStart(engine, id), digest, 5n), digest, 9n);
  const model = { id, accepted: 2n, auditChain };
  expect(audit(engine, model, [receipt(1n, 9n), receipt(0n, 5n)])).toEqual({ is: "whole", links: 2 });
  expect(audit(engine, model, [receipt(0n, 5n)])).toEqual({ is: "partial", here: 1, of: 2n });
  expect(audit(engine, model, [receipt(0n, 5n), receipt(0n, 9n)]).is).toBe("partial");
  expect(audit(engine, model, [receipt(0n, 5n), receipt(1n, 8n)]).is).toBe("broken");
  expect(audit(engine, { ...model, accepted: 0n, auditChain: auditStart(engine, id) }, [])).toEqual({ is: "whole", links: 0 });
});

test("what another program logs is not taken for the program's own", () => {
  const [mine, other] = ["AssayLending", "Other"] as never[];
  const logs = [`Program ${other} invoke [1]`, "Program data: AQ==", `Program ${mine} invoke [2]`, "Program data: Ag==", `Program ${other} invoke [3]`, `Program log: Program ${mine} invoke [9]`, "Program data: Aw==", `Program ${other} success`, `Program ${mine} success`, "Program data: BA=="];
  expect(dataOf(mine as never, logs)).toEqual([Uint8Array.of(2)]);
});
