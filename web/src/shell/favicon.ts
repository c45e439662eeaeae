// The icon of the tab: with a red dot while something is unread.

export function showUnreadIcon(isUnread: boolean): void {
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const path = isUnread ? "/favicon-unread.svg" : "/favicon.svg";
  if (icon && icon.getAttribute("href") !== path) icon.href = path;
}
