// The page's side of the keys' worker: started at the first ask, after sign-in.
import { trustScript } from "../../shell/trusted-script.ts";
import workerUrl from "./keys.worker.ts?worker&url";
import { KeysError } from "./failure.ts";
import type { Act, Acts, Answer } from "./messages.ts";

interface Waiting {
  resolve: (gives: never) => void;
  reject: (error: KeysError) => void;
}

export class Keeper {
  #worker: Worker | undefined;
  #last = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** Throws KeysError. */
  ask<A extends Act>(act: A, needs: Acts[A]["needs"]): Promise<Acts[A]["gives"]> {
    this.#worker ??= this.#start();
    const id = (this.#last += 1);
    const answer = new Promise<Acts[A]["gives"]>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#worker.postMessage({ id, act, ...needs }, findPorts(needs));
    return answer;
  }

  #start(): Worker {
    const worker = new Worker(trustScript(workerUrl), { type: "module" });
    worker.addEventListener("message", (event: MessageEvent<Answer>) => this.#take(event.data));
    worker.addEventListener("error", () => this.#fail());
    return worker;
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("ok" in answer) waiting?.resolve(answer.ok as never);
    else waiting?.reject(new KeysError(answer.failed));
  }

  /** The worker is broken: whoever waits is told, and the next ask starts another one. */
  #fail(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(new KeysError({ kind: "broken", code: "worker" }));
    this.#waiting.clear();
  }
}

/** Ports stand at the top or in a chosen password; both are handed over. */
function findPorts(needs: object): MessagePort[] {
  return Object.values(needs).flatMap((value: unknown) => {
    if (value instanceof MessagePort) return [value];
    const inner = typeof value === "object" && value !== null ? (value as { keys?: unknown }).keys : undefined;
    return inner instanceof MessagePort ? [inner] : [];
  });
}
