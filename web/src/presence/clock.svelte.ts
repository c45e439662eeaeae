// The time of day as something to follow: whoever reads it is told twice a minute. It stands still while nobody reads.
import { createSubscriber } from "svelte/reactivity";

const TICK = 30_000;

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, TICK);
  return () => clearInterval(timer);
});

export function followNow(): Date {
  subscribe();
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- a new one every time, never changed
  return new Date();
}
