// What is done with a recovery key that stands on the screen: kept in a file, checked by one group typed again.
import { drawBelow } from "../lib/draw.ts";

/** A file's text: everything that is needed where nothing else is left. */
export function writeSheet(words: { title: string; of: string; at: string; key: string; use: string }): string {
  return [words.title, "", words.of, words.at, "", words.key, "", words.use, ""].join("\n");
}

/** Offers a text as a file. The browser asks where to. */
export function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}

/** Which group is asked for, from 0. */
export const chooseGroup = (key: string): number => drawBelow(key.split("-").length);

/** Whether `typed` is the group; what look-alikes are typed for is taken as on paper. */
export function isGroup(key: string, at: number, typed: string): boolean {
  const plain = typed.trim().toUpperCase().replace(/0/g, "O").replace(/1/g, "I").replace(/8/g, "B");
  return plain === key.split("-")[at];
}
