import { describe, expect, onTestFinished, test, vi } from "vitest";

import { type Link, linkify, readLink } from "./linkify.ts";

const links = (text: string): Link[] => linkify(text).filter((piece): piece is Link => typeof piece !== "string");

describe("what becomes a link", () => {
  test.each([
    ["see https://example.org/a?b=c#d now", "https://example.org/a?b=c#d", "example.org"],
    ["HTTP://Example.ORG", "http://example.org/", "example.org"],
    ["go to www.example.org.", "https://www.example.org/", "www.example.org"],
    ["(https://en.wikipedia.org/wiki/Fire_(film))", "https://en.wikipedia.org/wiki/Fire_(film)", "en.wikipedia.org"],
    ["https://example.org:8443/x!", "https://example.org:8443/x", "example.org:8443"],
    ["mailto:ann@example.org?subject=x&body=y", "mailto:ann@example.org", "ann@example.org"],
  ])("%s", (text, href, host) => {
    expect(links(text)).toMatchObject([{ href, host, isDeceptive: false }]);
  });

  test("pieces put together are the text again", () => {
    const text = "a https://x.org, b (https://y.org/z). c www.w.org…";
    expect(linkify(text).map((piece) => (typeof piece === "string" ? piece : piece.text)).join("")).toBe(text);
    expect(links(text)).toHaveLength(3);
  });
});

describe("what never becomes a link (T02)", () => {
  test.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://example.org/x",
    "file:///etc/passwd",
    "ftp://example.org",
    "&#106;avascript:alert(1)",
    "javascript&colon;alert(1)",
    "http://",
    "https:///",
    "mailto:not an address",
    "mailto:a@b@c.org",
    "example.org",
  ])("%j", (text) => expect(links(text)).toEqual([]));

  test("a dangerous scheme does not lend its tail", () => {
    expect(links("javascript://example.org/%0aalert(1)")).toEqual([]);
  });

  test("readLink alone refuses them too", () => {
    expect(readLink("javascript:alert(1)")).toBeNull();
    expect(readLink(" https://example.org")).toBeNull();
  });
});

describe("the real host is told (T11)", () => {
  test.each([
    ["https://bank.example@evil.example/login", "evil.example", "https://evil.example/login"],
    ["https://user:pw@evil.example", "evil.example", "https://evil.example/"],
    ["https://аpple.com", "xn--pple-43d.com", "https://xn--pple-43d.com/"],
    ["https://0x7f.1/", "127.0.0.1", "https://127.0.0.1/"],
    ["https://ｅvil.example", "evil.example", "https://evil.example/"],
  ])("%s leads to %s", (text, host, href) => {
    expect(links(text)).toMatchObject([{ host, href, isDeceptive: true }]);
  });

  test("a right-to-left override ends the link", () => {
    expect(links("https://example.org/\u202egro.live")[0]?.href).toBe("https://example.org/");
  });
});

test("hostile length costs little (T03)", () => {
  const parse = vi.fn();
  const Counted = class extends URL {
    constructor(text: string) {
      super(text);
      parse();
    }
  };
  vi.stubGlobal("URL", Counted);
  onTestFinished(() => void vi.unstubAllGlobals());
  expect(links("http://".repeat(20_000))).toEqual([]);
  expect(links(`https://x.org/${"(".repeat(50_000)}`)).toEqual([]);
  expect(parse).not.toHaveBeenCalled();
  expect(links(`https://x.org/${")".repeat(1500)} `.repeat(50))).toHaveLength(50);
  expect(parse).toHaveBeenCalledTimes(50);
  expect(links("https://x.org ".repeat(500))).toHaveLength(100);
});
