import { Index } from "flexsearch";
import { COUNT, doc, tokens } from "./corpus.js";
let index;
const make = () => new Index({ tokenize: "forward", encode: tokens, resolution: 1 });
export async function build() { index = make(); for (let i = 0; i < COUNT; i++) index.add(i, doc(i).text); let bytes = 0; const parts = []; await index.export((k, v) => { if (v) { bytes += v.length; parts.push([k, v]); } }); await save(parts); return { bytes }; }
const finish = (r) => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
async function db() { const r = indexedDB.open("flex", 1); r.onupgradeneeded = () => r.result.createObjectStore("x"); return finish(r); }
async function save(x) { const d = await db(); const t = d.transaction("x", "readwrite"); t.objectStore("x").put(x, "x"); await new Promise((ok) => (t.oncomplete = ok)); }
export async function load() { const d = await db(); index = make(); for (const [k, v] of await finish(d.transaction("x").objectStore("x").get("x"))) index.import(k, v); return {}; }
export async function query(q) { const r = index.search(q.replace("*", ""), { limit: 100000 }); return { count: r.length, top: r.slice(0, 50) }; }
export async function add(i) { index.add(i, doc(i).text); }
export async function remove(i) { index.remove(i); }
