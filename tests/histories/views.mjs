// The web client's views of random histories: one JSON request a line on stdin, one answer a line on stdout. Run by node_views.py.
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const web = new URL("../../web/", import.meta.url);
const { rolldown } = await import(pathToFileURL(createRequire(new URL("package.json", web)).resolve("rolldown")).href);

async function load(path) {
  const folder = await mkdtemp(join(tmpdir(), "hearth-histories-"));
  const file = join(folder, "views.mjs");
  try {
    const bundle = await rolldown({ input: fileURLToPath(new URL(path, web)), cwd: fileURLToPath(web), platform: "node", logLevel: "silent" });
    await bundle.write({ file, format: "esm" });
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const { View } = await load("src/crypto/conversations/testing/views.ts");
const views = new Map();

async function answer({ view, open, close, steps = [] }) {
  if (open !== undefined) views.set(view, new View(open));
  const answers = [];
  for (const step of steps) answers.push(await views.get(view).take(step));
  if (close) views.delete(view);
  return { answers };
}

for await (const line of createInterface({ input: process.stdin })) {
  let said;
  try {
    said = await answer(JSON.parse(line));
  } catch (error) {
    said = { failed: String(error.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
