import { rpc, until } from '../../e2e/network.ts';
import type { EngineFaults } from './engine-faults.ts';
import { expectThat } from './expect-that.ts';
import type { FaultNetwork } from './fault-network.ts';

/** How an engine with votes in its headers is asked. */
interface Voting {
  readonly namespace: 'istanbul' | 'clique';
  /** Name of the method that lists the votes of a node. */
  readonly wishes: string;
  /** Who made the blocks from `first` to `last`. */
  authors(url: string, first: number, last: number): Promise<readonly string[]>;
}

const quantity = (value: number): string => `0x${value.toString(16)}`;

function votedFaults(
  voting: Voting,
  rest: Pick<EngineFaults, 'tolerated' | 'resumeWithinMs' | 'stallMessage' | 'missing'>,
): EngineFaults {
  const { namespace, wishes } = voting;

  /** Who made the newest blocks, of those after a number. */
  async function authors(network: FaultNetwork, index: number, blocks: number, after = 0): Promise<Set<string>> {
    const last = await network.height(index);
    const first = Math.max(after, last - blocks) + 1;
    return new Set(first > last ? [] : await voting.authors(network.url(index), first, last));
  }

  async function untilAuthor(network: FaultNetwork, index: number, count: number, after: number): Promise<void> {
    await until(
      `${network.address(index)} makes a block`,
      () => authors(network, index, count, after),
      (found) => found.has(network.address(index)),
      90_000,
    );
  }

  /** More than half of the validators, the guest among them or not. */
  const voters = (count: number): readonly number[] =>
    Array.from({ length: Math.floor((count + 1) / 2) + 1 }, (_, at) => at);

  return {
    ...rest,
    untilTakesPart: untilAuthor,
    async admit(network, count) {
      const guest = count;
      await network.start(guest);
      await network.untilHeight(guest, await network.height(0), 60_000);
      expectThat(!(await network.status(guest)).isValidator, 'a guest validates');
      const candidate = network.address(guest);
      for (const index of voters(count)) await rpc(network.url(index), `${namespace}_propose`, candidate, true);
      const listed = await rpc<Record<string, boolean>>(network.url(0), wishes);
      expectThat(listed[candidate] === true, 'the candidate is not listed');
      await until(
        'the guest validates',
        () => network.status(guest),
        ({ isValidator }) => isValidator,
        90_000,
      );
    },
    async expel(network, count) {
      const guest = count;
      const candidate = network.address(guest);
      for (const index of voters(count)) {
        await rpc(network.url(index), `${namespace}_discard`, candidate);
        await rpc(network.url(index), `${namespace}_propose`, candidate, false);
      }
      await until(
        'the guest is out',
        () => network.status(guest),
        ({ isValidator }) => !isValidator,
        90_000,
      );
      const outAt = await network.height(0);
      await network.untilHeight(guest, outAt + count + 1, 90_000);
      expectThat(!(await authors(network, guest, count)).has(candidate), 'who was voted out still makes blocks');
    },
  };
}

/** IBFT and QBFT: F of 3F+1; a round fails after 4 s, the next one after 8 s more. */
export const istanbulFaults: EngineFaults = votedFaults(
  {
    namespace: 'istanbul',
    wishes: 'istanbul_candidates',
    authors: (url, first, last) =>
      Promise.all(
        Array.from({ length: last - first + 1 }, async (_, at) => {
          const number = quantity(first + at);
          const { Author } = await rpc<{ Author: string }>(url, 'istanbul_getSignersFromBlock', number);
          return Author;
        }),
      ),
  },
  {
    tolerated: (count) => Math.ceil(count / 3) - 1,
    // Two rounds of the second timeout, and what the start of a process on a busy machine takes.
    resumeWithinMs: 2 * 8_000 + 6_000,
    stallMessage: 'No block in this round',
    missing: ({ failed }) => failed?.missing ?? [],
  },
);

/** Clique: each signs one of so many blocks in a row, so as many must be there. */
export const cliqueFaults: EngineFaults = votedFaults(
  {
    namespace: 'clique',
    wishes: 'clique_proposals',
    async authors(url, first, last) {
      // Its range leaves the last block out, and ends at the head.
      const range = [first, last].map(quantity);
      if (first === last) return [];
      const { sealerActivity } = await rpc<{ sealerActivity: Record<string, number> }>(url, 'clique_status', ...range);
      return Object.keys(sealerActivity).filter((address) => (sealerActivity[address] ?? 0) > 0);
    },
  },
  {
    tolerated: (count) => count - (Math.floor(count / 2) + 1),
    resumeWithinMs: 10_000,
    stallMessage: 'No block from those that may sign',
    missing: ({ missing }) => missing,
  },
);
