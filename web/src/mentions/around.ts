// The people of a conversation, for the words that name somebody in it.
import { createContext } from "svelte";

import type { NamedCard } from "../accounts/names.ts";

export const [getPeople, setPeople] = createContext<() => ReadonlyMap<number, NamedCard>>();
