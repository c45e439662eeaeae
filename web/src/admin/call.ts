// What administrators ask the server for. Nothing of it is kept on the device: it is asked anew each time.
import { type PlainKey, t } from "../i18n/index.svelte.ts";
import type { Client } from "../sync/client.ts";
import type { AdminHealth, AdminInvite, AdminUser, AdminUsers, NewInvite, ResetLink } from "../wire/contract.ts";
import { ProblemError } from "../wire/http.ts";
import { sayError } from "../wire/problem-text.ts";

type Asker = Pick<Client, "call">;

const REFUSALS: Record<string, PlainKey> = {
  administrators_only: "admin.only",
  own_account: "admin.ownAccount",
  account_disabled: "admin.resetDisabled",
  not_found: "admin.gone",
  limit_reached: "admin.tooManyInvites",
};

export function sayRefusal(error: unknown): string {
  const key = error instanceof ProblemError ? REFUSALS[error.problem.code] : undefined;
  return key ? t(key) : sayError(error);
}

export function listUsers(client: Asker, search: string, before: number | null): Promise<AdminUsers> {
  return client.call("admin.users", { search: search.slice(0, 64), before });
}

/** Disables or enables an account and returns it as it is now. */
export function setDisabled(client: Asker, user: number, isDisabled: boolean): Promise<AdminUser> {
  return client.call(isDisabled ? "admin.disable" : "admin.enable", { user_id: user });
}

/** `authKey` is one's own. */
export function resetSignIn(client: Asker, user: number, authKey: string): Promise<ResetLink> {
  return client.call("admin.reset_sign_in", { user_id: user, auth_key: authKey });
}

export async function listInvites(client: Asker): Promise<AdminInvite[]> {
  return (await client.call("admin.invites", {})).invites;
}

export function createInvite(client: Asker, days: number, uses: number): Promise<NewInvite> {
  return client.call("admin.create_invite", { days, uses });
}

export async function revokeInvite(client: Asker, invite: string): Promise<void> {
  await client.call("admin.revoke_invite", { invite_id: invite });
}

export function getHealth(client: Asker): Promise<AdminHealth> {
  return client.call("admin.health", {});
}
