// Short messages that come and go, and the polite announcements for screen readers. Views call these; Toasts.svelte shows.

export interface Toast {
  id: number;
  text: string;
  kind: "info" | "danger";
  action?: { label: string; run: () => void };
}

const SHOWN_FOR_MS = 6000;
const MOST = 3;

class Toasts {
  list = $state.raw<Toast[]>([]);
  announced = $state("");
  /** The one that has the focus: it waits. */
  held: number | null = null;
  #next = 1;

  /** With an action, or when it `stays`, it is there until it is used or closed. The same words stand there once.
   *  Returns the id. */
  show(text: string, options: { kind?: Toast["kind"]; action?: Toast["action"]; stays?: boolean } = {}): number {
    const id = this.#next++;
    const toast: Toast = { id, text, kind: options.kind ?? "info", ...(options.action && { action: options.action }) };
    const others = this.list.filter((shown) => shown.text !== text);
    this.list = [...others.slice(1 - MOST), toast];
    if (!options.action && !options.stays) this.#end(id);
    return id;
  }

  #end(id: number): void {
    setTimeout(() => (this.held === id ? this.#end(id) : this.close(id)), SHOWN_FOR_MS);
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** Says a text to a screen reader without showing it. The same text twice is said twice. */
  announce(text: string): void {
    this.announced = this.announced === text ? `${text}\u00a0` : text;
  }
}

export const toasts = new Toasts();
