// The languages there are, and which one a person gets: the one chosen, else the first of the browser's that we have.

export const locales = {
  en: { name: "English", direction: "ltr" },
  hi: { name: "हिन्दी", direction: "ltr" },
  gu: { name: "ગુજરાતી", direction: "ltr" },
  ar: { name: "العربية", direction: "rtl" },
} as const;

export type Locale = keyof typeof locales;
export type AnyLocale = Locale | "pseudo";

export function isLocale(value: string | null): value is Locale {
  return value !== null && Object.hasOwn(locales, value);
}

export function chooseLocale(chosen: string | null, preferred: readonly string[]): Locale {
  if (isLocale(chosen)) return chosen;
  for (const tag of preferred) {
    const language = tag.toLowerCase().split("-")[0]!;
    if (isLocale(language)) return language;
  }
  return "en";
}

/** The tag for Intl: with the browser's region when it speaks the same language (en-GB, en-IN), for dates and times. */
export function toIntlTag(locale: AnyLocale, preferred: readonly string[]): string {
  const language = locale === "pseudo" ? "en" : locale;
  return preferred.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language;
}
