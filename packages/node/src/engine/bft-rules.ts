import { bftAuthor, bftCommitters, verifyBftHeader } from '@isoquorum/consensus/header';
import type { Profile } from '@isoquorum/consensus/profile';
import { isUnsafeQuorum, quorumOf } from '@isoquorum/consensus/quorum';
import type { RecoverAddress } from '@isoquorum/consensus/recover';
import { genesisSnapshot, nextSnapshot, type Snapshot } from '@isoquorum/consensus/snapshot';
import { snapshotFromJson, snapshotToJson, type SnapshotJson } from '@isoquorum/consensus/snapshot-json';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bftConfigAt } from '@isoquorum/primitives/genesis/bft-config';
import type { Header } from '@isoquorum/primitives/header';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { Logger } from '@isoquorum/platform/logger';
import type { Blockchain } from '../chain/blockchain.ts';
import { unknownBlock } from '../chain/errors.ts';
import { snapshotKey } from '../chain/keys.ts';
import { createLru } from '../chain/lru.ts';
import type { EngineRules, HashedHeader } from './engine.ts';

/** Snapshots of blocks of these numbers are stored, so that a restart need not replay votes from the genesis. */
const storeEvery = 1024;

export interface BftRulesOptions {
  readonly chain: Blockchain;
  readonly profile: Profile;
  readonly recover: RecoverAddress;
  readonly logger: Logger;
}

export interface BftRules extends EngineRules {
  /** Who validates after the block, and pending votes. @throws UNKNOWN_BLOCK */
  snapshotAfter(block: HashedHeader): Snapshot;
  /** Why the present set is not safe, if it is not (decision 7). */
  quorumWarning(block: HashedHeader): string | undefined;
}

/** IBFT's and QBFT's rules on our chain: headers, validators by votes, seals. */
export function createBftRules(options: BftRulesOptions): BftRules {
  const { chain, profile, recover } = options;
  const { config } = chain.reader;
  const rules = { config, profile, recover };
  const recent = createLru<Snapshot>(1024);

  function stored(block: HashedHeader): Snapshot | undefined {
    if (block.header.number % storeEvery !== 0) return undefined;
    const bytes = chain.store.getSync(snapshotKey(block.hash));
    return bytes && snapshotFromJson(JSON.parse(bytesToUtf8(bytes, 'snapshot')) as SnapshotJson);
  }

  function keep(snapshot: Snapshot): void {
    recent.set(snapshot.hash, snapshot);
    if (snapshot.number % storeEvery !== 0 || snapshot.number === 0) return;
    const value = utf8ToBytes(JSON.stringify(snapshotToJson(snapshot, config)));
    // A snapshot can be made again; a failed write shows in the queue, which stops the node.
    chain.writes.write([{ type: 'put', key: snapshotKey(snapshot.hash), value }]).catch(() => undefined);
  }

  function snapshotAfter(block: HashedHeader): Snapshot {
    const ahead: HashedHeader[] = [];
    let at = block;
    let snapshot = recent.get(at.hash);
    while (snapshot === undefined) {
      snapshot = at.header.number === 0 ? genesisSnapshot(at.header, rules) : stored(at);
      if (snapshot !== undefined) break;
      ahead.push(at);
      const hash: Hash32 = at.header.parentHash;
      const header = chain.blocks.header(hash);
      if (header === undefined) throw unknownBlock(hash);
      at = { hash, header };
      snapshot = recent.get(hash);
    }
    recent.set(snapshot.hash, snapshot);
    for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
      snapshot = nextSnapshot(snapshot, next.header, rules);
      keep(snapshot);
    }
    return snapshot;
  }

  return {
    snapshotAfter,
    author(header) {
      const author = header.number === 0 ? header.coinbase : bftAuthor(header, config, recover);
      if (author === undefined) {
        throw new IsoquorumError('PROPOSER_SEAL_INVALID', 'invalid signature', { number: header.number });
      }
      return author;
    },
    verifyHeader(header, parent, nowMs) {
      const { validators } = snapshotAfter(parent);
      const nowSeconds = BigInt(Math.floor(nowMs / 1000));
      verifyBftHeader(header, parent.header, validators, { ...rules, nowSeconds, seals: 'checked' });
    },
    validatorsAfter: (block) => snapshotAfter(block).validators,
    committers(header: Header) {
      if (header.number === 0) return [];
      const found = bftCommitters(header, config, recover);
      return found.filter((address): address is Address => address !== undefined);
    },
    quorumWarning(block) {
      const number = block.header.number + 1;
      const count = snapshotAfter(block).validators.length;
      const isCeil = bftConfigAt(config, number)?.isCeil2NBy3 ?? false;
      const rule = isCeil ? 'ceil2N/3' : '2F+1';
      if (count <= 1 || !isUnsafeQuorum(count, rule)) return undefined;
      return `with ${count} validators a quorum is ${quorumOf(count, rule)} (${rule}): two quorums need not share a correct validator`;
    },
  };
}
