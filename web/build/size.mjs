// Prints the gzip size of every built script and style, and fails when the first load (what index.html names and what
// that imports statically, pages before sign-in among it) is above the budget or in more files than a script and a style,
// or when the workers with the cryptography, with what they import statically, are too large or part of it.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_KIB = 170;
const BUDGET_FILES = 2;
const BUDGET_CRYPTO_KIB = 70;
const WORKER = /\.worker-[^/]*\.js$/;
const IMPORTED = /\bfrom\s*["'`]\.\/([^"'`]+)["'`]/g;
const root = new URL("../../hearth/static/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", root), "utf8"));

const listImported = (file) => [...readFileSync(new URL(file, root), "utf8").matchAll(IMPORTED)].map(([, name]) => `assets/${name}`);
const kib = (file) => gzipSync(readFileSync(new URL(file, root)), { level: 9 }).length / 1024;

const first = new Set();
function addWithImports(key) {
  const entry = manifest[key];
  if (!entry || first.has(entry.file)) return;
  first.add(entry.file);
  for (const style of entry.css ?? []) first.add(style);
  for (const imported of entry.imports ?? []) addWithImports(imported);
}
if (!manifest["index.html"]) {
  console.error("the build has no index.html: say in build/size.mjs what is loaded first");
  process.exit(1);
}
addWithImports("index.html");

const built = readdirSync(new URL("assets/", root)).filter((name) => /\.(js|css)$/.test(name)).sort().map((name) => `assets/${name}`);
const workers = built.filter((file) => WORKER.test(file));
const crypto = new Set(workers);
for (const file of crypto) for (const imported of listImported(file)) crypto.add(imported);

let [total, cryptoTotal] = [0, 0];
for (const file of built) {
  const size = kib(file);
  if (first.has(file)) total += size;
  if (crypto.has(file)) cryptoTotal += size;
  console.log(`${size.toFixed(1).padStart(7)} KiB ${first.has(file) ? "first" : "later"}  ${file}`);
}
console.log(`first load ${total.toFixed(1)} KiB gzip of ${BUDGET_KIB}, in ${first.size} files of ${BUDGET_FILES}`);
if (total > BUDGET_KIB) {
  console.error(`first load is above the budget of ${BUDGET_KIB} KiB`);
  process.exit(1);
}
if (first.size > BUDGET_FILES) {
  console.error(`first load is in ${first.size} files: ${[...first].join(", ")}`);
  process.exit(1);
}
console.log(`cryptography ${cryptoTotal.toFixed(1)} KiB gzip of ${BUDGET_CRYPTO_KIB}, in ${crypto.size} files of ${workers.length} workers`);
if (workers.length !== 2 || cryptoTotal > BUDGET_CRYPTO_KIB || [...crypto].some((file) => first.has(file))) {
  console.error(`cryptography is two workers of at most ${BUDGET_CRYPTO_KIB} KiB together, outside the first load`);
  process.exit(1);
}
const again = built.filter((file) => file.endsWith(".js") && listImported(file).some((imported) => WORKER.test(imported)));
if (again.length > 0) {
  console.error(`imported by ${again.join(", ")}, a worker would begin a second time in WebKit`);
  process.exit(1);
}
