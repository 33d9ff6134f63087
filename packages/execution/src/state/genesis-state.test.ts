import { createGenesisHeader, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { headerHash } from '@isoquorum/primitives/header';
import { describe, expect, it } from 'vitest';
import { createStateDatabase } from './database.ts';
import { createGenesisState } from './genesis-state.ts';
import { createMemoryNodeSource } from './node-source.ts';
import { createTrieReader } from './trie-reader.ts';

const istanbulDigest = '0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365';
const qbftExtra =
  '0xf87aa00000000000000000000000000000000000000000000000000000000000000000f8549493917cadbace5dfce132b991732c6cda9bcc5b8a9427a97c9aaf04f18f3014c32e036dd0ac76da5f1894ce412f988377e31f4d0ff12d74df73b51c42d0ca9498c1334496614aed49d2e81526d089f7264fed9cc080c0';
const wealth = '1000000000000000000000000000';

/** Rows of goquorum.md G3. */
const golden = [
  {
    name: 'QBFT',
    genesis: {
      config: { chainId: 1337, qbft: { epochlength: 30000 } },
      extraData: qbftExtra,
      gasLimit: '0xf7b760',
      timestamp: '0x5f1663fc',
      difficulty: '0x1',
      mixHash: istanbulDigest,
      alloc: {},
    },
    root: '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
    hash: '0x69dd35a919256a238c0541171620ef552c58c9ef48c0384de508f6bd9b2d230c',
  },
  {
    name: 'an account with balance',
    genesis: {
      config: { chainId: 2017, istanbul: { epoch: 30000, policy: 0 } },
      gasLimit: '0x47b760',
      difficulty: '0x1',
      timestamp: '0x0',
      mixHash: istanbulDigest,
      alloc: {
        '491937757d1b26e29c507b8d4c0b233c2747e68d': { balance: '0x446c3b15f9926687d2c40534fdb564000000000000' },
      },
    },
    root: '0x37074907644f0ace88ad380cdd8577bdfa4a1fc433644546a0d5110ed2c9db48',
    hash: '0x05770abd0d86be84e155ce0c9f32024b5884bc6ae025b44619baf11708f2b05f',
  },
  {
    name: 'Raft',
    genesis: {
      config: { chainId: 10 },
      difficulty: '0x0',
      gasLimit: '0xE0000000',
      extraData: `0x${'00'.repeat(32)}`,
      mixHash: '0x00000000000000000000000000000000000000647572616c65787365646c6578',
      timestamp: '0x00',
      alloc: Object.fromEntries(
        [
          'ed9d02e382b34818e88b88a309c7fe71e65f419d',
          'ca843569e3427144cead5e4d5999a3d0ccf92b8e',
          '0fbdc686b912d7722dc86510934589e0aaf3b55a',
          '9186eb3d20cbd1f5f992a950d808c4495153abd5',
          '0638e1574728b6d862dd5d3a3e0942c3be47d996',
        ].map((address) => [address, { balance: wealth }]),
      ),
    },
    root: '0x8e0eda84327cb810632f7d6ab845ab2dc0c1960156beb095384eb4bd0900eeb0',
    hash: '0x6a6605601e17bbfbc0a199104a05f222d11da37fe2320c023394ff1e516243a2',
  },
];

describe('genesis state', () => {
  it.each(golden)('has the golden root and hash: $name', ({ genesis: json, root, hash }) => {
    const genesis = parseGenesis(json, { validate: false });
    const state = createGenesisState(genesis.alloc);
    expect(bytesToHex(state.root)).toBe(root);
    expect(bytesToHex(headerHash(createGenesisHeader(genesis, state.root)))).toBe(hash);
  });

  it('stores code, storage, nonce and preimages so that they can be read back', () => {
    const address = '0x00000000000000000000000000000000000beef1';
    const genesis = parseGenesis(
      {
        config: { chainId: 10, isQuorum: true },
        difficulty: '0x0',
        gasLimit: '0x1000000',
        alloc: {
          [address]: {
            balance: '7',
            nonce: '0x2',
            code: '0x6001',
            storage: { [`0x${'0'.repeat(63)}5`]: `0x${'0'.repeat(62)}2a` },
          },
        },
      },
      { validate: false },
    );
    const source = createMemoryNodeSource();
    source.apply(createGenesisState(genesis.alloc).operations);
    const database = createStateDatabase(source);
    const { root } = createGenesisState(genesis.alloc);
    const reader = createTrieReader(database, root);
    const [account] = genesis.alloc;
    const found = reader.account(account!.address)!;
    expect(found).toMatchObject({ balance: 7n, nonce: 2n });
    expect(reader.storage(account!.address, found, 5n)).toBe(42n);
    expect(reader.code(account!.address, found.codeHash)).toEqual(Uint8Array.of(0x60, 1));
    expect(database.preimage(database.hashAddress(account!.address))).toEqual(account!.address);
  });
});
