// Whether this device is in use: it is while any of its tabs is. The tab with the connection keeps this and tells the
// server, which takes a new connection for one in use until told otherwise.

/** Milliseconds in which the other tabs say how they are after a new connection. */
const COLLECT = 500;

export class Usage {
  readonly #tell: (isAway: boolean) => void;
  readonly #away = new Map<string, boolean>();
  #told: boolean | undefined;
  #collecting: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (isAway: boolean) => void) {
    this.#tell = tell;
  }

  has(tab: string): boolean {
    return this.#away.has(tab);
  }

  set(tab: string, isAway: boolean): void {
    this.#away.set(tab, isAway);
    this.#judge();
  }

  remove(tab: string): void {
    this.#away.delete(tab);
    this.#judge();
  }

  /** There is a new connection. */
  connect(): void {
    clearTimeout(this.#collecting);
    this.#told = undefined;
    this.#collecting = setTimeout(() => {
      this.#told = false;
      this.#judge();
    }, COLLECT);
  }

  /** This tab has no connection any more. */
  stop(): void {
    clearTimeout(this.#collecting);
    this.#told = undefined;
    this.#away.clear();
  }

  #judge(): void {
    const isAway = [...this.#away.values()].every(Boolean);
    if (this.#told === undefined || this.#told === isAway) return;
    this.#told = isAway;
    this.#tell(isAway);
  }
}
