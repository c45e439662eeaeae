import type { en } from "../en/index.ts";
import type { Translation } from "../message.ts";
import { accounts } from "./accounts.ts";
import { admin } from "./admin.ts";
import { friends } from "./friends.ts";
import { groups } from "./groups.ts";
import { inbox } from "./inbox.ts";
import { keys } from "./keys.ts";
import { mentions } from "./mentions.ts";
import { messages } from "./messages.ts";
import { notifications } from "./notifications.ts";
import { polls } from "./polls.ts";
import { problems } from "./problems.ts";
import { shell } from "./shell.ts";
import { trust } from "./trust.ts";
import { ui } from "./ui.ts";

export const ar: Translation<typeof en> = { accounts, admin, friends, groups, inbox, keys, mentions, messages, notifications, polls, problems, shell, trust, ui };
