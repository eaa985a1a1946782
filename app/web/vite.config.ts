import { defineConfig } from "vite";

export default defineConfig({
  base: "./", // it may lie in any folder, and be opened from a local server
  resolve: { dedupe: ["@solana/kit"] }, // the SDK is linked, and would bring its own
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: { fs: { allow: ["../.."] } },
});
