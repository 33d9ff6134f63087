import { readAbiText } from '@isoquorum/execution/transition/shared-state';
import { bloomMayContain } from '@isoquorum/primitives/bloom';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual, bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import type { Log } from '@isoquorum/primitives/log';
import { type Transaction, transactionSender } from '@isoquorum/primitives/transaction/transaction';
import type { ExtensionJson } from '@isoquorum/rpc/jsonrpc/shapes/extension';
import type { ChainReader } from '../chain/chain.ts';

/** `NewContractExtensionContractCreated(address,string,address)`: contract, new party's key, account that may accept. */
const offeredTopic = hexToBytes('0x04576ede6057794ada68966eebc285c98a2726cbc4929ffd1ad9900336728d93');
/** `ExtensionFinished()`. */
const finishedTopic = hexToBytes('0x79c47b570b18a8a814b785800e5fcbf104e067663589cef1bba07756e3c6ede9');

interface Read {
  readonly number: number;
  readonly root: Hash32;
  readonly active: ReadonlyMap<string, ExtensionJson>;
}

/** Which extensions of private contracts are open, told from the private logs of management contracts (goquorum.md 7). */
export interface ExtensionBook {
  /** As far as the private state has come. @throws UNKNOWN_PRIVATE_STATE */
  active(psi: string): readonly ExtensionJson[];
}

export function createExtensionBook(chain: ChainReader, chainId: bigint | undefined): ExtensionBook {
  const known = new Map<string, Read>();

  /** What was read before, unless that private state has gone back since. */
  function start(psi: string, executed: number): Read | undefined {
    const read = known.get(psi);
    const hash = read && read.number <= executed ? chain.hashByNumber(read.number) : undefined;
    return read !== undefined && hash !== undefined && bytesEqual(chain.privateStateRoot(hash, psi), read.root)
      ? read
      : undefined;
  }

  function take(active: Map<string, ExtensionJson>, log: Log, transaction: Transaction): void {
    const [topic] = log.topics;
    if (log.topics.length !== 1 || topic === undefined) return;
    const management = bytesToHex(log.address);
    if (bytesEqual(topic, finishedTopic)) active.delete(management);
    if (!bytesEqual(topic, offeredTopic) || log.data.length < 96) return;
    active.set(management, {
      contractExtended: bytesToHex(log.data.subarray(12, 32)),
      initiator: bytesToHex(transactionSender(transaction, chainId)),
      recipient: bytesToHex(log.data.subarray(76, 96)),
      managementContractAddress: management,
      recipientPtmKey: readAbiText(log.data, 1) ?? '',
      creationData: bytesToBase64(transaction.data),
    });
  }

  return {
    active(psi) {
      const executed = chain.privateHead(psi).number;
      const before = start(psi, executed);
      const active = new Map(before?.active);
      for (let number = (before?.number ?? 0) + 1; number <= executed; number++) {
        const bloom = chain.bloom(number, psi);
        if (bloom === undefined || ![offeredTopic, finishedTopic].some((topic) => bloomMayContain(bloom, topic)))
          continue;
        const located = chain.blockByNumber(number);
        if (located === undefined) break;
        const receipts = [chain.privateReceipts(located.hash, psi), chain.innerReceipts(located.hash, psi)];
        const entries = receipts.flatMap((map) => [...(map ?? [])]).toSorted(([left], [right]) => left - right);
        for (const [index, { logs }] of entries) {
          const transaction = located.block.transactions[index];
          if (transaction !== undefined) for (const log of logs) take(active, log, transaction);
        }
      }
      const hash = chain.hashByNumber(executed);
      if (hash !== undefined) known.set(psi, { number: executed, root: chain.privateStateRoot(hash, psi), active });
      return [...active.values()];
    },
  };
}
