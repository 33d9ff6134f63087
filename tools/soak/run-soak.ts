import { kill } from 'node:process';
import { storedAt } from '../../e2e/contracts.ts';
import { type NetworkFile, type RunningNetwork, rpc, startNetwork, until } from '../../e2e/network.ts';
import { sleep } from '../bench/network.ts';
import { type Load, startLoad } from './load.ts';

export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly portBase: number;
  readonly say: (what: string) => void;
}

export interface SoakReport {
  readonly kills: number;
  readonly accepted: number;
  readonly head: number;
  /** What went wrong; empty when nothing was lost and all agree. */
  readonly faults: readonly string[];
}

const KILL_EVERY_MS = 7_000;
const MANAGERS_DOWN_MS = 15_000;
const SETTLE_MS = 120_000;

/** Mulberry32: enough for choosing victims, and the same for the same seed. */
function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function killNow(victim: { readonly name: string; readonly pid: number }, say: (what: string) => void): void {
  say(`kill -9 ${victim.name} (pid ${victim.pid})`);
  try {
    kill(victim.pid, 'SIGKILL');
  } catch {
    say(`${victim.name} was down already`);
  }
}

/** The chain must go on while no manager lives: kills all of them again and again, and watches the head. */
async function killAllManagers(network: RunningNetwork, say: (what: string) => void, faults: string[]): Promise<void> {
  const url = network.file().nodes[0]?.http ?? '';
  const before = Number(
    await until(
      'a head',
      () => rpc<string>(url, 'eth_blockNumber'),
      () => true,
    ),
  );
  const until_ = performance.now() + MANAGERS_DOWN_MS;
  while (performance.now() < until_) {
    for (const manager of network.file().managers) {
      try {
        kill(manager.pid, 'SIGKILL');
      } catch {
        // Down already, and not yet started again.
      }
    }
    await sleep(500);
  }
  const after = Number(
    await until(
      'a head',
      () => rpc<string>(url, 'eth_blockNumber'),
      () => true,
    ),
  );
  say(`all managers down for ${MANAGERS_DOWN_MS / 1_000} s: the chain went from ${before} to ${after}`);
  if (after < before + 3) faults.push(`the chain stood still without managers: ${before} to ${after}`);
}

async function checkAgreement(
  file: NetworkFile,
  load: Load,
  faults: string[],
  say: (what: string) => void,
): Promise<number> {
  const urls = file.nodes.map((node) => node.http);
  say(`looking for ${load.accepted.length} accepted transactions at every node`);
  const deadline = performance.now() + SETTLE_MS;
  for (const { hash, kind } of load.accepted) {
    for (const url of urls) {
      const found = await until(
        `${kind} ${hash} at ${url}`,
        () => rpc(url, 'eth_getTransactionReceipt', hash),
        (receipt) => receipt !== null,
        Math.max(1_000, deadline - performance.now()),
      ).catch((error: unknown) => error as Error);
      if (found instanceof Error) faults.push(`lost: ${found.message}`);
    }
  }
  const heads = await Promise.all(urls.map((url) => rpc<string>(url, 'eth_blockNumber')));
  const common = Math.min(...heads.map(Number));
  const blocks = await Promise.all(
    urls.map((url) =>
      rpc<{ hash: string; stateRoot: string }>(url, 'eth_getBlockByNumber', `0x${common.toString(16)}`, false),
    ),
  );
  if (new Set(blocks.map((block) => block.hash)).size !== 1)
    faults.push(`heads differ at ${common}: ${blocks.map((block) => block.hash).join(', ')}`);
  const parties = urls.slice(0, 2);
  const roots = await until(
    'equal private contracts',
    () => Promise.all(parties.map((url) => rpc<string>(url, 'eth_storageRoot', load.privateContract))),
    (found) => new Set(found).size === 1,
  ).catch(() => undefined);
  if (roots === undefined) faults.push('the parties differ in the private contract');
  if ((await storedAt(urls[2] ?? '', load.privateContract)) !== undefined)
    faults.push('a stranger can read the private contract');
  return common;
}

/** Kills processes of every kind under load, each started again by `dev`; then everything accepted must be there and all must agree. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const random = createRandom(options.seed);
  const faults: string[] = [];
  const network = await startNetwork(options.portBase, '--no-playground');
  try {
    const load = await startLoad({ file: () => network.file(), random });
    const end = performance.now() + options.seconds * 1_000;
    let kills = 0;
    while (performance.now() < end) {
      await sleep(KILL_EVERY_MS);
      const { nodes, managers } = network.file();
      const victims = [...nodes, ...managers];
      const victim = victims[random(victims.length)];
      if (victim === undefined) continue;
      killNow(victim, options.say);
      kills += 1;
    }
    await sleep(KILL_EVERY_MS);
    await killAllManagers(network, options.say, faults);
    await load.stop();
    await until(
      'every process is back',
      () => Promise.all(network.file().managers.map(async (manager) => (await fetch(`${manager.q2t}/upcheck`)).status)),
      (states) => states.every((status) => status === 200),
      SETTLE_MS,
    );
    const head = await checkAgreement(network.file(), load, faults, options.say);
    return { kills, accepted: load.accepted.length, head, faults };
  } finally {
    await network.stop();
  }
}
