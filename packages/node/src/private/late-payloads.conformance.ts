import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createRecoverCache } from '@isoquorum/consensus/recover-cache';
import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createClock } from '@isoquorum/platform/node/clock';
import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import { createInThreadRecovery } from '@isoquorum/platform/sender-recovery';
import { encodeReceipt } from '@isoquorum/primitives/receipt';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { bareHexToBytes, bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ChainReader } from '../chain/chain.ts';
import { openChain } from '../chain/open-chain.ts';
import { createEngineRules } from '../engine/create-engine-rules.ts';
import { createExecutor } from '../import/executor.ts';
import { importChain } from '../import/import-chain.ts';
import { readManagerData } from '../node/read-manager-data.ts';
import { createPayloadResolver, type PayloadSource } from './payload-resolver.ts';
import { privateDigestsOf } from './private-digests.ts';
import { createPrivateFollower } from './private-follower.ts';
import { createPrivateGroups, privateStatesOf } from './private-groups.ts';

const shared = process.env['ISOQUORUM_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const chains = join(shared, 'vectors/chains');
const isPresent = existsSync(chains);
const isLong = process.env['CONFORMANCE_LONG'] !== undefined;
/** Payloads that are tried at a node: spread over the chain, or all of them when everything is asked for. */
const payloadsMax = isLong ? Number.POSITIVE_INFINITY : 8;

/** Nodes with payloads, of all chains; in ordinary runs two of each chain. */
function cases(): { readonly chain: string; readonly node: string }[] {
  if (!isPresent) return [];
  return readdirSync(chains).flatMap((chain) => {
    const folder = join(chains, chain, 'nodes');
    const nodes = existsSync(folder) ? readdirSync(folder) : [];
    const parties = nodes.filter((node) => {
      const path = join(folder, node, 'payloads.json');
      return existsSync(path) && readFileSync(path, 'utf8').trim().length > 2;
    });
    return (isLong ? parties : parties.slice(0, 2)).map((node) => ({ chain, node }));
  });
}

/** Roots and receipts of every block and private state, as text. */
function portrait(chain: ChainReader): readonly string[] {
  const lines: string[] = [];
  for (let number = 0; number <= chain.headNumber(); number++) {
    const hash = chain.hashByNumber(number)!;
    for (const psi of chain.privateStates()) {
      const own = [...chain.privateReceipts(hash, psi)!, ...chain.innerReceipts(hash, psi)!];
      const receipts = own.map(
        ([index, one]) => `${index}:${bytesToHex(one.transactionHash)}:${bytesToHex(encodeReceipt(one))}`,
      );
      const roots = [chain.privateStateRoot(hash, psi), chain.privateExtraRoot(hash, psi)].map(bytesToHex);
      lines.push(`${number} ${psi} ${roots.join(' ')} ${receipts.join(' ')}`);
    }
  }
  return lines;
}

/** How often the lack of a payload could be seen. */
let missed = 0;

beforeAll(async () => {
  await installFastestCrypto();
});

describe.skipIf(!isPresent)('payloads that come after their blocks (needs ../shared)', () => {
  it.each(cases())(
    'end at the recorded roots and receipts: $chain, node $node',
    { timeout: 600_000 },
    async ({ chain: name, node }) => {
      const folder = join(chains, name);
      const own = join(folder, 'nodes', node);
      const genesisPath = join(existsSync(join(own, 'genesis.json')) ? own : folder, 'genesis.json');
      const genesis = parseGenesis(JSON.parse(readFileSync(genesisPath, 'utf8')));
      const data = readManagerData(own);
      const hidden = new Set<string>();
      const asked = new Set<string>();
      const source: PayloadSource = {
        async receive(digest) {
          const text = bytesToBareHex(digest);
          asked.add(text);
          return hidden.has(text) ? undefined : data.source.receive(digest);
        },
        sealedHere: (digest) => data.source.sealedHere!(digest),
      };
      const store = createMemoryStore();
      const bytes = gunzipSync(readFileSync(join(folder, 'chain.rlp.gz')));
      await importChain({
        genesis,
        source: (async function* () {
          yield await Promise.resolve(new Uint8Array(bytes));
        })(),
        payloads: source,
        groups: data.groups,
        store,
        rules: 'goquorum',
        evm: createFastEvm(),
        recovery: createInThreadRecovery(),
        clock: createClock(),
        logger: silentLogger,
      });

      let fatal: unknown;
      const onFatal = (error: unknown): void => {
        fatal ??= error;
      };
      const groups = genesis.config.isMps && data.groups !== undefined ? createPrivateGroups(data.groups) : undefined;
      const privateStates = privateStatesOf(genesis.config, groups, undefined);
      const { chain, database } = await openChain({
        genesis,
        store,
        logger: silentLogger,
        onWriteFailure: onFatal,
        privateStates,
      });
      const rules = createEngineRules({ chain, database, profile: 'goquorum', recover: createRecoverCache() });
      const evm = createFastEvm();
      const executor = createExecutor({
        chain,
        database,
        evm,
        config: genesis.config,
        author: (header) => rules.author(header),
      });
      const resolver = createPayloadResolver({ source });
      const follower = createPrivateFollower({
        chain,
        executor,
        resolver,
        groups,
        clock: createClock(),
        logger: silentLogger,
        onFatal,
      });
      follower.start();
      await follower.idle();
      const whole = portrait(chain.reader);

      // Where a payload is first needed; one from inside another is needed no earlier than the first block.
      const firstOf = new Map<string, number>();
      for (let number = chain.reader.headNumber(); number > 0; number--) {
        for (const digest of privateDigestsOf(genesis.config, chain.reader.blockByNumber(number)!.block)) {
          firstOf.set(bytesToBareHex(digest), number);
        }
      }
      const known: string[] = [];
      for (const text of asked) if ((await data.source.receive(bareHexToBytes(text))) !== undefined) known.push(text);
      const step = Math.max(1, known.length / payloadsMax);
      for (let at = 0; at < known.length; at += step) {
        const text = known[Math.floor(at)]!;
        const digest = bareHexToBytes(text);
        hidden.add(text);
        resolver.forget(digest);
        for (const psi of privateStates) await chain.privates.rewind(psi, (firstOf.get(text) ?? 1) - 1, text);
        follower.retryNow();
        await follower.idle();
        if (portrait(chain.reader).some((line, index) => line !== whole[index])) missed++;
        hidden.delete(text);
        await follower.payloadStored(digest);
        await follower.idle();
        expect({ digest: text, portrait: portrait(chain.reader) }).toEqual({ digest: text, portrait: whole });
        expect(await chain.privates.unresolved.lowest(digest)).toEqual(
          groups === undefined ? new Map() : expect.any(Map),
        );
      }
      expect(fatal).toBeUndefined();
      await follower.stop();
    },
  );

  it('and were missed meanwhile', () => {
    expect(missed).toBeGreaterThan(cases().length);
  });
});
