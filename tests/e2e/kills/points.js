// Runs in the page before anything of it: stops the page inside the browser's own storage calls, at the moment that is
// named in `hearthStop`, with a breakpoint. Nothing of the shipped client knows of it.
(() => {
  const stop = (point) => {
    if (globalThis.hearthStop !== point) return;
    globalThis.hearthStop = undefined;
    debugger;
  };
  const wraps = (name, before) => {
    const real = IDBObjectStore.prototype[name];
    IDBObjectStore.prototype[name] = function (...values) {
      before(this, values[0]);
      return real.apply(this, values);
    };
  };
  // The last message written on this page: an earlier one that is opened late is kept again, too.
  let written;
  // Listeners run in the order in which they were added: this one before any of the client's.
  const realTransaction = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...values) {
    const transaction = realTransaction.apply(this, values);
    transaction.addEventListener("complete", () => {
      if (transaction.hearthAdds) stop("stored");
      if (transaction.hearthSeals) stop("kept");
      if (transaction.hearthDeletes) stop("removed");
    });
    return transaction;
  };
  wraps("add", (store, value) => {
    if (store.name !== "outbox") return;
    written = value.client_id;
    stop("adding");
    store.transaction.hearthAdds = true;
  });
  wraps("put", (store, value) => {
    if (store.name === "entries" && written !== undefined && value.client_id === written) stop("answered");
    if (store.name !== "outbox" || !value.sealed) return;
    stop("sealed");
    store.transaction.hearthSeals = true;
  });
  wraps("delete", (store) => {
    if (store.name !== "outbox") return;
    stop("applied");
    store.transaction.hearthDeletes = true;
  });
})();
