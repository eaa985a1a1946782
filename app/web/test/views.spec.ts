// What the programs hold, as it is and as it changes.

import { expect, expectAccessible, test } from "./fixtures.js";
import { HOSTILE } from "./world.js";

test("models in every state; a name that is markup is a name", async ({ open }) => {
  const page = await open("models");
  const row = (name: string) => page.getByRole("listitem").filter({ has: page.getByRole("link", { name, exact: true }) });
  await expect(row("liquidation-risk")).toContainText("active");
  await expect(row("committed")).toContainText("suspended");
  await expect(row("committed")).toContainText("ceremony");
  await expect(row(HOSTILE)).toContainText("proposed");
  await row(HOSTILE).getByRole("link").click();
  await expect(page.locator("h1")).toHaveText(HOSTILE);
  await expect(page.locator("main")).toContainText("its authority may activate it now, until");
  await expect(page).toHaveTitle(`${HOSTILE} · Assay`);
});

test("a model's life, and its audit chain from its receipts", async ({ open, world }) => {
  const page = await open(`model/${world.models["liquidation-risk"]}`);
  await expect(page.locator("main")).toContainText("active programs accept its proofs");
  await expect(page.locator("main")).toContainText("computed here from setup, transcript, key and schema: it is the account's");
  await expect(page.locator("#audit")).toHaveText(/^computed here from \d receipts, first to last: it is the account's$/);
  await page.getByRole("link", { name: "No. 2" }).click();
  await expect(page.locator("main")).toContainText("0b".repeat(32));
  await expect(page.locator("main")).toContainText("as the model's number 2");
});

test("a statement recorded meanwhile appears by itself, and the focus stays where it is", async ({ open, world }) => {
  const page = await open(`model/${world.models["liquidation-risk"]}`);
  await expect(page.locator("#audit")).toContainText("computed here");
  const before = await page.getByRole("link", { name: /^No\. / }).count();
  const link = page.getByRole("link", { name: "No. 3" });
  await link.focus();
  await world.recordAnother(20);
  await expect(page.locator("#audit")).toHaveText(`computed here from ${before + 1} receipts, first to last: it is the account's`, { timeout: 5_000 });
  await expect(page.getByRole("link", { name: `No. ${before}` })).toBeVisible();
  await expect(link).toBeFocused();
});

test("loans, how near they stand to the rules, and a price that falls", async ({ open, world }) => {
  const page = await open(`market/${world.market}`);
  const loan = (name: string) => page.locator(`[data-key="${world.positions[name]}"]`);
  await expect(loan("Ada")).toContainText("open to a proof");
  await expect(loan("Ada")).toContainText("flagged");
  await expect(loan("Cleo")).toContainText("safe");
  await expect(loan("Dev").getByRole("img")).toHaveAccessibleName(/^Loan to value: 3\d\.\d\d %; proof 80 %, rule 85 %$/);
  await world.price(135.5);
  await expect(loan("Ada")).toContainText("open to anybody", { timeout: 5_000 });
});

test("a position: what proofs said of it, each computed again from its snapshot", async ({ open, world }) => {
  const page = await open(`position/${world.positions["Ada"]}`);
  const decisions = page.locator("#decisions > li");
  await expect(decisions).toHaveCount(2);
  for (const decision of await decisions.all()) {
    await expect(decision).toContainText("at or above the threshold, proven for minute");
    await expect(decision).toContainText("is of this score for the snapshot's 16 inputs");
    await expect(decision).toContainText("of collateral, at a bonus of");
  }
  await expect(page.getByRole("img", { name: /^Proven scores against the threshold\. proven score: 2 values/ })).toBeVisible();
  await open(`position/${world.positions["Ben"]}`);
  await expect(decisions).toHaveCount(1);
});

test("a feed: who was believed in each minute, and the next one as it is published", async ({ open, world }) => {
  const page = await open(`feed/${world.feed}`);
  const rows = page.getByRole("region", { name: /^Rounds/ }).locator("tbody tr");
  for (const what of [/−\d+\.\d out/, "silent", "degraded"]) await expect(rows.filter({ hasText: what }).first()).toBeVisible();
  const before = await rows.count();
  await world.minute("lie");
  await expect(rows).toHaveCount(before + 1, { timeout: 5_000 });
  await expect(rows.first()).toContainText(/−\d+\.\d out/);
  await page.getByRole("link").filter({ hasText: "…" }).last().click();
  await expect(page.locator("h1")).toHaveText("A price source");
  await expect(page.getByRole("img", { name: /^Final minutes\. price: 1\d values/ })).toBeVisible();
});

test("a question: its buckets, what was observed and proven", async ({ open, world }) => {
  const page = await open("questions");
  await page.getByRole("link", { name: /…/ }).first().click();
  await expect(page).toHaveURL(new RegExp(world.question));
  await expect(page.locator("main")).toContainText("proven, may be disputed");
  await expect(page.getByRole("row", { name: "from 3.00 on 0 % : 100 %" })).toBeVisible();
  await expect(page.locator("main")).toContainText(/volatility \d\.\d\d, from 3\.00 on/);
  await expect(page.getByRole("img", { name: /^Prices that the question's sources had\. source 1: 25 values/ })).toBeVisible();
});

const VIEWS = (world: any): Record<string, string> => ({
  verify: "", models: "models", model: `model/${world.models["liquidation-risk"]}`, suspended: `model/${world.models["committed"]}`, lending: "lending", market: `market/${world.market}`,
  position: `position/${world.positions["Ada"]}`, feeds: "feeds", feed: `feed/${world.feed}`, questions: "questions", question: `question/${world.question}`, nowhere: "nowhere", nobody: "model/11111111111111111111111111111112",
});

const shots = process.env["ASSAY_SCREENSHOTS"];
const LOOKS = [[360, "dark"], [1280, "light"], [768, "light"], ...(shots === undefined ? [] : ([[360, "light"], [768, "dark"], [1280, "dark"]] as const))] as const;

for (const [width, colorScheme] of LOOKS) {
  test(`every view at ${width} pixels, ${colorScheme}: no findings, nothing wider than the window`, async ({ open, page, world }) => {
    test.setTimeout(120_000);
    await page.setViewportSize({ width, height: width === 1280 ? 880 : 1000 });
    await page.emulateMedia({ colorScheme });
    for (const [name, view] of Object.entries(VIEWS(world))) {
      await open(view);
      if (name === "verify") {
        await page.setInputFiles("#files", { name: "row.proof", mimeType: "", buffer: Buffer.from(world.proofFile) });
        await expect(page.locator("#verdict")).toContainText("valid");
      }
      if (name === "position") await expect(page.locator("#decisions > li")).toHaveCount(2);
      await expect(page.locator("main")).not.toContainText("Asking");
      await expect(page.getByRole("status").first()).toHaveText("live");
      await expectAccessible(page, width === 360 ? "all" : width === 1280 && ["verify", "models", "position", "feed"].includes(name) ? "contrast" : "none");
      if (shots !== undefined && name === { 360: "feed", 768: "position", 1280: "verify" }[width]) {
        if (width === 360) await page.getByRole("heading", { name: "Final minutes" }).evaluate((heading) => heading.scrollIntoView({ behavior: "instant" }));
        await page.screenshot({ path: `${shots}/${name}-${colorScheme}.png` });
      }
    }
  });
}
