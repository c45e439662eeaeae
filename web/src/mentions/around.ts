// What words that name somebody are shown with: whom the message tells, and the people of its conversation.
import { createContext } from "svelte";

import type { NamedCard } from "../accounts/names.ts";
import type { Mentioned } from "./named.ts";

export const [getPeople, setPeople] = createContext<() => ReadonlyMap<number, NamedCard>>();
export const [getMentioned, setMentioned] = createContext<() => Mentioned>();
