// Writes src/ui/sprite.svg from the bootstrap-icons listed in src/ui/icons.ts, so that only those in use are shipped.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Plugin } from "vite";

import { icons } from "../src/ui/icons.ts";

const source = new URL("../node_modules/bootstrap-icons/icons/", import.meta.url);
const target = new URL("../src/ui/sprite.svg", import.meta.url);

function symbol(name: string): string {
  const svg = readFileSync(new URL(`${name}.svg`, source), "utf8");
  const body = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
  return `<symbol id="${name}" viewBox="0 0 16 16">${body.trim().replace(/\s*\n\s*/g, "")}</symbol>`;
}

function isUnchanged(text: string): boolean {
  try {
    return readFileSync(target, "utf8") === text;
  } catch {
    return false;
  }
}

export function iconSprite(): Plugin {
  return {
    name: "hearth-icon-sprite",
    config() {
      const text = `<svg xmlns="http://www.w3.org/2000/svg">${icons.map(symbol).join("")}</svg>\n`;
      if (!isUnchanged(text)) writeFileSync(fileURLToPath(target), text);
    },
  };
}
