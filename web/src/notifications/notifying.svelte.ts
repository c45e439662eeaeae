// Whether this device shows notifications to somebody, and how much they say. Kept here: the browser's leave is for this device alone.
const isSupported = isSecureContext && "Notification" in globalThis;

export class Notifying {
  /** The person wants them. */
  isWanted = $state(false);
  showsWords = $state(true);
  /** What the browser was told last. */
  permission = $state<NotificationPermission>("default");
  readonly isSupported = isSupported;
  readonly #shown: string;
  readonly #words: string;
  readonly #ends = new AbortController();

  constructor(user: number) {
    [this.#shown, this.#words] = [`hearth.notifies ${user}`, `hearth.notifies-words ${user}`];
    this.#read();
    // Another tab has chosen otherwise; the browser's leave may have been taken away meanwhile.
    addEventListener("storage", () => this.#read(), { signal: this.#ends.signal });
    document.addEventListener("visibilitychange", () => this.#read(), { signal: this.#ends.signal });
  }

  get isOn(): boolean {
    return this.isWanted && this.permission === "granted";
  }

  /** To be called by something that the person pressed: the browser asks them, the first time. */
  async switchOn(): Promise<void> {
    this.permission = await Notification.requestPermission();
    if (this.permission === "granted") localStorage.setItem(this.#shown, "yes");
    this.#read();
  }

  switchOff(): void {
    localStorage.removeItem(this.#shown);
    this.#read();
  }

  setWords(shows: boolean): void {
    localStorage.setItem(this.#words, shows ? "yes" : "no");
    this.#read();
  }

  stop(): void {
    this.#ends.abort();
  }

  #read(): void {
    this.isWanted = localStorage.getItem(this.#shown) === "yes";
    this.showsWords = localStorage.getItem(this.#words) !== "no";
    if (isSupported) this.permission = Notification.permission;
  }
}
