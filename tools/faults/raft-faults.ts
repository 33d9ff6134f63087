import { rpc, until } from '../../e2e/network.ts';
import type { EngineFaults } from './engine-faults.ts';
import { expectThat } from './expect-that.ts';
import type { FaultNetwork } from './fault-network.ts';

const majorityOf = (count: number): number => Math.floor(count / 2) + 1;
const tolerated = (count: number): number => count - majorityOf(count);

async function untilRole(network: FaultNetwork, index: number, role: string): Promise<void> {
  await until(
    `${network.members[index]?.name} is ${role === '' ? 'out' : role}`,
    () => rpc<string>(network.url(index), 'raft_role'),
    (found) => found === role,
    60_000,
  );
}

/** The index of the node that mints. */
export async function minterOf(network: FaultNetwork): Promise<number> {
  const { proposer } = await until(
    'a minter',
    () => network.status(network.up()[0] ?? 0),
    (status) => status.proposer !== null,
    60_000,
  );
  return network.members.findIndex(({ address }) => address === proposer);
}

/** Raft: a majority must be there. What it mints on demand comes from a trickle of transactions. */
export const raftFaults: EngineFaults = {
  tolerated,
  resumeWithinMs: 10_000,
  stallMessage: 'No leader: too few members are there',
  missing: ({ missing }) => missing,
  async untilTakesPart(network, index, count) {
    // So many others are gone that no block comes without its vote.
    const others = network.up().filter((other) => other !== index && other !== 0);
    const victims = others.slice(-tolerated(count));
    expectThat(network.up().length - victims.length === majorityOf(count), 'not all voters run');
    await network.kill(...victims);
    await network.untilHeight(0, (await network.height(0)) + 3, 60_000);
    await network.start(...victims);
    for (const victim of victims) await network.untilHeight(victim, await network.height(0), 60_000);
  },
  async admit(network, count) {
    const guest = count;
    const enode = network.members[guest]?.enode ?? '';
    const id = await rpc<number>(network.url(1), 'raft_addLearner', enode);
    network.setFlags(guest, ['--raftjoinexisting', String(id)]);
    await network.start(guest);
    await untilRole(network, guest, 'learner');
    await network.untilHeight(guest, await network.height(0), 60_000);
    expectThat(!(await network.status(guest)).isValidator, 'a learner votes');
    expectThat((await rpc(network.url(2), 'raft_promoteToPeer', id)) === true, 'the learner is not promoted');
    await until(
      'everybody counts its vote',
      () => Promise.all(network.up().map((index) => network.status(index))),
      (all) => all.every(({ validators }) => validators.length === count + 1),
      60_000,
    );
  },
  async expel(network, count) {
    const guest = count;
    const id = await rpc<number>(network.url(0), 'raft_getRaftId', network.members[guest]?.enode);
    await rpc(network.url(0), 'raft_removePeer', id);
    await untilRole(network, guest, '');
    await until(
      'nobody counts its vote',
      () => Promise.all(network.up().map((index) => network.status(index))),
      (all) =>
        all.every(
          ({ validators, isValidator }, at) =>
            validators.length === count && isValidator !== (network.up()[at] === guest),
        ),
      60_000,
    );
    // It may follow the chain, and the others go on without it.
    await network.kill(guest);
    await network.untilHeight(0, (await network.height(0)) + 3, 60_000);
  },
};
