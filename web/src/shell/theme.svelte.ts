// Light or dark: as the system says, unless the person chose.

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const STORED = "hearth.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

class Appearance {
  theme = $state<Theme>("system");

  #apply(): void {
    if (this.theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = this.theme;
    const paper = getComputedStyle(document.documentElement).getPropertyValue("--paper").trim();
    for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) meta.content = paper;
  }

  choose(theme: Theme): void {
    this.theme = theme;
    localStorage.setItem(STORED, theme);
    this.#apply();
  }

  start(): void {
    const stored = localStorage.getItem(STORED);
    this.theme = themes.find((theme) => theme === stored) ?? "system";
    // The page as it comes is the system's; reading a colour would make the browser compute styles before anything is drawn.
    if (this.theme !== "system") this.#apply();
    dark.addEventListener("change", () => this.#apply());
  }
}

export const appearance = new Appearance();
