// Builds the web client into hearth/static with hashed names. Nothing inline: the content security policy forbids it.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { dropReasons } from "./build/drop-reasons.ts";
import { iconSprite } from "./build/icon-sprite.ts";
import { serviceWorker } from "./build/service-worker.ts";
import { dropSiblingRules } from "./build/sibling-rules.ts";
import { standalone } from "./build/standalone.ts";

/** What the service worker is made of: it imports nothing, so nothing of it may move into another file. */
const isWorkerPart = (id: string): boolean => /[\\/]src[\\/](service-worker|own-pages)\.ts$/.test(id);
const server = process.env["HEARTH_SERVER"] ?? "http://localhost:8000";

export default defineConfig({
  plugins: [iconSprite(), svelte(), serviceWorker(), dropReasons()],
  build: {
    outDir: "../hearth/static",
    emptyOutDir: true,
    manifest: true,
    target: ["chrome109", "firefox115", "safari16.4"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    sourcemap: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: "index.html", sw: "src/service-worker.ts" },
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        // What the first load needs is one file: on a phone's network every further one costs a journey there and back.
        codeSplitting: { groups: [{ name: "index", tags: ["$initial"], test: (id) => !isWorkerPart(id) }] },
      },
    },
  },
  worker: {
    format: "es",
    plugins: () => [standalone("./curve25519.ts"), dropReasons()],
    // Notes to a bundler are of no use to who loads it.
    rolldownOptions: { output: { comments: { annotation: false } } },
  },
  css: {
    postcss: { plugins: [dropSiblingRules()] },
    preprocessorOptions: {
      // COMPAT(until Bootstrap 6): its SCSS still uses @import and the old colour functions.
      scss: {
        quietDeps: true,
        silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
      },
    },
  },
  server: { proxy: { "/api": server, "/socket.io": { target: server, ws: true } } },
  // Long enough for a machine that has other things to do: no test measures how long it takes.
  test: { include: ["src/**/*.test.ts"], environment: "node", testTimeout: 300_000, expect: { poll: { timeout: 120_000 } } },
});
