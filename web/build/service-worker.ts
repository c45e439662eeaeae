// Puts the list of built files and their common version into sw.js. The version changes when any file changes, and the
// worker stays a classic script: it imports nothing, which this plugin checks.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

import type { Plugin } from "vite";

const PUBLIC = new URL("../public/", import.meta.url);
/**
 * Not needed to open the shell offline: pictures for the operating system's launcher, the lists that a new password is
 * weighed with (nobody chooses one offline), and the build's own list of files, which the server does not hand out. One file
 * that cannot be fetched and the worker would never install.
 */
const NOT_CACHED = /^(sw\.js|icon-.*\.png|assets\/(weigh|diceware)\b.*\.js|\.vite\/.*)$/;

export function serviceWorker(): Plugin {
  return {
    name: "hearth-service-worker",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const worker = bundle["sw.js"];
        if (!worker || worker.type !== "chunk") return;
        if (worker.imports.length > 0 || /^\s*(import|export)\b/m.test(worker.code)) {
          this.error("src/service-worker.ts must not import or export anything at run time");
        }
        const hash = createHash("sha256");
        const files = new Set<string>();
        for (const name of Object.keys(bundle).sort()) {
          const file = bundle[name]!;
          if (NOT_CACHED.test(name)) continue;
          hash.update(name).update(file.type === "chunk" ? file.code : file.source);
          files.add(name === "index.html" ? "/" : `/${name}`);
        }
        for (const name of readdirSync(PUBLIC).sort()) {
          if (NOT_CACHED.test(name)) continue;
          hash.update(name).update(readFileSync(new URL(name, PUBLIC)));
          files.add(`/${name}`);
        }
        hash.update(worker.code);
        worker.code = worker.code
          .replace(/["'`]__SHELL_VERSION__["'`]/, JSON.stringify(hash.digest("hex").slice(0, 16)))
          .replace(/["'`]__SHELL_FILES__["'`]/, JSON.stringify(JSON.stringify([...files])));
      },
    },
  };
}
