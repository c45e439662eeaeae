// The web client's account flows at a running server. Reads {"url", "people": {name: person}} from stdin, where a person is what a
// registration answered; prints what each is left with, or what went wrong, as one JSON line. Run by test_account_flows.py.
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";

const web = new URL("../../web/", import.meta.url);
const { rolldown } = await import(pathToFileURL(createRequire(new URL("package.json", web)).resolve("rolldown")).href);

async function load(path) {
  const folder = await mkdtemp(join(tmpdir(), "hearth-flows-"));
  const file = join(folder, "live.mjs");
  try {
    const bundle = await rolldown({ input: fileURLToPath(new URL(path, web)), cwd: fileURLToPath(web), platform: "node", logLevel: "silent" });
    await bundle.write({ file, format: "esm" });
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const { url, people } = JSON.parse(await text(process.stdin));
try {
  const { liveAlice, liveBob, liveCarol } = await load("src/crypto/account/testing/live.ts");
  const flows = { alice: liveAlice, bob: liveBob, carol: liveCarol };
  const left = {};
  for (const [name, { kek, ...person }] of Object.entries(people)) left[name] = await flows[name](url, person, kek);
  console.log(JSON.stringify({ left }));
} catch (error) {
  console.log(JSON.stringify({ failed: String(error.stack ?? error) }));
  process.exitCode = 1;
}
