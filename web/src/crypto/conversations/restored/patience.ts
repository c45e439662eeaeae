/** Milliseconds after a restore of the server in which others may give back what this device cannot; the page and the worker alike. */
export const PATIENCE = 600_000;
