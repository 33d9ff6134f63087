import { validatorContractAt } from '@isoquorum/consensus/snapshot';
import { hasVectors, listVectors, readBytes, readJson } from '@isoquorum/consensus/testing/recordings';
import { readBlock } from '@isoquorum/primitives/block';
import { bftAlgorithmAt } from '@isoquorum/primitives/genesis/bft-config';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import type { Header } from '@isoquorum/primitives/header';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { describe, expect, test } from 'vitest';
import { createHeaderVerifier } from './create-verifier.ts';

interface RpcCalls {
  readonly calls: readonly {
    readonly request: { readonly method: string; readonly params: readonly unknown[] };
    readonly response: { readonly result?: unknown };
  }[];
}

function configOf(chain: string) {
  return parseGenesis(readJson('chains', chain, 'genesis.json'), { validate: false }).config;
}

const chains = listVectors('chains').filter((chain) => bftAlgorithmAt(configOf(chain), 0) !== undefined);

describe.skipIf(!hasVectors('chains'))('recorded chains (needs shared/vectors/chains)', () => {
  test.each(chains)('%s: a page accepts every header, and goes on from its stored state', (chain) => {
    const config = configOf(chain);
    const reader = new RlpReader(readBytes('chains', chain, 'chain.rlp.gz'));
    const headers: Header[] = [];
    while (reader.hasMore) headers.push(readBlock(reader).header);
    const [genesisHeader] = headers as [Header];
    /** What the contract answered at a block: state is not at hand here, the recorded `istanbul_getValidators` is. */
    const chosenAt = (number: number): readonly Uint8Array[] | undefined => {
      if (validatorContractAt(config, number) === undefined) return undefined;
      const { calls } = readJson<RpcCalls>('chains', chain, 'nodes', '1', 'rpc.json.gz');
      const block = `0x${number.toString(16)}`;
      const call = calls.find(
        ({ request }) => request.method === 'istanbul_getValidators' && request.params[0] === block,
      );
      return ((call?.response.result ?? []) as readonly string[]).map((address) => hexToBytes(address));
    };
    const genesisValidators = chosenAt(0);
    let verifier = createHeaderVerifier({ config, genesisHeader, genesisValidators });
    for (const header of headers.slice(1)) {
      const checked = verifier.accept(header, Number(header.timestamp), chosenAt(header.number));
      expect(checked.sealers.length).toBeGreaterThanOrEqual(checked.quorum);
      if (header.number % 7 === 0) {
        const resume = { header, state: verifier.encode() };
        verifier = createHeaderVerifier({ config, genesisHeader, genesisValidators, resume });
      }
    }
    expect(headers.length).toBeGreaterThan(10);
    expect(verifier.head.header.number).toBe(headers.length - 1);
    expect(bytesToHex(verifier.head.header.stateRoot)).toBe(bytesToHex((headers.at(-1) as Header).stateRoot));
  });
});
