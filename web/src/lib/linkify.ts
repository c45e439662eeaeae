// Finds what in a text may be a link. Own and small instead of linkify-it: only an explicit http, https or mailto (or www.)
// counts here, so fuzzy domain matching and its Unicode tables would be weight that only adds ways to be fooled.
// Every link carries the host the browser would really go to, because the text may lie about it.

export interface Link {
  type: "link";
  text: string;
  href: string;
  /** Where it leads: the host as the browser reads it (IDN in its xn-- form), or the mail address. */
  host: string;
  /** True when the text makes another impression: userinfo, IDN, or odd characters. Then the host is shown beside it. */
  isDeceptive: boolean;
}

export type Piece = string | Link;

const CANDIDATE = /(?<![a-z\d/.@+-]|\w_|\b(?:blob|data|filesystem|javascript|view-source):)(?:https?:\/\/|www\.(?=[^\s.])|mailto:)[^\s<>"“”„«»`{}|\\^\u0000-\u001f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/giu;
const ENDS_SENTENCE = ".,:;!?'’*_~…。、";
const MAXIMUM_LINK = 2048;
export const MAXIMUM_LINKS = 100;
const MAIL_ADDRESS = /^[\w.!#$%&'*+/=?^`~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i;

/**
 * Drops punctuation that ends the sentence rather than the link, and closing brackets that the link did not open.
 * Linear: brackets are counted once and then as the end moves.
 */
function trimEnd(found: string): string {
  const excess = { ")": 0, "]": 0 };
  for (const character of found) {
    if (character === ")" || character === "]") excess[character] += 1;
    else if (character === "(") excess[")"] -= 1;
    else if (character === "[") excess["]"] -= 1;
  }
  let end = found.length;
  for (; end > 0; end -= 1) {
    const last = found[end - 1]!;
    if ((last === ")" || last === "]") && excess[last] > 0) excess[last] -= 1;
    else if (!ENDS_SENTENCE.includes(last)) break;
  }
  return found.slice(0, end);
}

function readMail(text: string): Link | null {
  const address = text.slice("mailto:".length).split("?")[0]!;
  if (!MAIL_ADDRESS.test(address)) return null;
  // Only the address: subject and body of somebody else's making are not put into a mail.
  return { type: "link", text, href: `mailto:${address}`, host: address, isDeceptive: false };
}

/** The link a text stands for, or null when it may not be clickable. */
export function readLink(text: string): Link | null {
  if (/^mailto:/i.test(text)) return readMail(text);
  let url: URL;
  try {
    url = new URL(/^www\./i.test(text) ? `https://${text}` : text);
  } catch {
    return null;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  if (url.hostname === "" || !/^https?:\/\/|^www\./i.test(text)) return null;
  const shown = text.replace(/^https?:\/\//i, "").split(/[/?#]/)[0]!.toLowerCase();
  const hasUserinfo = url.username !== "" || url.password !== "" || shown.includes("@");
  url.username = "";
  url.password = "";
  const isIdn = url.hostname.split(".").some((label) => label.startsWith("xn--"));
  const isOther = shown.replace(/:\d*$/, "") !== url.hostname;
  return { type: "link", text, href: url.href, host: url.host, isDeceptive: hasUserinfo || isIdn || isOther };
}

/** Splits a text into plain strings and links, in order, `most` of them at most. Linear in the length. */
export function linkify(text: string, most = MAXIMUM_LINKS): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  let links = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    if (links >= most) break;
    const link = match[0].length > MAXIMUM_LINK ? null : readLink(trimEnd(match[0]));
    if (!link) continue;
    links += 1;
    if (match.index > done) pieces.push(text.slice(done, match.index));
    pieces.push(link);
    done = match.index + link.text.length;
  }
  if (done < text.length) pieces.push(text.slice(done));
  return pieces;
}
