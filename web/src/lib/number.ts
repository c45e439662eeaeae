// Whole numbers as people write and count them in a language. Making a formatter takes longer than all that is done with
// it, so each is made once.

const formats = new Map<string, Intl.NumberFormat>();
const percents = new Map<string, Intl.NumberFormat>();
const rules = new Map<string, Intl.PluralRules>();

export function formatNumber(value: number, locale: string): string {
  let format = formats.get(locale);
  if (!format) formats.set(locale, (format = new Intl.NumberFormat(locale)));
  return format.format(value);
}

/** A share from 0 to 1 in whole percent. */
export function formatPercent(share: number, locale: string): string {
  let format = percents.get(locale);
  if (!format) percents.set(locale, (format = new Intl.NumberFormat(locale, { style: "percent" })));
  return format.format(share);
}

/** The plural category of a count: "one", "few", "other" and so on. */
export function findPlural(count: number, locale: string): Intl.LDMLPluralRule {
  let rule = rules.get(locale);
  if (!rule) rules.set(locale, (rule = new Intl.PluralRules(locale)));
  return rule.select(count);
}
