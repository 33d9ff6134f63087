import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { createMemoryLogger } from '@isoquorum/platform/memory/logger';
import type { Store } from '@isoquorum/platform/store';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { signTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import { openChain, type OpenedChain } from '../chain/open-chain.ts';
import { createExecutor } from '../import/executor.ts';
import { createPayloadResolver, type PayloadSource } from '../private/payload-resolver.ts';
import { createPrivateFollower, type PrivateFollower } from '../private/private-follower.ts';
import { createPrivateGroups, type ResidentGroup } from '../private/private-groups.ts';
import type { TestChain } from './test-chain.ts';

/** Creates a contract that keeps 42 in slot 0: PUSH1 42 PUSH1 0 SSTORE, then returns one byte of code (STOP). */
const payload = hexToBytes('0x602a600055600160005360016000f3');
const keys = [1, 2].map((byte) => new Uint8Array(32).fill(byte));
const groupOf = (index: number): ResidentGroup => {
  const psi = `PS${index + 1}`;
  return { name: psi, psi, members: [bytesToBase64(keys[index]!)] };
};
/** So many groups of parties: `PS1`, `PS2`. */
export const groupsOf = (count: number): readonly ResidentGroup[] => [0, 1].slice(0, count).map(groupOf);
/** A manager of both parties. */
export const severalPayloads: PayloadSource = {
  async receive(digest) {
    const party = keys[digest[0]! - 1];
    return party && { payload, privacyFlag: 0, managedParties: [party] };
  },
};
/** A private creation whose payload is of the party whose number its digest begins with; 9: nobody's. */
export function creation(test: TestChain, nonce: number, party: number): Transaction {
  const data = new Uint8Array(64).fill(party).fill(nonce, 63);
  const fields = { type: 0 as const, gasPrice: 0n, gasLimit: 300_000n, to: undefined, value: 0n, data };
  return signTransaction({ ...fields, nonce: BigInt(nonce) }, test.accountKeys[1]!, { isPrivate: true });
}

export interface SeveralStates extends OpenedChain {
  readonly follower: PrivateFollower;
  readonly logger: ReturnType<typeof createMemoryLogger>;
  root(psi: string, number: number): string;
}

/** The chain in a store, its private states those of so many groups (`PS1`, `PS2`) and `empty`, level with its head. */
export async function openSeveralStates(
  test: TestChain,
  store: Store,
  groupCount: number,
  isHidden: (digest: EncryptedPayloadHash) => boolean = () => false,
): Promise<SeveralStates> {
  const { genesis } = test.chain.reader;
  const groups = createPrivateGroups(groupsOf(groupCount));
  const logger = createMemoryLogger();
  const onWriteFailure = (error: unknown): never => {
    throw error;
  };
  const opened = await openChain({ genesis, store, logger, onWriteFailure, privateStates: groups.names });
  const { chain, database } = opened;
  const author = () => test.chain.tip().block.header.coinbase;
  const follower = createPrivateFollower({
    chain,
    executor: createExecutor({ chain, database, evm: createFastEvm(), config: genesis.config, author }),
    resolver: createPayloadResolver({
      source: {
        receive: async (digest) => (isHidden(digest) ? undefined : severalPayloads.receive(digest)),
      },
    }),
    groups,
    clock: test.clock,
    logger,
    onFatal: onWriteFailure,
  });
  follower.start();
  await follower.idle();
  const root = (psi: string, number: number): string =>
    bytesToHex(chain.privates.root(chain.reader.hashByNumber(number)!, psi));
  return { ...opened, follower, logger, root };
}
