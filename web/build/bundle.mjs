// Bundles one module of the cryptography, to be run by itself in a browser: node build/bundle.mjs INPUT OUTPUT
import { build } from "rolldown";

const [input, file] = process.argv.slice(2);
await build({ input, platform: "browser", logLevel: "warn", output: { file, format: "esm", codeSplitting: false, minify: true } });
