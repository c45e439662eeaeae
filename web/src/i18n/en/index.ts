// English: the source. Every other language must have exactly these messages, or the build fails.
import { accounts } from "./accounts.ts";
import { problems } from "./problems.ts";
import { shell } from "./shell.ts";
import { ui } from "./ui.ts";

export const en = { accounts, problems, shell, ui } as const;
