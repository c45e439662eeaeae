// Stretches a password in a worker of its own. The worker ends afterwards, and its 64 MiB with it.
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

function derive(request: DeriveRequest, handedOver: MessagePort[]): Promise<Bytes> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(trustScript(workerUrl), { type: "module" });
    const end = (): void => worker.terminate();
    worker.addEventListener("message", (event: MessageEvent<DeriveAnswer>) => {
      end();
      if ("authKey" in event.data) resolve(event.data.authKey);
      else reject(new Error(event.data.failed));
    });
    worker.addEventListener("error", (event) => {
      end();
      reject(new Error(event.message || "the password worker did not start"));
    });
    worker.postMessage(request, handedOver);
  });
}
