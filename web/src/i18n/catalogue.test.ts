import { describe, expect, test } from "vitest";

import { ar } from "./ar/index.ts";
import { en } from "./en/index.ts";
import { gu } from "./gu/index.ts";
import { hi } from "./hi/index.ts";
import { chooseLocale, toIntlTag } from "./locales.ts";
import { type Catalogue, formatMessage, type Message } from "./message.ts";
import { makePseudo } from "./pseudo.ts";

const translations: Record<string, Catalogue> = { hi, gu, ar };
const messages = Object.entries(en).flatMap(([noun, group]) =>
  Object.entries(group).map(([key, message]) => [noun, key, message as Message] as const),
);

const formsOf = (message: Message): string[] => (typeof message === "string" ? [message] : Object.values(message));
const namesIn = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

describe.each(Object.entries(translations))("%s", (locale, catalogue) => {
  test("is whole, with nothing left over", () => {
    const keys = (source: Catalogue): string[] =>
      Object.entries(source).flatMap(([noun, group]) => Object.keys(group).map((key) => `${noun}.${key}`)).sort();
    expect(keys(catalogue)).toEqual(keys(en as unknown as Catalogue));
  });

  test.each(messages)("%s.%s has the same parameters, every plural form, and is translated", (noun, key, source) => {
    const message = catalogue[noun]![key]!;
    const expected = namesIn(formsOf(source).at(-1)!);
    if (typeof message === "string") expect(namesIn(message)).toEqual(expected);
    else {
      expect(Object.keys(message).sort()).toEqual(
        [...new Intl.PluralRules(locale).resolvedOptions().pluralCategories].sort(),
      );
      expect(namesIn(message.other)).toEqual(expected);
    }
    expect(formsOf(message).every((text) => text.trim() !== "")).toBe(true);
    const hasWords = /\p{L}/u.test(formsOf(source)[0]!.replace(/\{\w+\}/g, ""));
    if (hasWords) expect(message).not.toEqual(source);
  });
});

test("a parameter takes its place, numbers in the language's digits", () => {
  expect(formatMessage("{a} and {b}, {a}", { a: "x", b: 1234.5 }, "en")).toBe("x and 1,234.5, x");
  expect(formatMessage("no {such}", {}, "en")).toBe("no {such}");
});

test("plural forms follow the language", () => {
  const message = { one: "{count} friend", other: "{count} friends" };
  expect(formatMessage(message, { count: 1 }, "en")).toBe("1 friend");
  expect(formatMessage(message, { count: 0 }, "en")).toBe("0 friends");
  expect(formatMessage({ two: "صديقان", other: "{count} صديق" }, { count: 2 }, "ar")).toBe("صديقان");
});

test("a name that runs the other way is isolated, and no control in it can end that", () => {
  expect(formatMessage("Hello {name}", { name: "\u2069\u202eAnn" }, "en")).toBe("Hello Ann");
  expect(formatMessage("Hello {name}", { name: "علي" }, "en")).toBe("Hello \u2068علي\u2069");
  expect(formatMessage("Hello {name}", { name: "Ann" }, "en")).toBe("Hello Ann");
  expect(formatMessage("مرحبا {name}", { name: "Ann" }, "ar")).toBe("مرحبا \u2068Ann\u2069");
});

test("the pseudo-locale is 40 % longer and keeps parameters", () => {
  const pseudo = makePseudo({ a: { b: "Hello {name}", c: { one: "{count} x", other: "{count} xs" } } });
  expect(pseudo.a.b).toMatch(/^\[.*\{name\}~+\]$/);
  expect(pseudo.a.b.length).toBeGreaterThan("Hello {name}".length * 1.4);
  expect(pseudo.a.c.other).toContain("{count}");
});

test.each([
  [null, ["gu-IN", "en"], "gu"],
  [null, ["fr", "ar-EG"], "ar"],
  [null, ["fr"], "en"],
  ["hi", ["en"], "hi"],
  ["__proto__", ["en"], "en"],
])("chosen %s, browser %j: %s", (chosen, preferred, locale) => expect(chooseLocale(chosen, preferred)).toBe(locale));

test("Intl gets the browser's region", () => {
  expect(toIntlTag("en", ["fr", "en-IN"])).toBe("en-IN");
  expect(toIntlTag("hi", ["en-IN"])).toBe("hi");
});
