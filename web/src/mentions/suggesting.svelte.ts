// Suggestions for a mention while somebody types it: listens to the field, which keeps the focus, and completes what stands in it.
import { t } from "../i18n/index.svelte.ts";
import type { Callable } from "./named.ts";
import { type Asked, complete, findAsked, isStill, isWhole, listSuggestions, type Suggestion } from "./suggest.ts";

const NOTHING: Suggestion[] = [];

export class Suggesting {
  /** Which of what is shown is chosen by Enter. */
  at = $state(0);
  field = $state.raw<HTMLTextAreaElement>();
  #asked = $state.raw<Asked | null>(null);
  /** As they were when the last character was typed: nobody else takes somebody's place under the finger. */
  #shown = $state.raw<Suggestion[]>(NOTHING);
  readonly #text: () => string;
  readonly #callable: () => Callable;
  readonly #write: (text: string, caret: number) => void;

  /** `write` puts another text into the field. */
  constructor(text: () => string, callable: () => Callable, write: (text: string, caret: number) => void) {
    this.#text = text;
    this.#callable = callable;
    this.#write = write;
  }

  /** What is being typed; null when nothing is, or the text is another by now. */
  get asked(): Asked | null {
    return this.#asked !== null && isStill(this.#text(), this.#asked) ? this.#asked : null;
  }

  get shown(): Suggestion[] {
    return this.asked === null ? NOTHING : this.#shown;
  }

  choose(suggestion: Suggestion | undefined): void {
    if (this.asked === null || suggestion === undefined) return;
    const { text, caret } = complete(this.#text(), this.asked, suggestion);
    this.#asked = null;
    this.#write(text, caret);
  }

  /** For a field: heard before its own handlers, which hear nothing of what is for the suggestions. */
  readonly attach = (field: HTMLTextAreaElement): (() => void) => {
    this.field = field;
    const end = new AbortController();
    const listen = (name: string, hear: (event: Event) => void): void => field.addEventListener(name, hear, { signal: end.signal });
    listen("input", () => this.#look(field));
    listen("click", () => this.#asked && this.#look(field));
    listen("keyup", (event) => /^(Arrow(Left|Right)|Home|End)$/.test((event as KeyboardEvent).key) && this.#asked && this.#look(field));
    // It may come of the field's own end, while nothing can be written.
    listen("blur", () => queueMicrotask(() => (this.#asked = null)));
    listen("keydown", (event) => this.#press(event as KeyboardEvent));
    return () => end.abort();
  };

  #look({ value, selectionStart, selectionEnd }: HTMLTextAreaElement): void {
    this.#asked = selectionStart === selectionEnd ? findAsked(value, selectionStart) : null;
    this.#shown = this.#asked === null ? NOTHING : listSuggestions(this.#asked.wanted, this.#callable(), t("mentions.all"));
    this.at = 0;
  }

  #press(event: KeyboardEvent): void {
    const { key, isComposing } = event;
    const count = this.shown.length;
    if (count === 0 || isComposing || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // What is typed whole needs no completing: Enter sends.
    if (key === "Enter" && isWhole(this.#asked!, this.shown[this.at]!)) return void (this.#asked = null);
    if (key === "ArrowDown" || key === "ArrowUp") this.at = (this.at + (key === "ArrowDown" ? 1 : count - 1)) % count;
    else if (key === "Enter" || key === "Tab") this.choose(this.shown[this.at]);
    else if (key === "Escape") this.#asked = null;
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
