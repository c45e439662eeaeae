// What a message of the catalogue is, and how it becomes text. `{name}` is a parameter; a message with a count has one
// form per plural category of its language. Sentences are whole: nothing is ever glued together from pieces.
import { findPlural, formatNumber } from "../lib/number.ts";

export type Plural = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;
export type Message = string | Plural;
export type Catalogue = Record<string, Record<string, Message>>;

/** The shape a translation must have: the same nouns, the same messages, plural where the source is plural. */
export type Translation<Source> = {
  readonly [Noun in keyof Source]: {
    readonly [Key in keyof Source[Noun]]: Source[Noun][Key] extends string ? string : Plural;
  };
};

type NamesIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;

/** The parameters of a message, read from its text by the compiler. */
export type ParametersOf<Source> = Source extends string
  ? { [Name in NamesIn<Source>]: string | number }
  : Source extends { other: infer Other }
    ? { [Name in NamesIn<Other>]: Name extends "count" ? number : string | number } & { count: number }
    : never;

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;
const DIRECTION_CONTROLS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A value that runs the other way than the sentence is isolated, as <bdi> does (FSI … PDI), and cannot end that itself. */
function isolate(value: string, locale: string): string {
  const bare = value.replace(DIRECTION_CONTROLS, "");
  const isOther = locale === "ar" ? !/^\d+$/.test(bare) : RIGHT_TO_LEFT.test(bare);
  return isOther ? `\u2068${bare}\u2069` : bare;
}

export function formatMessage(message: Message, parameters: Record<string, string | number>, locale: string): string {
  let text = typeof message === "string" ? message : message.other;
  if (typeof message !== "string") {
    const category = findPlural(Number(parameters["count"]), locale);
    text = message[category] ?? message.other;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = parameters[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? formatNumber(value, locale) : isolate(value, locale);
  });
}
