// A cluster with live data and the built page, for all tests of a run; what every page must keep to is checked after each test.

import { test as base, expect, type Page } from "@playwright/test";
import { AxeBuilder } from "@axe-core/playwright";
import { preview } from "vite";

import { World } from "./world.js";

type Shared = { world: World; origin: string };
type Each = { open: (hash?: string, search?: Record<string, string>) => Promise<Page> };

export const test = base.extend<Each, Shared>({
  world: [
    async ({}, use) => {
      const world = await World.make();
      await use(world);
      await world.end();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  origin: [
    async ({}, use) => {
      const server = await preview({ preview: { port: 0, host: "127.0.0.1" }, logLevel: "error" });
      await use(server.resolvedUrls!.local[0]!);
      await server.close();
    },
    { scope: "worker" },
  ],
  /** Opens the page at a view, of the cluster. Nothing may break its policy, fail in it, or be asked of anybody else. */
  open: async ({ page, world, origin }, use) => {
    const faults: string[] = [];
    const allowed = [origin, world.net.url, world.net.url.replace(/:\d+$/, "")];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => /Content Security Policy|Trusted/.test(message.text()) && faults.push(message.text()));
    page.on("dialog", (dialog) => (faults.push(`a dialog: ${dialog.message()}`), void dialog.dismiss()));
    page.on("request", (request) => allowed.some((start) => request.url().startsWith(start)) || faults.push(`asked for ${request.url()}`));
    await use(async (hash = "", search = {}) => {
      await page.goto(`${origin}?${new URLSearchParams({ rpc: world.net.url, ...search })}#/${hash}`);
      await expect(page.locator("h1")).toBeVisible();
      return page;
    });
    world.net.lie = (_method, _params, result) => result;
    expect(faults).toEqual([]);
  },
});

export { expect };

/** No findings of axe, and nothing wider than the window. */
export async function expectAccessible(page: Page, rules: "all" | "contrast" | "none" = "all"): Promise<void> {
  const axe = new AxeBuilder({ page });
  const { violations } = rules === "none" ? { violations: [] } : await (rules === "all" ? axe : axe.withRules(["color-contrast"])).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 150)} ${failureSummary}`).join("\n")}`)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
}
