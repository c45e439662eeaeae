// Stretches a password in a worker of its own. It ends when its keys were taken, or when nobody has for a while: what lies in a
// port is lost in Firefox when the worker that put it there is ended before.
import type { Bytes } from "../lib/bytes.ts";
import { trustScript } from "../shell/trusted-script.ts";
import type { Stretching } from "./derive.ts";
import type { DeriveAnswer, DeriveRequest } from "./derive.worker.ts";
import workerUrl from "./derive.worker.ts?worker&url";

export interface DerivedPassword {
  authKey: Bytes;
  /** Both keys wait in it for who it is handed on to: the page does not read it. */
  keys: MessagePort;
}

/** The 32 bytes that sign in, and both keys for a request to the keys' worker. Throws Error when the device cannot do it (out of memory). */
export async function derivePassword(password: string, salt: Bytes, stretching: Stretching): Promise<DerivedPassword> {
  const { port1, port2 } = new MessageChannel();
  return { authKey: await derive({ password, salt, stretching, keys: port1 }, [port1]), keys: port2 };
}

const LONGEST_MS = 60_000;

function derive(request: DeriveRequest, handedOver: MessagePort[]): Promise<Bytes> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(trustScript(workerUrl), { type: "module" });
    const end = (): void => worker.terminate();
    worker.addEventListener("message", (event: MessageEvent<DeriveAnswer>) => {
      setTimeout(end, LONGEST_MS);
      if ("authKey" in event.data) return resolve(event.data.authKey);
      end();
      reject(new Error(event.data.failed));
    });
    worker.addEventListener("error", (event) => {
      end();
      reject(new Error(event.message || "the password worker did not start"));
    });
    worker.postMessage(request, handedOver);
  });
}
