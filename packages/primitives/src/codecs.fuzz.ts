import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBlock, encodeBlock, decodeBlockBody, encodeBlockBody } from './block.ts';
import { base64ToBytes, bytesToBase64 } from './base64.ts';
import { base58ToBytes, bytesToBase58 } from './base58.ts';
import { logsBloom } from './bloom.ts';
import { bigintToQuantity, bytesToHex, hexToBytes, quantityToBigint } from './hex.ts';
import { bigintToBytes, bigintToFixedBytes, bytesToBigint } from './integer.ts';
import { decodeHeader, encodeHeader, headerHash } from './header.ts';
import { decodeIbftExtra, decodeQbftExtra, encodeIbftExtra, encodeQbftExtra } from './istanbul-extra.ts';
import { parseEnode } from './enode.ts';
import { parseGenesis } from './genesis/genesis.ts';
import { parseNodeKey, peerIdToPublicKey } from './node-key.ts';
import { decodeReceipt, encodeReceipt } from './receipt.ts';
import { decodeStoredReceipts, encodeStoredReceipts } from './receipt-storage.ts';
import { decodeRlp, encodeRlp } from './rlp.ts';
import { anyBytes, bytesOf, headers, logs, rlpItems, storedReceipts, transactions } from './testing/arbitraries.ts';
import { fuzzRuns, mutations, onlyOurErrors } from './testing/fuzz.ts';
import { decodeTransaction, encodeTransaction, transactionHash, transactionSender } from './transaction/transaction.ts';
import { bytesToUtf8, utf8ToBytes } from './utf8.ts';

const options = { numRuns: fuzzRuns };

function check<T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void): void {
  fc.assert(
    fc.property(arbitrary, (value) => {
      property(value);
    }),
    options,
  );
}

describe('what is encoded decodes to the same', () => {
  test('RLP', () => {
    check(rlpItems, (item) => expect(decodeRlp(encodeRlp(item))).toEqual(item));
  });

  test('integers', () => {
    check(fc.bigInt({ min: 0n, max: 1n << 300n }), (value) => {
      expect(bytesToBigint(bigintToBytes(value))).toBe(value);
      expect(bigintToBytes(value)[0]).not.toBe(0);
      expect(bytesToBigint(bigintToFixedBytes(value, 40))).toBe(value);
      expect(bytesToBigint(bigintToFixedBytes(value, 13))).toBe(BigInt.asUintN(104, value));
      if (value < 1n << 256n) expect(quantityToBigint(bigintToQuantity(value))).toBe(value);
    });
  });

  test('text forms', () => {
    check(anyBytes, (bytes) => {
      expect(hexToBytes(bytesToHex(bytes))).toEqual(bytes);
      expect(base64ToBytes(bytesToBase64(bytes))).toEqual(bytes);
      expect(bytesToBase64(bytes)).toBe(btoa(String.fromCharCode(...bytes)));
      expect(base58ToBytes(bytesToBase58(bytes))).toEqual(bytes);
    });
    check(fc.string({ unit: 'binary' }), (text) => {
      expect(utf8ToBytes(text)).toEqual(new TextEncoder().encode(text));
      expect(bytesToUtf8(utf8ToBytes(text))).toBe(text);
    });
  });

  test('transactions, also inside blocks', () => {
    check(fc.tuple(headers, fc.array(transactions, { maxLength: 4 }), fc.array(headers, { maxLength: 1 })), (parts) => {
      const [header, list, uncles] = parts;
      for (const transaction of list) {
        const decoded = decodeTransaction(encodeTransaction(transaction));
        expect(decoded).toEqual(transaction);
        expect(transactionHash(decoded)).toEqual(transactionHash(transaction));
      }
      const block = { header, transactions: list, uncles };
      const { transactions: sameTransactions } = decodeBlockBody(encodeBlockBody(block));
      expect(sameTransactions).toEqual(list);
      const decoded = decodeBlock(encodeBlock(block));
      expect(decoded).toEqual(block);
      expect(headerHash(decodeHeader(encodeHeader(header)))).toEqual(headerHash(header));
    });
  });

  test('Istanbul extras', () => {
    const common = { validators: fc.array(bytesOf(20)), committedSeals: fc.array(bytesOf(65), { maxLength: 4 }) };
    check(fc.record({ vanity: bytesOf(32), ...common, seal: fc.oneof(bytesOf(65), bytesOf(0)) }), (extra) =>
      expect(decodeIbftExtra(encodeIbftExtra(extra))).toEqual(extra),
    );
    const vote = fc.option(fc.record({ recipient: bytesOf(20), voteType: fc.nat(255) }), { nil: undefined });
    check(fc.record({ vanity: anyBytes, ...common, vote, round: fc.nat(0xffffffff) }), (extra) =>
      expect(decodeQbftExtra(encodeQbftExtra(extra))).toEqual(extra),
    );
  });

  test('receipts', () => {
    check(fc.tuple(storedReceipts, fc.constantFrom(0 as const, 1 as const)), ([stored, type]) => {
      const { revertReason: _unused, ...rest } = stored;
      const receipt = { ...rest, type, logsBloom: logsBloom(stored.logs) };
      expect(decodeReceipt(encodeReceipt(receipt))).toEqual(receipt);
    });
    const inner = fc
      .tuple(storedReceipts, bytesOf(31), fc.option(bytesOf(19), { nil: undefined }))
      .map(([receipt, hash, contract]) => ({
        ...receipt,
        transactionHash: Uint8Array.of(1, ...hash),
        contractAddress: contract && Uint8Array.of(1, ...contract),
      }));
    const privateReceipts = fc.array(fc.tuple(fc.string({ maxLength: 8 }), inner), { minLength: 1, maxLength: 3 });
    const receipts = fc.array(
      fc.oneof(
        storedReceipts,
        fc
          .tuple(storedReceipts, privateReceipts)
          .map(([receipt, list]) => ({ ...receipt, privateReceipts: new Map(list) })),
      ),
      { maxLength: 4 },
    );
    check(receipts, (list) => expect(decodeStoredReceipts(encodeStoredReceipts(list))).toEqual(list));
  });
});

