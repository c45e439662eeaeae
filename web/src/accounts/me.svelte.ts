// Everything about oneself, as it stands in the local copy: card, text, settings, devices.
import type { Replica } from "../replica/database.ts";
import { Live } from "../replica/live.svelte.ts";
import type { Device, Settings, UserCard } from "../wire/contract.ts";

interface Own {
  user: UserCard | null;
  about: string;
  created_at: string | null;
  is_admin: boolean;
  settings: Settings;
  devices: Device[];
}

const NOTHING: Own = {
  ...{ user: null, about: "", created_at: null, is_admin: false, settings: { share_presence: true }, devices: [] },
};

export class Me {
  readonly #live: Live<Own>;

  constructor(replica: Replica) {
    this.#live = new Live(NOTHING, async () => {
      const user = (await replica.users.get(replica.me)) ?? null;
      const profile = await replica.findMeta("profile");
      const settings = (await replica.findMeta("settings")) ?? NOTHING.settings;
      const devices = await replica.devices.toArray();
      devices.sort((one, other) => other.last_seen.localeCompare(one.last_seen));
      return { ...NOTHING, ...profile, user, settings, devices };
    });
  }

  get current(): Own {
    return this.#live.value;
  }

  get isReady(): boolean {
    return this.#live.isReady;
  }

  stop(): void {
    this.#live.stop();
  }
}
