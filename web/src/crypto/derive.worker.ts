// The worker that stretches passwords, so that the page stays alive meanwhile. One request, one answer; it ends itself when
// who reads the keys says that it has them.
import type { Bytes } from "../lib/bytes.ts";
import { derivePasswordKeys, type Stretching } from "./derive.ts";

export interface DeriveRequest {
  password: string;
  salt: Bytes;
  stretching: Stretching;
  /** Where both keys go (keys/keys.worker.ts listens); the page itself is only told the one that signs in. */
  keys?: MessagePort;
}

export type DeriveAnswer = { authKey: Bytes } | { failed: string };

self.addEventListener("message", (event: MessageEvent<DeriveRequest>) => {
  const { password, salt, stretching, keys } = event.data;
  derivePasswordKeys(password, salt, stretching).then(
    ({ authKey, kek }) => {
      if (keys) {
        keys.onmessage = () => self.close();
        keys.postMessage({ authKey, kek });
      }
      self.postMessage({ authKey } satisfies DeriveAnswer);
    },
    (error: unknown) => self.postMessage({ failed: String(error) } satisfies DeriveAnswer),
  );
});
