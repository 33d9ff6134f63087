import { describe, expect, test } from 'vitest';
import { decodeBlock, blockHash } from './block.ts';
import { checkForkId, createForkId } from './fork-id.ts';
import { parseGenesis } from './genesis/genesis.ts';
import { bareHexToBytes, bytesToBareHex, bytesToHex } from './hex.ts';
import { RlpReader } from './rlp-reader.ts';
import { hasSharedData, readSharedJson, sharedTitle } from './testing/shared-data.ts';

interface Recording {
  readonly genesis: unknown;
  readonly payloads: readonly { readonly id: string; readonly rlp: string }[];
  readonly blocks: readonly { readonly number: number; readonly hash: string; readonly rlp: string }[];
}

interface Status {
  readonly head: string;
  readonly genesis: Uint8Array;
  readonly fork: { readonly hash: Uint8Array; readonly next: number };
}

/** `eth` status: [version, network id, total difficulty, head, genesis, [fork hash, next fork]]; anything else is `undefined`. */
function readStatus(bytes: Uint8Array): Status | undefined {
  try {
    const fields = new RlpReader(bytes).readList();
    const version = fields.readNumber();
    fields.readBigint();
    fields.readBigint();
    const head = bytesToHex(fields.readFixed(32));
    const genesis = fields.readFixed(32);
    const fork = fields.readList();
    const hash = fork.readFixed(4);
    const next = fork.readNumber();
    fields.end();
    return version >= 65 ? { head, genesis, fork: { hash, next } } : undefined;
  } catch {
    return undefined;
  }
}

describe.skipIf(!hasSharedData)(sharedTitle('fork ids in recorded status messages'), () => {
  test('each equals ours at the head that it names, and is compatible', () => {
    const recording = readSharedJson<Recording>('vectors', 'consensus', 'p2p', 'eth66-sync.json.gz');
    const { config } = parseGenesis(recording.genesis);
    const numbers = new Map(recording.blocks.map((block) => [block.hash, block.number]));
    const seen = new Set<string>();
    for (const { rlp } of recording.payloads) {
      const status = readStatus(bareHexToBytes(rlp));
      const number = status && numbers.get(status.head);
      if (status === undefined || number === undefined) continue;
      const ours = createForkId(config, status.genesis, number);
      expect(`${bytesToBareHex(ours.hash)} ${ours.next}`).toBe(
        `${bytesToBareHex(status.fork.hash)} ${status.fork.next}`,
      );
      for (const height of [0, 5, 20, 40])
        expect(checkForkId(config, status.genesis, height, status.fork)).toBe('compatible');
      seen.add(bytesToBareHex(ours.hash));
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  test('its blocks have the recorded hashes', () => {
    const recording = readSharedJson<Recording>('vectors', 'consensus', 'p2p', 'eth66-sync.json.gz');
    for (const { hash, rlp } of recording.blocks)
      expect(bytesToHex(blockHash(decodeBlock(bareHexToBytes(rlp))))).toBe(hash);
  });
});
