// Runs in a signed-in page: brings a conversation's whole history into the local copy, row by row as the client itself
// writes them (replica/entries.ts, toRow), only without its pauses. Fails when a row that the client has written before
// is not the same. What the server has in the clear is written as the client writes what was sealed and opened: with bytes of
// that length, and its content beside them. Resolves with how many entries are held then, and how many could be compared.
async ({ user, conversation }) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const finish = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const complete = (transaction) =>
    new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
  const readPage = async (seq) => {
    const body = JSON.stringify({ conversation_id: conversation, seq, direction: "before", limit: 100 });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch("/api/message.history", { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`history answered ${answer.status}`);
    return answer.json();
  };
  const utf8 = new TextDecoder();
  const split = (row) => {
    const { from_device, counter, epoch, target_seq, log_hash, record, ...entry } = row;
    const { conversation, seq } = entry;
    return [entry, { conversation, seq, from_device, counter, epoch, target_seq, log_hash, record }];
  };
  const toRow = ({ conversation_id, record, record_hash, ...rest }) => {
    const kept = bytes(record);
    const told = kept[0] === 0 ? { plain: JSON.parse(utf8.decode(kept.subarray(1))) } : { waits: 1 };
    return { ...rest, conversation: conversation_id, record: kept, ...told };
  };
  const seal = ({ plain, ...row }) => {
    const length = row.record.length < 92 ? 256 : row.record.length < 348 ? 512 : 1024;
    const record = crypto.getRandomValues(new Uint8Array(length + 33));
    record[0] = 1;
    const opened = { verdict: null, content: plain, sent_at: Date.parse(row.timestamp), target: null, is_withheld: false };
    return { ...row, epoch: 1, record, opened };
  };
  const name = ([entry, proof]) => JSON.stringify([Object.entries(entry).sort(), Object.entries({ ...proof, record: [...proof.record] }).sort()]);

  const database = await finish(indexedDB.open(`hearth-${user}`));
  const key = IDBKeyRange.bound([conversation, 0], [conversation, Infinity]);
  const readAll = (table) => finish(database.transaction(table).objectStore(table).getAll(key));
  const [own, proofs] = await Promise.all(["entries", "records"].map(readAll));
  const written = new Map(own.map((row, at) => [row.seq, name([row, proofs[at]])]));
  let first = 0;
  let last = 0;
  let compared = 0;
  const counts = {};
  do {
    const page = await readPage(first);
    const transaction = database.transaction(["entries", "records"], "readwrite", { durability: "relaxed" });
    for (const entry of page.entries) {
      const row = toRow(entry);
      const known = written.get(row.seq);
      if (known !== undefined && known !== name(split(row))) throw new Error(`the client writes seq ${row.seq} otherwise`);
      compared += known === undefined ? 0 : 1;
      const [least, most] = counts[row.from_device] ?? [row.counter, row.counter];
      counts[row.from_device] = [Math.min(least, row.counter), Math.max(most, row.counter)];
      const [shown, proof] = split(row.plain ? seal(row) : row);
      transaction.objectStore("entries").put(shown);
      transaction.objectStore("records").put(proof);
    }
    await complete(transaction);
    last ||= page.entries.at(-1).seq;
    first = page.entries[0].seq;
  } while (first > 1);
  if (compared === 0) throw new Error("the client has written nothing to compare with");
  const ranges = database.transaction("ranges", "readwrite");
  ranges.objectStore("ranges").delete(key);
  ranges.objectStore("ranges").put({ conversation, from: 1, to: last, counts });
  await complete(ranges);
  const count = await finish(database.transaction("entries").objectStore("entries").count(key));
  database.close();
  return { count, compared };
}
