// The language in use. `t("accounts.signIn")` gives its text and is reactive: changing the language redraws the page.
// English is in the first load, the others are fetched when chosen.
import { en } from "./en/index.ts";
import { type AnyLocale, chooseLocale, locales, toIntlTag } from "./locales.ts";
import { formatMessage, type Message, type ParametersOf, type Translation } from "./message.ts";

type English = typeof en;
export type MessageKey = {
  [Noun in keyof English & string]: `${Noun}.${keyof English[Noun] & string}`;
}[keyof English & string];

type SourceOf<Key extends MessageKey> = Key extends `${infer Noun}.${infer Name}`
  ? Noun extends keyof English
    ? Name extends keyof English[Noun]
      ? English[Noun][Name]
      : never
    : never
  : never;
type Parameters<Key extends MessageKey> =
  keyof ParametersOf<SourceOf<Key>> extends never ? [] : [ParametersOf<SourceOf<Key>>];

/** Messages without parameters, for keys that are chosen at run time. */
export type PlainKey = { [Key in MessageKey]: Parameters<Key> extends [] ? Key : never }[MessageKey];

const STORED = "hearth.locale";
const loaders = {
  hi: async () => (await import("./hi/index.ts")).hi,
  gu: async () => (await import("./gu/index.ts")).gu,
  ar: async () => (await import("./ar/index.ts")).ar,
  pseudo: async () => (await import("./pseudo.ts")).makePseudo(en),
};

class Language {
  locale = $state<AnyLocale>("en");
  #catalogue = $state.raw<Translation<English>>(en);

  /** For Intl: language and, where known, region. */
  readonly tag = $derived(toIntlTag(this.locale, navigator.languages));

  get direction(): "ltr" | "rtl" {
    return this.locale === "pseudo" ? "ltr" : locales[this.locale].direction;
  }

  find(key: string): Message {
    const [noun, name] = key.split(".") as [keyof English, string];
    return (this.#catalogue[noun] as Record<string, Message>)[name] ?? key;
  }

  /** Loads the language, then switches to it. When it cannot be fetched, the one in use stays. */
  async use(locale: AnyLocale): Promise<void> {
    this.#catalogue = locale === "en" ? en : await loaders[locale]();
    this.locale = locale;
    document.documentElement.lang = locale === "pseudo" ? "en" : locale;
    document.documentElement.dir = this.direction;
  }

  async choose(locale: AnyLocale): Promise<void> {
    await this.use(locale);
    if (locale !== "pseudo") localStorage.setItem(STORED, locale);
  }

  /** At start: `?locale=` (also "pseudo") for tests and screenshots, else the stored choice, else the browser's. */
  async start(): Promise<void> {
    const asked = new URLSearchParams(location.search).get("locale");
    const locale = asked === "pseudo" ? asked : chooseLocale(asked ?? localStorage.getItem(STORED), navigator.languages);
    await this.use(locale).catch(() => this.use("en"));
  }
}

export const language = new Language();

export function t<Key extends MessageKey>(key: Key, ...parameters: Parameters<Key>): string {
  return formatMessage(language.find(key), parameters[0] ?? {}, language.locale === "pseudo" ? "en" : language.locale);
}
