// What stands in the place of a message that is sealed and cannot be shown (docs/protocol-encryption.md, 12).
import type { Content } from "../crypto/content.ts";
import type { Verdict } from "../crypto/protocol/codec.ts";
import type { PlainKey } from "../i18n/index.svelte.ts";

const WORDS: Partial<Record<Verdict | "lost", PlainKey>> = {
  lost: "messages.closedLost",
  keyless: "messages.closedKeyless",
  bad_commitment: "messages.closedKeyless",
  unproven: "messages.closedUnproven",
  unsupported: "messages.newer",
  not_sealed: "messages.closedNotSealed",
  cannot_open: "messages.closedBroken",
  bad_padding: "messages.closedBroken",
  withheld: "messages.closedWithheld",
};

/** Words for what is no text. */
export function sayClosed(content: Exclude<Content, { type: "text" | "poll" }>): PlainKey {
  if (content.type === "unknown") return "messages.newer";
  if (content.type === "deleted") return "messages.deleted";
  return content.why === null ? "messages.closedYet" : (WORDS[content.why] ?? "messages.closedUnchecked");
}
