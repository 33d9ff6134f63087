import { decodeBlock, readBlock } from '@isoquorum/primitives/block';
import { type Header, headerHash } from '@isoquorum/primitives/header';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { bftAlgorithmAt } from '@isoquorum/primitives/genesis/bft-config';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { describe, expect, test } from 'vitest';
import { bftCommitters, verifyBftHeader } from './header.ts';
import type { HeaderRules } from './header-rules.ts';
import type { Profile } from './profile.ts';
import { createRecoverCache } from './recover-cache.ts';
import { genesisSnapshot, nextSnapshot, type Snapshot, validatorContractAt } from './snapshot.ts';
import { snapshotFromJson, type SnapshotJson, snapshotToJson } from './snapshot-json.ts';
import { hasVectors, listVectors, readBytes, readJson } from './testing/recordings.ts';

interface RpcCalls {
  readonly calls: readonly {
    readonly request: { readonly method: string; readonly params: readonly unknown[] };
    readonly response: { readonly result?: unknown };
  }[];
}

function loadHeaders(chain: string): readonly Header[] {
  const reader = new RlpReader(readBytes('chains', chain, 'chain.rlp.gz'));
  const headers: Header[] = [];
  while (reader.hasMore) headers.push(readBlock(reader).header);
  return headers;
}

const callsByChain = new Map<string, RpcCalls['calls']>();

function callsOf(chain: string): RpcCalls['calls'] {
  if (!hasVectors('chains', chain, 'nodes', '1', 'rpc.json.gz')) return [];
  const calls = callsByChain.get(chain) ?? readJson<RpcCalls>('chains', chain, 'nodes', '1', 'rpc.json.gz').calls;
  callsByChain.set(chain, calls);
  return calls;
}

const recover = createRecoverCache(100_000);
const chains = listVectors('chains').filter((chain) => {
  const { config } = parseGenesis(readJson('chains', chain, 'genesis.json'), { validate: false });
  return bftAlgorithmAt(config, 0) !== undefined;
});

function rulesOf(chain: string, profile: Profile): HeaderRules {
  const { config } = parseGenesis(readJson('chains', chain, 'genesis.json'), { validate: false });
  return { profile, config, recover, nowSeconds: undefined, seals: 'checked', legacyBlockPeriodSeconds: 1 };
}

/** What the contract answered at a block: state is not at hand here, the recorded `istanbul_getValidators` is. */
function contractValidators(chain: string, rules: HeaderRules, number: number): readonly Uint8Array[] | undefined {
  if (validatorContractAt(rules.config, number) === undefined) return undefined;
  const call = callsOf(chain).find(
    ({ request }) => request.method === 'istanbul_getValidators' && request.params[0] === `0x${number.toString(16)}`,
  );
  return ((call?.response.result ?? []) as readonly string[]).map((address) => hexToBytes(address));
}

function snapshotsOf(chain: string, rules: HeaderRules, headers: readonly Header[]): readonly Snapshot[] {
  const snapshots: Snapshot[] = [];
  for (const [number, header] of headers.entries()) {
    const previous = snapshots.at(-1);
    const chosen = contractValidators(chain, rules, number);
    snapshots.push(
      previous === undefined ? genesisSnapshot(header, rules, chosen) : nextSnapshot(previous, header, rules, chosen),
    );
  }
  return snapshots;
}

