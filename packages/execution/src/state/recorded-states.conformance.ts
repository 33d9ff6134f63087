import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToBareHex, bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { bigintToBytes } from '@isoquorum/primitives/integer';
import { describe, expect, it } from 'vitest';
import { createFastEvm } from '../evm/fast/engine.ts';
import { PrivateReplay, RecordedManagerData } from '../testing/private-replay.ts';
import { readRecordedChain } from '../testing/recorded-chain.ts';
import { createReplay } from '../testing/replay.ts';
import { hasFile, hasSharedData, listFolder, readJson, sharedFolder } from '../testing/shared-data.ts';
import type { StateDatabase } from './database.ts';
import { dumpState } from './dump.ts';

interface RecordedAccount {
  readonly balance: string;
  readonly nonce: number;
  readonly root: string;
  readonly codeHash: string;
  readonly storage?: Readonly<Record<string, string>>;
}

type RecordedDumps = Readonly<
  Record<string, { readonly dump: { readonly accounts: Record<string, RecordedAccount> } }>
>;

interface RecordedStates {
  readonly private: RecordedDumps;
  /** At the first listed node only. */
  readonly public?: RecordedDumps;
  /** By hash without `0x`. */
  readonly codes: Readonly<Record<string, string>>;
}

const bare = (hex: string): string => (hex.startsWith('0x') ? hex.slice(2) : hex);

/** A state as it is recorded, and the codes in it by hash. */
function dump(database: StateDatabase, root: Hash32, codes: Map<string, string>): Record<string, RecordedAccount> {
  const accounts: Record<string, RecordedAccount> = {};
  for (const one of dumpState(database, root)) {
    if (one === undefined) continue;
    const codeHash = bytesToBareHex(one.codeHash);
    if (one.code.length > 0) codes.set(codeHash, bytesToBareHex(one.code));
    const storage = one.storage.map(({ slot, slotHash, value }): [string, string] => [
      bytesToHex(slot ?? slotHash),
      bytesToBareHex(bigintToBytes(value)),
    ]);
    accounts[bytesToHex(one.address ?? one.addressHash)] = {
      balance: one.balance.toString(),
      nonce: Number(one.nonce),
      root: bytesToBareHex(one.storageRoot),
      codeHash,
      ...(storage.length === 0 ? {} : { storage: Object.fromEntries(storage) }),
    };
  }
  return accounts;
}

const cases = listFolder('vectors/chains').flatMap((name) =>
  listFolder(`vectors/chains/${name}/nodes`)
    .filter((node) => hasFile(`vectors/chains/${name}/nodes/${node}/states.json.gz`))
    .map((node) => ({ name, node: Number(node) })),
);

describe.skipIf(!hasSharedData)(`recorded states (skipped when ${sharedFolder} has no vectors)`, () => {
  it.each(cases)('$name: every dump of node $node', { timeout: 120_000 }, async ({ name, node }) => {
    const folder = `vectors/chains/${name}`;
    const recorded = readJson(`${folder}/nodes/${node}/states.json.gz`) as RecordedStates;
    const own = `${folder}/nodes/${node}/genesis.json`;
    const chain = readRecordedChain(folder, hasFile(own) ? own : undefined);
    const evm = createFastEvm();
    const replay = createReplay(chain, evm);
    const follower = new PrivateReplay(chain, replay, evm, new RecordedManagerData(folder, node));
    await replay.run(async (number, applied) => {
      await follower.apply(number, applied);
    });
    const codes = new Map<string, string>();
    for (const dumps of [recorded.private, recorded.public ?? {}]) {
      for (const [root, { dump: expected }] of Object.entries(dumps)) {
        const accounts = dump(replay.database, hexToBytes(root), codes);
        expect({ root, accounts }).toEqual({ root, accounts: expected.accounts });
      }
    }
    for (const [hash, code] of Object.entries(recorded.codes)) expect(codes.get(bare(hash))).toBe(bare(code));
    expect(Object.keys(recorded.private).length).toBeGreaterThan(0);
  });
});
