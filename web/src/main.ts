// The start: what the address bar must not keep, language, theme and history, then the page; the service worker when all is calm.
import "./friends/arrival.ts";
import "./ui/theme.scss";

import { mount } from "svelte";

import { session } from "./accounts/session.svelte.ts";
import App from "./App.svelte";
import { language } from "./i18n/index.svelte.ts";
import { connection } from "./shell/connection.svelte.ts";
import { navigation } from "./shell/navigation.svelte.ts";
import { nextTask } from "./shell/pace.ts";
import { prefetch } from "./shell/screens.ts";
import { appearance } from "./shell/theme.svelte.ts";
import { update } from "./shell/update.svelte.ts";

async function start(): Promise<void> {
  appearance.start();
  navigation.start();
  connection.start();
  session.start();
  // What the language is fetched for is fetched beside it.
  if (session.current) prefetch(navigation.route);
  await language.start();
  // Reading the code and drawing the page are two tasks, neither of which keeps the browser busy for long.
  await nextTask();
  mount(App, { target: document.body });
  await update.start().catch(console.error);
}

void start();
