// Which addresses are pages of this client: what the service worker answers offline. All others (the API, the trust page,
// documents) are the server's. Only the worker imports this at run time: code shared with the page would be a chunk of
// its own, and a classic script cannot import one.
const FIRST_PARTS = ["", "sign-in", "register", "reset", "recover", "c", "groups", "friends", "add", "u", "you", "admin"];

export function isOwnPage(pathname: string): boolean {
  return FIRST_PARTS.includes(pathname.split("/")[1] ?? "");
}
