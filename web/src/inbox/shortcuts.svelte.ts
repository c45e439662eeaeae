// Whether the list of keyboard shortcuts is open; a menu and the key "?" show it.

class Shortcuts {
  isOpen = $state(false);

  show(): void {
    this.isOpen = true;
  }
}

export const shortcuts = new Shortcuts();
