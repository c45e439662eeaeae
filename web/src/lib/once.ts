// What several tabs would do at once is done by one of them.

/** Runs `act` unless another tab has taken `name` and holds it still, for `held` ms after it was done. */
export async function onceAmongTabs(name: string, held: number, act: () => unknown): Promise<void> {
  const locks = navigator.locks as LockManager | undefined;
  if (!locks) return void (await act());
  await locks.request(`hearth ${name}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    await act();
    await new Promise((resolve) => setTimeout(resolve, held));
  });
}
