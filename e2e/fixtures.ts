import { type Browser, test as base } from 'playwright/test';
import { type Party, openParty } from './party.ts';
import { type RunningNetwork, startNetwork } from './network.ts';

/** One network for all tests of a worker, started as a user starts it; parties are pages in contexts of their own. */
export const test = base.extend<{ party: () => Promise<Party> }, { network: RunningNetwork }>({
  network: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures from this pattern
    async ({}, use) => {
      const network = await startNetwork(26_000);
      await use(network);
      await network.stop();
    },
    { scope: 'worker', timeout: 240_000 },
  ],
  party: async ({ browser, network }, use) => {
    const parties: Party[] = [];
    await use(async () => {
      const party = await openParty(browser as Browser, network);
      parties.push(party);
      return party;
    });
    for (const party of parties) await party.close();
  },
});

export { expect } from 'playwright/test';
