import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openChain } from '../chain/open-chain.ts';
import { testCliqueGenesisJson, testKey } from '../testing/genesis.ts';
import { openChainStore } from './data-directory.ts';
import { exportFile } from './export-file.ts';
import { importFile } from './import-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'isoquorum-import-file-'));
const genesis = testCliqueGenesisJson({ signers: [privateKeyToAddress(testKey('signer'))], timestamp: 1 });
const dataDir = join(directory, 'data');
const whole = join(directory, 'whole.rlp');

beforeAll(async () => {
  const store = await openChainStore(dataDir);
  await openChain({
    genesis: parseGenesis(genesis),
    store,
    logger: silentLogger,
    onWriteFailure: () => undefined,
  });
  await store.close();
  await exportFile({ file: whole, genesis, dataDir });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function written(name: string, bytes: Uint8Array): string {
  const file = join(directory, name);
  writeFileSync(file, bytes);
  return file;
}

it('reads what it wrote, packed or not', async () => {
  const packed = join(directory, 'whole.rlp.gz');
  await exportFile({ file: packed, genesis, dataDir, first: 0, last: 0 });
  expect(gunzipSync(readFileSync(packed))).toEqual(readFileSync(whole));
  for (const file of [whole, packed]) expect((await importFile({ file, genesis })).head.number).toBe(0);
});

it.each([
  ['CHAIN_FILE_EMPTY', 'nothing', () => new Uint8Array(0)],
  ['CHAIN_FILE_EMPTY', 'nothing, packed', () => gzipSync(new Uint8Array(0))],
  ['CHAIN_FILE_CUT', 'half a block', () => readFileSync(whole).subarray(0, 100)],
  ['CHAIN_FILE_CUT', 'half of what is packed', () => gzipSync(readFileSync(whole)).subarray(0, 80)],
  ['CHAIN_FILE_INVALID', 'damage inside the packing', () => gzipSync(readFileSync(whole)).fill(0xff, 20, 60)],
  ['CHAIN_FILE_INVALID', 'a text', () => new TextEncoder().encode('not a chain at all')],
  ['CHAIN_FILE_INVALID', 'a list that is no block', () => new Uint8Array([0xc3, 1, 2, 3])],
  ['IMPORT_OTHER_CHAIN', 'another genesis', () => readFileSync(whole).fill(7, 10, 20)],
] as const)('refuses with %s a file with %s', async (code, name, bytes) => {
  const file = written(name, bytes());
  await expect(importFile({ file, genesis })).rejects.toMatchObject({ code });
});

it('refuses folders and files in the place of one another', async () => {
  await expect(importFile({ file: directory, genesis })).rejects.toMatchObject({ code: 'CHAIN_FILE_INVALID' });
  const inTheWay = written('file', new Uint8Array(1));
  const refused = importFile({ file: whole, genesis, dataDir: inTheWay });
  await expect(refused).rejects.toMatchObject({ code: 'DIRECTORY_UNUSABLE' });
});

it('refuses payloads that cannot be read, or are none', async () => {
  for (const payloadsFile of [join(directory, 'absent.json'), directory, written('payloads.json', new Uint8Array(1))])
    await expect(importFile({ file: whole, genesis, payloadsFile })).rejects.toMatchObject({
      code: 'PAYLOADS_INVALID',
    });
});

it('exports no blocks that are not there, and makes no chain where there is none', async () => {
  const file = join(directory, 'out.rlp');
  for (const range of [{ last: 1 }, { first: 1 }, { first: 1, last: 0 }])
    await expect(exportFile({ file, genesis, dataDir, ...range })).rejects.toMatchObject({
      code: 'EXPORT_RANGE_INVALID',
    });
  const absent = join(directory, 'absent');
  await expect(exportFile({ file, genesis, dataDir: absent })).rejects.toMatchObject({ code: 'STORE_OPEN_FAILED' });
  expect(existsSync(absent)).toBe(false);
});
