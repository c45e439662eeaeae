// Own inverted index: segments of sorted terms in blocks in IndexedDB, postings as deltas in varints; what is newer than the segments is in memory.
import { COUNT, doc, tokens } from "./corpus.js";
const DB = "own-search";
const finish = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
const done = (t) => new Promise((ok, no) => { t.oncomplete = ok; t.onabort = () => no(t.error); });
const BLOCK = 8192, TAIL = 2000, SEGMENT = 12500;
let db, directory = [], meta, tail, tailFrom;
async function open() { const r = indexedDB.open(DB, 1); r.onupgradeneeded = () => { r.result.createObjectStore("blocks"); r.result.createObjectStore("meta"); }; db = await finish(r); }
class Postings { constructor() { this.bytes = new Uint8Array(8); this.length = 0; this.last = -1; }
  add(id) { if (id === this.last) return; let d = id - this.last; this.last = id; if (this.length + 5 > this.bytes.length) { const b = new Uint8Array(this.bytes.length * 2); b.set(this.bytes); this.bytes = b; } while (d > 127) { this.bytes[this.length++] = (d & 127) | 128; d >>>= 7; } this.bytes[this.length++] = d; } 
  get all() { return this.bytes.subarray(0, this.length); } }
const decode = (bytes, into) => { let last = -1, d = 0, shift = 0; for (const b of bytes) { d |= (b & 127) << shift; if (b & 128) shift += 7; else { last += d; into.push(last); d = 0; shift = 0; } } };
const enc = new TextEncoder(), dec = new TextDecoder();
/** A segment: terms sorted by their UTF-8, blocks of about 8 KiB of [term length, term, postings length (2 × varint), postings]. */
async function writeSegment(number, map) {
  const terms = [...map.keys()].sort();
  const t = db.transaction("blocks", "readwrite", { durability: "relaxed" }), store = t.objectStore("blocks");
  const firsts = []; let parts = [], size = 0, first, at = 0, total = 0;
  const flush = () => { const block = new Uint8Array(size); let o = 0; for (const p of parts) { block.set(p, o); o += p.length; } firsts.push(first); store.put(block, [number, at++]); total += size; parts = []; size = 0; };
  for (const term of terms) { const name = enc.encode(term), p = map.get(term).all; const head = [name.length]; let n = p.length; while (n > 127) { head.push((n & 127) | 128); n >>>= 7; } head.push(n);
    if (size === 0) first = term; parts.push(Uint8Array.of(head[0]), name, Uint8Array.from(head.slice(1)), p); size += 1 + name.length + head.length - 1 + p.length; if (size >= BLOCK) flush(); }
  if (size > 0) flush();
  await done(t); return { number, firsts, bytes: total, terms: terms.length };
}
function* readBlock(block) { let o = 0; while (o < block.length) { const l = block[o++]; const name = block.subarray(o, o + l); o += l; let n = 0, s = 0, b; do { b = block[o++]; n |= (b & 127) << s; s += 7; } while (b & 128); yield [dec.decode(name), block.subarray(o, o + n)]; o += n; } }
const note = (map, id, text) => { for (const term of tokens(text)) { let p = map.get(term); if (!p) map.set(term, (p = new Postings())); p.add(id); } };
export async function build() {
  await open();
  let segments = [];
  const conv = new Uint16Array(COUNT), from = new Uint32Array(COUNT), time = new Float64Array(COUNT);
  let map = new Map(), longest = 0;
  for (let i = 0; i < COUNT; i++) { const t0 = i % 200 === 0 ? performance.now() : 0; const d = doc(i); note(map, i, d.text); conv[i] = d.conversation; from[i] = d.from; time[i] = d.time; 
    if ((i + 1) % SEGMENT === 0) { segments.push(await writeSegment(segments.length, map)); map = new Map(); } }
  meta = { segments, conv, from, time, count: COUNT };
  const t = db.transaction("meta", "readwrite"); t.objectStore("meta").put(meta, "meta"); await done(t);
  tail = new Map(); tailFrom = COUNT; 
  return { bytes: segments.reduce((s, x) => s + x.bytes, 0) + conv.byteLength + from.byteLength + time.byteLength, terms: segments.reduce((s, x) => s + x.terms, 0), segments: segments.length };
}
export async function load() { await open(); meta = await finish(db.transaction("meta").objectStore("meta").get("meta")); tail = new Map(); for (let i = COUNT; i < COUNT + TAIL; i++) note(tail, i, doc(i).text); return { tail: TAIL }; }
async function idsOf(term, isPrefix) {
  const found = [], store = db.transaction("blocks").objectStore("blocks");
  const end = isPrefix ? term + "\uffff" : term;
  const reads = meta.segments.map(({ number, firsts }) => { let lo = 0, hi = firsts.length; while (lo < hi) { const m = (lo + hi) >> 1; if (firsts[m] <= term) lo = m + 1; else hi = m; } const a = Math.max(0, lo - 1); let b = a; while (b + 1 < firsts.length && firsts[b + 1] <= end) b++; return finish(store.getAll(IDBKeyRange.bound([number, a], [number, b]))); });
  for (const blocks of await Promise.all(reads)) for (const block of blocks) for (const [name, p] of readBlock(block)) if (isPrefix ? name.startsWith(term) : name === term) decode(p, found);
  for (const [name, p] of isPrefix ? tail : tail.has(term) ? [[term, tail.get(term)]] : []) if (!isPrefix || name.startsWith(term)) decode(p.all, found);
  return found;
}
export async function query(q) {
  const parts = q.split(" ").map((w) => (w.endsWith("*") ? [w.slice(0, -1), true] : [w, false]));
  const lists = await Promise.all(parts.map(([w, p]) => idsOf(tokens(w)[0] ?? w, p)));
  lists.sort((a, b) => a.length - b.length);
  let ids = new Set(lists[0]);
  for (const list of lists.slice(1)) { const next = new Set(); for (const id of list) if (ids.has(id)) next.add(id); ids = next; }
  const sorted = Uint32Array.from(ids).sort();
  return { count: sorted.length, top: [...sorted.subarray(-50)].reverse() };
}
export async function add(i) { note(tail, i, doc(i).text); }
/** Takes the words of one message out of the blocks that have them. */
export async function remove(i) {
  const number = Math.floor(i / SEGMENT), { firsts } = meta.segments[number];
  const t = db.transaction("blocks", "readwrite", { durability: "relaxed" }), store = t.objectStore("blocks");
  const at = new Map();
  for (const term of new Set(tokens(doc(i).text))) { let lo = 0, hi = firsts.length; while (lo < hi) { const m = (lo + hi) >> 1; if (firsts[m] <= term) lo = m + 1; else hi = m; } const b = Math.max(0, lo - 1); if (!at.has(b)) at.set(b, new Set()); at.get(b).add(term); }
  await Promise.all([...at].map(async ([b, terms]) => { const block = await finish(store.get([number, b])); const parts = []; let size = 0; for (const [name, p] of readBlock(block)) { let kept = p; if (terms.has(name)) { const ids = []; decode(p, ids); const n = new Postings(); for (const id of ids) if (id !== i) n.add(id); kept = n.all; if (kept.length === 0) continue; } const nm = enc.encode(name); const head = []; let n = kept.length; while (n > 127) { head.push((n & 127) | 128); n >>>= 7; } head.push(n); parts.push(Uint8Array.of(nm.length), nm, Uint8Array.from(head), kept); size += 1 + nm.length + head.length + kept.length; } const out = new Uint8Array(size); let o = 0; for (const p of parts) { out.set(p, o); o += p.length; } store.put(out, [number, b]); }));
  await done(t);
}
