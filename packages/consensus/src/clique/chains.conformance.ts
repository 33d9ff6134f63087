import { readBlock } from '@isoquorum/primitives/block';
import { type Genesis, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import type { Header } from '@isoquorum/primitives/header';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { describe, expect, test } from 'vitest';
import type { Profile } from '../profile.ts';
import { createRecoverCache } from '../recover-cache.ts';
import { hasVectors, listVectors, readBytes, readJson } from '../testing/recordings.ts';
import { verifyCliqueHeader } from './header.ts';
import { cliqueGenesisSnapshot, type CliqueSnapshot, nextCliqueSnapshot } from './snapshot.ts';
import { cliqueSnapshotFromJson, type CliqueSnapshotJson, cliqueSnapshotToJson } from './snapshot-json.ts';

interface RecordedCalls {
  readonly calls: readonly {
    readonly request: { readonly method: string };
    readonly response: { readonly result?: unknown };
  }[];
}

const recover = createRecoverCache(10_000);
const genesisOf = (chain: string): Genesis =>
  parseGenesis(readJson('chains', chain, 'genesis.json'), { validate: false });
const chains = listVectors('chains').filter((chain) => genesisOf(chain).config.clique !== undefined);

function loadHeaders(chain: string): readonly Header[] {
  const reader = new RlpReader(readBytes('chains', chain, 'chain.rlp.gz'));
  const headers: Header[] = [];
  while (reader.hasMore) headers.push(readBlock(reader).header);
  return headers;
}

function snapshotsOf(chain: string, headers: readonly Header[]): readonly CliqueSnapshot[] {
  const { config } = genesisOf(chain);
  const snapshots: CliqueSnapshot[] = [];
  for (const header of headers) {
    const before = snapshots.at(-1);
    const next = before && nextCliqueSnapshot(before, header, { config, recover });
    snapshots.push(next ?? cliqueGenesisSnapshot(header));
  }
  return snapshots;
}

describe.skipIf(!hasVectors('chains'))('recorded Clique chains (needs shared/vectors/chains)', () => {
  const profiles = ['strict', 'goquorum'] as const;
  test.each(chains.flatMap((chain) => profiles.map((profile): [string, Profile] => [chain, profile])))(
    '%s: every header verifies in profile %s',
    (chain, profile) => {
      const headers = loadHeaders(chain);
      const snapshots = snapshotsOf(chain, headers);
      const rules = {
        profile,
        config: genesisOf(chain).config,
        recover,
        nowSeconds: undefined,
        seals: 'checked',
      } as const;
      expect(headers.length).toBeGreaterThan(10);
      for (const [index, header] of headers.entries())
        expect(() => verifyCliqueHeader(header, headers[index - 1], snapshots[index - 1], rules)).not.toThrow();
    },
  );

  test.each(chains)('%s: snapshots are what clique_getSnapshot answered', (chain) => {
    const { config } = genesisOf(chain);
    const snapshots = snapshotsOf(chain, loadHeaders(chain));
    const { calls } = readJson<RecordedCalls>('chains', chain, 'nodes', '1', 'rpc.json.gz');
    let compared = 0;
    for (const { request, response } of calls) {
      const result = response.result as CliqueSnapshotJson | undefined;
      if (!request.method.startsWith('clique_getSnapshot') || result === undefined) continue;
      const snapshot = snapshots[result.number];
      expect(snapshot && cliqueSnapshotToJson(snapshot, config)).toEqual(result);
      expect(cliqueSnapshotToJson(cliqueSnapshotFromJson(result), config)).toEqual(result);
      expect(bytesToHex(snapshot?.hash ?? new Uint8Array())).toBe(result.hash);
      compared++;
    }
    expect(compared).toBeGreaterThan(10);
  });
});