describe.skipIf(!hasVectors('chains'))('recorded chains (needs shared/vectors/chains)', () => {
  test.each(
    chains.flatMap(
      (chain) =>
        [
          [chain, 'strict'],
          [chain, 'goquorum'],
        ] as [string, Profile][],
    ),
  )('%s: every header verifies in profile %s', (chain, profile) => {
    const headers = loadHeaders(chain);
    const rules = rulesOf(chain, profile);
    const snapshots = snapshotsOf(chain, rules, headers);
    expect(headers.length).toBeGreaterThan(10);
    for (const [number, header] of headers.entries()) {
      const validators = snapshots[Math.max(number - 1, 0)]?.validators ?? [];
      expect(() => verifyBftHeader(header, headers[number - 1], validators, rules)).not.toThrow();
    }
  });

  test.each(chains)('%s: snapshots are what istanbul_getSnapshot answered', (chain) => {
    const headers = loadHeaders(chain);
    const rules = rulesOf(chain, 'goquorum');
    const snapshots = snapshotsOf(chain, rules, headers);
    for (const { request, response } of callsOf(chain)) {
      const result = response.result as SnapshotJson | undefined;
      if (request.method !== 'istanbul_getSnapshot' || result === undefined || result === null) continue;
      const snapshot = snapshots[result.number] as Snapshot;
      expect(snapshotToJson(snapshot, rules.config)).toEqual(result);
      expect(snapshotToJson(snapshotFromJson(result), rules.config)).toEqual(result);
    }
  });

  test.each(chains)('%s: signers are what istanbul_getSignersFromBlock answered', (chain) => {
    const headers = loadHeaders(chain);
    const rules = rulesOf(chain, 'goquorum');
    for (const { request, response } of callsOf(chain)) {
      const result = response.result as { Number: number; Committers: readonly string[] | null } | undefined;
      if (!request.method.startsWith('istanbul_getSignersFromBlock') || !result || !result.Committers) continue;
      const committers = bftCommitters(headers[result.Number] as Header, rules.config, recover);
      expect(committers.map((address) => address && bytesToHex(address))).toEqual(
        result.Committers.map((address) => address.toLowerCase()),
      );
    }
  });

  const withVariants = chains.filter((chain) => hasVectors('chains', chain, 'block-variants.json.gz'));
  test.each(withVariants)(
    '%s: altered headers get the verdict of the real node, and strict refuses the defects',
    (chain) => {
      interface Variants {
        readonly parent: { readonly number: number };
        readonly variants: readonly {
          readonly name: string;
          readonly rlp: string;
          readonly accepted: boolean;
          readonly error?: string;
        }[];
      }
      const { parent, variants } = readJson<Variants>('chains', chain, 'block-variants.json.gz');
      const headers = loadHeaders(chain).slice(0, parent.number + 1);
      const rules = rulesOf(chain, 'goquorum');
      const snapshot = snapshotsOf(chain, rules, headers).at(-1) as Snapshot;
      const headerErrors =
        /^(invalid (committed seals|signature|signature length|extra|Istanbul|difficulty|timestamp|nonce)|zero committed|unauthorized|non empty uncle hash|unknown ancestor)/;
      const refusedByStrict: string[] = [];
      for (const { name, rlp, accepted, error } of variants) {
        const { header } = decodeBlock(hexToBytes(rlp));
        const verdict = (profile: Profile): string | undefined => {
          try {
            verifyBftHeader(header, headers.at(-1), snapshot.validators, { ...rules, profile });
            return undefined;
          } catch (thrown) {
            expect(isIsoquorumError(thrown)).toBe(true);
            return (thrown as Error).message;
          }
        };
        const expected = !accepted && error !== undefined && headerErrors.test(error) ? error : undefined;
        if (name !== 'an uncle in the body') expect([name, verdict('goquorum')]).toEqual([name, expected]);
        if (accepted && verdict('strict') !== undefined) refusedByStrict.push(name);
        if (!accepted && expected !== undefined && name !== 'an uncle in the body')
          expect([name, verdict('strict')]).toEqual([name, expected]);
      }
      const common = [
        'two seals (F+1)',
        'empty validator list in extra',
        'validator list short by one',
        'validator list reversed',
        'validator list with a stranger',
        'gas limit doubled',
      ];
      const ofQbft = ['two seals (F+1)', 'vote type 5', 'vanity of 31 bytes', 'vanity of 40 bytes', ...common.slice(1)];
      expect(refusedByStrict).toEqual(chain.startsWith('qbft') ? ofQbft : common);
      expect(headerHash(headers.at(-1) as Header)).toEqual(snapshot.hash);
    },
  );
});
