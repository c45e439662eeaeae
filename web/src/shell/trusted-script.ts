// The one Trusted Types policy of our own code: script addresses for workers and the service worker, same origin only.

interface Policy {
  createScriptURL(url: string): unknown;
}

interface Factory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

function requireOwn(url: string): string {
  if (new URL(url, location.href).origin !== location.origin) throw new TypeError("a script from elsewhere");
  return url;
}

let policy: Policy | undefined;

/** What Worker and serviceWorker.register take, also where Trusted Types are unknown (then it is the string). */
export function trustScript(url: string): URL {
  const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
  policy ??= factory?.createPolicy("hearth", { createScriptURL: requireOwn }) ?? { createScriptURL: requireOwn };
  return policy.createScriptURL(url) as URL;
}
