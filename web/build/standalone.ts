// Builds a file that is fetched later together with copies of all that it imports, so that it shares none with who fetches it: neither
// loads what only the other uses. A bundler else puts a module, and all that anybody uses of it, where it is loaded first. Nothing
// that such a file imports may have a state of its own.
import type { Plugin } from "vite";

const MARK = "?standalone";

/** Makes what is imported as `file` a standalone one. */
export function standalone(file: string): Plugin {
  return {
    name: "hearth-standalone",
    apply: "build",
    enforce: "pre",
    async resolveId(source, importer, options) {
      const isInside = importer?.endsWith(MARK) === true;
      if (!isInside && source !== file) return null;
      const found = await this.resolve(source, importer?.replace(MARK, ""), { ...options, skipSelf: true });
      return found && { ...found, id: `${found.id}${MARK}` };
    },
  };
}
