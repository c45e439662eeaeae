// The web client's own modules, bundled for Node.
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const web = new URL("../../web/", import.meta.url);
const { rolldown } = await import(pathToFileURL(createRequire(new URL("package.json", web)).resolve("rolldown")).href);

/** Imports a module by its path below web/. */
export async function load(path) {
  const folder = await mkdtemp(join(tmpdir(), "hearth-flows-"));
  const file = join(folder, "live.mjs");
  try {
    const bundle = await rolldown({ input: fileURLToPath(new URL(path, web)), cwd: fileURLToPath(web), platform: "node", logLevel: "silent" });
    await bundle.write({ file, format: "esm", codeSplitting: false });
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}
