import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "test",
  outputDir: "test-results",
  workers: 1, // one cluster and one page for all tests
  timeout: 30_000,
  expect: { timeout: 10_000 },
  reporter: [["list"]],
  use: {
    // Debian's, or another on this machine: no browser is downloaded.
    launchOptions: { executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] },
    locale: "en",
    timezoneId: "UTC",
  },
});
