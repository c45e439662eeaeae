// Whatever strangers write where this client reads it without a signature: it gives a value or says no, and never throws otherwise.
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type Content, readContent, readPlain } from "./crypto/content.ts";
import { readState } from "./crypto/group-state.ts";
import { applyChange, type PrivateChange } from "./crypto/private-change.ts";
import { ProtocolError } from "./crypto/protocol/codec.ts";
import { readBody } from "./crypto/protocol/record.ts";
import { readRecoveryKey } from "./crypto/protocol/vault.ts";
import { readLink as readFriendLink, readWanted } from "./friends/find.ts";
import { readFriendFragment, writeFriendLink } from "./friends/link.ts";
import { fromBase64Url, toBase64Url } from "./lib/bytes.ts";
import { linkify } from "./lib/linkify.ts";
import { readLook } from "./messages/look.ts";
import { readKeeping } from "./private/keeping.ts";
import { readMarks } from "./private/marks.ts";
import { findDraft } from "./replica/drafts.ts";
import { readRoute } from "./routes.ts";
import { readProblem } from "./wire/http.ts";

/** Any characters, halves of pairs too; and what looks like something. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 300 }),
  fc.array(fc.oneof(fc.webUrl(), fc.emailAddress(), fc.constantFrom("www.", "mailto:", "javascript:", "http://", "(", ")", "[", "\u202e", "@", "*", "`", "\n", " ", "a")), { maxLength: 30 }).map((parts) => parts.join("")),
);
const value = fc.anything({ withNullPrototype: true });
const body = fc.oneof(value, fc.record({ type: fc.constantFrom("text", "poll", "reaction", "vote", "state", "deletion", "pin", "unpin"), question: text, options: fc.oneof(value, fc.array(fc.oneof(text, fc.integer({ min: -1, max: 12 })))), several: value, closed: value, text, mentions: value, everyone: value, forwarded: value, emoji: text, title: value, description: value, picture: value }, { requiredKeys: ["type"] }));

const holds = <T>(given: fc.Arbitrary<T>, act: (given: T) => unknown, numRuns = 300): void => fc.assert(fc.property(given, (one) => void act(one)), { numRuns });

/** Runs what may refuse by a verdict. */
function refusing(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
}

describe("a message", () => {
  it("of any form says something or that it cannot be read", () => {
    holds(fc.tuple(body, fc.integer({ min: 0, max: 9 })), ([said, kind]) => expect(typeof readContent(said, kind).type).toBe("string"));
    holds(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      readPlain(bytes);
      readPlain(Uint8Array.of(0, ...bytes));
      refusing(() => readBody(Uint8Array.from(bytes)));
    });
  });

  it("of a group's state has its form, or none", () => {
    holds(body, (said) => typeof said === "object" && said !== null && readState(said));
  });

  it("comes out of its links as it went in, and leads nowhere but to hosts and mail addresses", () => {
    holds(text, (written) => {
      const pieces = linkify(written);
      expect(pieces.map((piece) => (typeof piece === "string" ? piece : piece.text)).join("")).toBe(written);
      for (const piece of pieces) if (typeof piece !== "string") expect(piece.href).toMatch(/^(https?:\/\/|mailto:)/);
    }, 500);
  });

  it("of any text is looked at", () => {
    holds(text, (written) => readLook({ type: "text", text: written } satisfies Content));
  });
});

describe("an address", () => {
  it("of a friend link is a name and a fingerprint, or nothing", () => {
    holds(text, (written) => {
      readFriendFragment(`#friend=${written}`);
      readFriendLink(written);
      readWanted(written);
    });
    const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((one) => one.length <= 64 && !/\p{Cs}/u.test(one) && !/[/\\\p{Cc}\s#]/u.test(one));
    const fingerprint = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("hex"));
    holds(fc.record({ username: name, fingerprint }), (link) => expect(readFriendFragment(writeFriendLink(link))).toEqual(link));
  });

  it("of a page is one of the pages", () => {
    holds(fc.tuple(text, text), ([pathname, hash]) => expect(typeof readRoute({ pathname: `/${pathname}`, hash: `#${hash}` }).name).toBe("string"));
  });
});

describe("what other devices and the server say", () => {
  it("is read field by field", () => {
    const fields = fc.dictionary(fc.constantFrom("muted", "archived", "pinned", "unread", "text", "time", "messages"), value);
    const marked = fc.record({ messages: fc.array(fc.oneof(value, fc.tuple(fc.integer({ min: -1, max: 9 }), fc.base64String()))) });
    holds(fc.oneof(fields, marked), (said) => {
      const kept = readKeeping(said);
      expect([typeof kept.mutedUntil, typeof kept.pinnedAt]).toEqual(["number", "number"]);
      for (const [seq, hash] of readMarks(said)) expect([seq > 0, typeof hash]).toEqual([true, "string"]);
      const draft = findDraft("0c", undefined, said);
      if (draft !== null) expect(Number.isNaN(Date.parse(draft.saved_at))).toBe(false);
    });
    holds(fc.tuple(fc.integer({ min: 0, max: 599 }), value), ([status, said]) => expect(typeof readProblem(status, said).code).toBe("string"));
  });

  it("is changed so that the same change again changes nothing", () => {
    const json = fc.jsonValue({ maxDepth: 2 });
    const fields = fc.dictionary(fc.constantFrom("messages", "muted", "other"), json);
    const change: fc.Arbitrary<PrivateChange> = fc.oneof(
      fc.record({ set: fields }),
      fc.record({ field: fc.constant("messages"), add: fc.array(json, { maxLength: 3 }) }),
      fc.record({ field: fc.constant("messages"), drop: fc.array(json, { maxLength: 3 }) }),
    );
    holds(fc.tuple(fields, change), ([said, one]) => {
      const once = applyChange(said as Record<string, unknown>, one);
      expect(applyChange(once, one)).toEqual(once);
    });
  });

  it("as a recovery key is a key or mistyped", () => {
    holds(text, (typed) => refusing(() => readRecoveryKey(typed)));
  });

  it("in the address's alphabet comes back as it was", () => {
    holds(fc.uint8Array({ maxLength: 64 }), (bytes) => expect([...fromBase64Url(toBase64Url(Uint8Array.from(bytes)))]).toEqual([...bytes]));
  });
});