describe('bytes from outside give a value or one of our errors', () => {
  const near = (valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
    fc.oneof(fc.uint8Array({ maxLength: 300 }), mutations(valid));

  test('RLP: what decodes encodes to the same bytes', () => {
    check(near(rlpItems.map((item) => encodeRlp(item))), (bytes) => {
      const item = onlyOurErrors(() => decodeRlp(bytes, { maxDepth: 8, maxItems: 500 }), /^RLP_/);
      if (item !== undefined) expect(encodeRlp(item)).toEqual(bytes);
    });
  });

  test('transactions: what decodes encodes to the same bytes, and its sender is known or refused', () => {
    check(near(transactions.map((transaction) => encodeTransaction(transaction))), (bytes) => {
      const transaction = onlyOurErrors(() => decodeTransaction(bytes), /^(RLP_|TRANSACTION_TYPE_NOT_SUPPORTED)/);
      if (transaction === undefined) return;
      expect(encodeTransaction({ ...transaction })).toEqual(bytes);
      onlyOurErrors(() => transactionSender(transaction, 1337n), /^TRANSACTION_/);
    });
  });

  test('headers and blocks: what decodes encodes to the same bytes', () => {
    check(near(headers.map((header) => encodeHeader(header))), (bytes) => {
      const header = onlyOurErrors(() => decodeHeader(bytes), /^RLP_/);
      if (header !== undefined) expect(encodeHeader({ ...header })).toEqual(bytes);
    });
    const blocks = fc.tuple(headers, fc.array(transactions, { maxLength: 3 }));
    check(near(blocks.map(([header, list]) => encodeBlock({ header, transactions: list, uncles: [] }))), (bytes) => {
      const block = onlyOurErrors(() => decodeBlock(bytes), /^(RLP_|TRANSACTION_TYPE_NOT_SUPPORTED)/);
      if (block !== undefined) expect(encodeBlock(block)).toEqual(bytes);
      onlyOurErrors(() => decodeBlockBody(bytes), /^(RLP_|TRANSACTION_TYPE_NOT_SUPPORTED)/);
    });
  });

  test('extras and receipts', () => {
    const extra = fc.array(bytesOf(20)).map((validators) =>
      encodeQbftExtra({
        vanity: new Uint8Array(32),
        validators,
        vote: undefined,
        round: 0,
        committedSeals: [new Uint8Array(65)],
      }),
    );
    check(near(extra), (bytes) => {
      onlyOurErrors(() => decodeQbftExtra(bytes), /^ISTANBUL_EXTRA_INVALID$/);
      onlyOurErrors(() => decodeIbftExtra(bytes), /^ISTANBUL_EXTRA_INVALID$/);
    });
    const receiptCodes = /^(RLP_|RECEIPT_|UTF8_INVALID)/;
    check(near(fc.array(storedReceipts).map((list) => encodeStoredReceipts(list))), (bytes) => {
      onlyOurErrors(() => decodeStoredReceipts(bytes), receiptCodes);
    });
    const receipt = logs.map((log) =>
      encodeReceipt({
        type: 0,
        status: 1,
        postState: undefined,
        cumulativeGasUsed: 5n,
        logsBloom: logsBloom([log]),
        logs: [log],
      }),
    );
    check(near(receipt), (bytes) => void onlyOurErrors(() => decodeReceipt(bytes), receiptCodes));
  });
});

describe('text from outside gives a value or one of our errors', () => {
  const id =
    'ac6b1096ca56b9f6d004b779ae3728bf83f8e22453404cc3cef16a3d9b96608bc67c4b30db88e0a5a6c6390213f7acbe1153ff6d23ce57380104288ae19373ef';
  const texts = (valid: string): fc.Arbitrary<string> =>
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      mutations(fc.constant(new TextEncoder().encode(valid))).map((bytes) => new TextDecoder().decode(bytes)),
    );

  test('hex, quantities, base64, base58', () => {
    check(texts('0x0123abcd'), (text) => {
      onlyOurErrors(() => hexToBytes(text), /^HEX_INVALID$/);
      onlyOurErrors(() => quantityToBigint(text), /^QUANTITY_INVALID$/);
      const bytes = onlyOurErrors(() => base64ToBytes(text), /^BASE64_INVALID$/);
      if (bytes !== undefined) expect(bytesToBase64(bytes)).toBe(text);
      onlyOurErrors(() => base58ToBytes(text), /^BASE58_INVALID$/);
    });
    check(anyBytes, (bytes) => {
      const text = onlyOurErrors(() => bytesToUtf8(bytes), /^UTF8_INVALID$/);
      if (text !== undefined) expect(utf8ToBytes(text)).toEqual(bytes);
    });
  });

  test('enode URLs, node keys, PeerIds', () => {
    check(texts(`enode://${id}@127.0.0.1:30303?discport=0&raftport=50400&libp2p=31303`), (text) => {
      onlyOurErrors(() => parseEnode(text), /^ENODE_INVALID$/);
    });
    check(texts('e6181caaffff94a09d7e332fc8da9884d99902c7874eb74354bdcadf411929f1'), (text) => {
      onlyOurErrors(() => parseNodeKey(text), /^NODE_KEY_INVALID$/);
    });
    check(texts('16Uiu2HAmKQJgfZ9ZRHsKBMPSJYW7PzcyJTMC4RWTUAuKzkJMbNdk'), (text) => {
      onlyOurErrors(() => peerIdToPublicKey(text), /^PEER_ID_INVALID$/);
    });
  });

  test('genesis files', () => {
    const codes = /^GENESIS_(JSON|FIELD)?_?INVALID$/;
    const valid = {
      config: {
        chainId: 1337,
        byzantiumBlock: 0,
        isQuorum: true,
        maxCodeSizeConfig: [{ block: 0, size: 32 }],
        transitions: [{ block: 3, algorithm: 'qbft', validators: ['0x44add0ec310f115a0e603b2d7db9f067778eaf8a'] }],
        qbft: {
          epochlength: 30000,
          blockReward: '0x7',
          miningBeneficiary: '0x44add0ec310f115a0e603b2d7db9f067778eaf8a',
        },
      },
      nonce: '0x0',
      timestamp: '0x0',
      extraData: '0x00',
      gasLimit: '0xE0000000',
      difficulty: '0x1',
      alloc: { ed9d02e382b34818e88b88a309c7fe71e65f419d: { balance: '1', storage: { '0x00': '0x01' }, code: '0x00' } },
    };
    expect(parseGenesis(valid).alloc).toHaveLength(1);
    check(texts(JSON.stringify(valid)), (text) => void onlyOurErrors(() => parseGenesis(text), codes));
    const paths: string[][] = [];
    const walk = (value: unknown, path: string[]): void => {
      paths.push(path);
      if (typeof value === 'object' && value !== null)
        for (const [key, one] of Object.entries(value)) walk(one, [...path, key]);
    };
    walk(valid, []);
    check(fc.tuple(fc.constantFrom(...paths), fc.jsonValue()), ([path, replacement]) => {
      const copy: { root: unknown } = { root: structuredClone(valid) };
      let target = copy as Record<string, unknown>;
      for (const [index, key] of ['root', ...path].entries()) {
        if (index === path.length) target[key] = replacement;
        else target = target[key] as Record<string, unknown>;
      }
      onlyOurErrors(() => parseGenesis(copy.root), codes);
    });
  });
});
