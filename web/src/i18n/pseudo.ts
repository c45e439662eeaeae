// The pseudo-locale: English with accents, 40 % longer, in brackets. Text that is not translated, or cut off, shows.
import type { Catalogue, Message } from "./message.ts";

const ACCENTED: Record<string, string> = { a: "á", e: "ë", i: "ï", o: "ø", u: "ü", n: "ñ", c: "ç", A: "Å", E: "É", O: "Ö" };

function lengthen(text: string): string {
  const accented = text.replace(/\{\w+\}|[aeiouncAEO]/g, (found) => ACCENTED[found] ?? found);
  // Broken like words, or a long text would be one that no layout can hold.
  const more = "~".repeat(Math.ceil(text.length * 0.4)).replace(/~{6}(?=~)/g, "~~~~~~ ");
  return `[${accented}${more}]`;
}

function toPseudo(message: Message): Message {
  if (typeof message === "string") return lengthen(message);
  return { ...message, ...Object.fromEntries(Object.entries(message).map(([form, text]) => [form, lengthen(text)])) };
}

export function makePseudo<Source extends Catalogue>(source: Source): Source {
  const nouns = Object.entries(source).map(([noun, messages]) => [
    noun,
    Object.fromEntries(Object.entries(messages).map(([key, message]) => [key, toPseudo(message)])),
  ]);
  return Object.fromEntries(nouns) as Source;
}
