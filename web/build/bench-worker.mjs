// Bundles the worker that measures the cryptography into a folder: node build/bench-worker.mjs FOLDER
import { build } from "rolldown";

const input = new URL("../src/crypto/conversations/testing/bench.worker.ts", import.meta.url).pathname;
await build({ input, platform: "browser", logLevel: "warn", output: { file: `${process.argv[2]}/worker.js`, format: "esm", codeSplitting: false, minify: true } });
