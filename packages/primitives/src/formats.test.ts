import { describe, expect, test } from 'vitest';
import { addressToChecksum, createContractAddress2, hexToAddress, zeroAddress } from './address.ts';
import { base64ToBytes } from './base64.ts';
import { bloomMayContain, emptyBloom, logsBloom, unionBloom } from './bloom.ts';
import { formatEnode, libp2pPortOf, parseEnode } from './enode.ts';
import { defaultGasCeiling, nextGasLimit } from './gas-limit.ts';
import {
  bareHexToBytes,
  bytesToBareHex,
  compareBytes,
  hexToBytes,
  hexToFixedBytes,
  isZeroBytes,
  quantityToBigint,
  quantityToNumber,
} from './hex.ts';
import { keccak256 } from './keccak.ts';
import {
  ed25519KeyToPeerId,
  formatNodeKey,
  nodeKeyToEnode,
  nodeKeyToNodeId,
  nodeKeyToPeerId,
  parseNodeKey,
  peerIdToPublicKey,
  publicKeyToPeerId,
} from './node-key.ts';
import { decodeStoredReceipts, deriveReceipts, encodeStoredReceipts } from './receipt-storage.ts';
import type { Receipt } from './receipt.ts';
import { compressPublicKey, privateKeyToAddress, recoverPublicKey, signDigest } from './secp256k1.ts';
import { privatePayloadHash, setPrivate } from './transaction/private.ts';
import {
  type LegacyTransaction,
  signTransaction,
  transactionSender,
  transactionSize,
} from './transaction/transaction.ts';

const hex = bareHexToBytes;
const key = hex('1be3b50b31734be48452c29d714941ba165ef0cbf3ccea8ca16c45e3d8d45fb0');

describe('text forms are strict', () => {
  test.each(['', '0', '0X00', '00', '0x0', '0x0g', ' 0x00', '0x00 ', '0x0٣'])('hex %j', (text) => {
    expect(() => hexToBytes(text, 'name')).toThrow(
      expect.objectContaining({ code: 'HEX_INVALID', fields: { field: 'name' } }),
    );
  });

  test.each([
    ['', 'empty hex string'],
    ['5', 'hex string without 0x prefix'],
    ['0x', 'hex string "0x"'],
    ['0x05', 'hex number with leading zero digits'],
    ['0xg', 'invalid hex string'],
    [`0x1${'0'.repeat(64)}`, 'hex number > 256 bits'],
  ])('quantity %j', (text, message) => {
    expect(() => quantityToBigint(text, 'name')).toThrow(
      expect.objectContaining({ code: 'QUANTITY_INVALID', message }),
    );
  });

  test('quantities within bounds', () => {
    expect(quantityToBigint('0x0')).toBe(0n);
    expect(quantityToBigint('0xfF')).toBe(255n);
    expect(quantityToNumber('0x1fffffffffffff')).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => quantityToNumber('0x20000000000000')).toThrow('hex number > 53 bits');
    expect(() => quantityToBigint('0x10000000000000000', 'n', 64)).toThrow('hex number > 64 bits');
  });

  test.each(['A', 'AA', 'AAA', 'AA=A', 'AB==', 'AAB=', '====', 'AA-_', 'AAAA\n', ' AAA'])('base64 %j', (text) => {
    expect(() => base64ToBytes(text)).toThrow(expect.objectContaining({ code: 'BASE64_INVALID' }));
  });

  test('lengths', () => {
    expect(() => hexToFixedBytes('0x00', 2, 'word')).toThrow('word: expected 2 bytes, but got 1');
    expect(() => hexToAddress('0x00', 'to')).toThrow(
      expect.objectContaining({ code: 'ADDRESS_INVALID', fields: { field: 'to' } }),
    );
    expect(hexToAddress(`0x${'00'.repeat(20)}`)).toEqual(zeroAddress);
  });

  test('order of bytes', () => {
    expect(compareBytes(hex('01'), hex('0100'))).toBeLessThan(0);
    expect(compareBytes(hex('02'), hex('0100'))).toBeGreaterThan(0);
    expect(compareBytes(hex(''), hex(''))).toBe(0);
    expect([isZeroBytes(hex('0000')), isZeroBytes(hex('0001'))]).toEqual([true, false]);
  });
});

describe('addresses', () => {
  test.each([
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
    '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
    '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
  ])('EIP-55 %s', (text) => {
    expect(addressToChecksum(hexToAddress(text))).toBe(text);
  });

  test('EIP-1014', () => {
    const made = createContractAddress2(
      hex('00000000000000000000000000000000deadbeef'),
      hex(`${'00'.repeat(28)}cafebabe`),
      keccak256(hex('deadbeef')),
    );
    expect(bytesToBareHex(made)).toBe('60f3f640a8508fc6a86d45df051962668e1e8ac7');
  });
});

describe('node keys and enodes', () => {
  test('PeerIds as libp2p makes them', () => {
    expect(nodeKeyToPeerId(key)).toBe('16Uiu2HAmQG3ARabU99bkAGAE8BxJk4qEQsf61Mbg1eF2XdjssxtJ');
    expect(publicKeyToPeerId(compressPublicKey(nodeKeyToNodeId(key)))).toBe(nodeKeyToPeerId(key));
    const ed = new Uint8Array(32).fill(3);
    expect(ed25519KeyToPeerId(ed)).toBe('12D3KooWA284B2yjxoAAqAFwwVj6eRQ8DogF3t8wdpMzZ8Hh8wh4');
    expect(peerIdToPublicKey(nodeKeyToPeerId(key))).toEqual({ type: 'secp256k1', publicKey: nodeKeyToNodeId(key) });
    expect(peerIdToPublicKey(ed25519KeyToPeerId(ed))).toEqual({ type: 'ed25519', publicKey: ed });
    expect(() => peerIdToPublicKey('QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N')).toThrow('PeerId');
  });

  test('key files', () => {
    expect(parseNodeKey(`${formatNodeKey(key)}\n`)).toEqual(key);
    for (const text of ['', 'ab', `${'00'.repeat(32)}`, `${'ff'.repeat(32)}`, `0x${formatNodeKey(key)}`])
      expect(() => parseNodeKey(text)).toThrow(expect.objectContaining({ code: 'NODE_KEY_INVALID' }));
  });

  test('URLs', () => {
    const id = bytesToBareHex(nodeKeyToNodeId(key));
    const url = `enode://${id}@127.0.0.1:21000?discport=0&raftport=50401`;
    expect(formatEnode(parseEnode(url))).toBe(url);
    expect(libp2pPortOf(parseEnode(url))).toBe(22_000);
    const ours = nodeKeyToEnode(key, { host: '::1', port: 30_303, libp2pPort: 31_303 });
    expect(ours).toBe(`enode://${id}@[::1]:30303?libp2p=31303`);
    expect(parseEnode(ours)).toMatchObject({ host: '::1', port: 30_303, libp2pPort: 31_303 });
    expect(formatEnode(parseEnode(`enode://${id}@host.example:1?discport=1&other=x`))).toBe(
      `enode://${id}@host.example:1`,
    );
    const wrong: [string, string][] = [
      ['http://x', 'scheme'],
      [`enode://${id}`, 'url'],
      [`enode://${id}@host`, 'url'],
      [`enode://${id}@host:99999`, 'port'],
      [`enode://${id}@:3`, 'host'],
      [`enode://${id}@host:1?raftport=x`, 'raftport'],
      [`enode://${id}@host:1?libp2p=70000`, 'libp2p'],
      [`enode://${id.slice(2)}@host:1`, 'nodeId'],
      [`enode://${'11'.repeat(64)}@host:1`, 'nodeId'],
    ];
    for (const [text, field] of wrong)
      expect(() => parseEnode(text)).toThrow(expect.objectContaining({ code: 'ENODE_INVALID', fields: { field } }));
  });
});

describe('signatures', () => {
  const digest = keccak256(hex('01'));

  test('refuse impossible values with a code', () => {
    const { r, s, recoveryId } = signDigest(digest, key);
    expect(recoverPublicKey(digest, r, s, recoveryId).subarray(1)).toEqual(nodeKeyToNodeId(key));
    for (const [a, b, id] of [
      [0n, s, 0],
      [r, 0n, 0],
      [1n << 256n, s, 0],
      [r, s, 4],
    ] as const)
      expect(() => recoverPublicKey(digest, a, b, id)).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }));
    for (const bad of [new Uint8Array(32), new Uint8Array(31), new Uint8Array(32).fill(255)])
      expect(() => signDigest(digest, bad)).toThrow(expect.objectContaining({ code: 'PRIVATE_KEY_INVALID' }));
    expect(() => compressPublicKey(new Uint8Array(64))).toThrow(
      expect.objectContaining({ code: 'PUBLIC_KEY_INVALID' }),
    );
  });

  test('a high s is refused for transactions', () => {
    const unsigned = {
      type: 0,
      nonce: 0n,
      gasPrice: 0n,
      gasLimit: 0n,
      to: undefined,
      value: 0n,
      data: hex(''),
    } as const;
    const signed = signTransaction(unsigned, key) as LegacyTransaction;
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const flipped = { ...signed, s: order - signed.s, v: 55n - signed.v };
    expect(transactionSender(signed, undefined)).toEqual(privateKeyToAddress(key));
    expect(() => transactionSender(flipped, undefined)).toThrow('invalid transaction v, r, s values');
  });

  test('EIP-2930', () => {
    const unsigned = {
      type: 1,
      chainId: 9n,
      nonce: 1n,
      gasPrice: 0n,
      gasLimit: 0n,
      to: zeroAddress,
      value: 0n,
      data: hex(''),
      accessList: [{ address: zeroAddress, storageKeys: [new Uint8Array(32)] }],
    } as const;
    const signed = signTransaction(unsigned, key);
    expect(transactionSender(signed, 9n)).toEqual(privateKeyToAddress(key));
    expect(transactionSize(signed)).toBeGreaterThan(100);
    expect(() => transactionSender(signed, 8n)).toThrow('invalid chain id for signer');
    expect(() => transactionSender({ ...signed }, undefined)).toThrow('transaction type not supported');
    expect(() => signTransaction(unsigned, key, { isPrivate: true })).toThrow('transaction type not supported');
  });

  test('the payload hash of private transactions only', () => {
    const base = {
      type: 0,
      nonce: 0n,
      gasPrice: 0n,
      gasLimit: 0n,
      to: undefined,
      value: 0n,
      v: 28n,
      r: 1n,
      s: 1n,
    } as const;
    const whole = { ...base, data: new Uint8Array(64) };
    expect(privatePayloadHash(whole)).toBeUndefined();
    expect(privatePayloadHash(setPrivate(whole))).toBe(whole.data);
    expect(privatePayloadHash(setPrivate({ ...base, data: new Uint8Array(36) }))).toBeUndefined();
    expect(setPrivate({ ...whole, v: 0n }).v).toBe(37n);
  });
});

describe('blooms', () => {
  const log = {
    address: hex('0000000000000000000000000000000000000001'),
    topics: [keccak256(hex('02'))],
    data: hex(''),
  };

  test('contain addresses and topics', () => {
    const bloom = logsBloom([log]);
    expect(bloomMayContain(bloom, log.address)).toBe(true);
    expect(bloomMayContain(bloom, log.topics[0] as Uint8Array)).toBe(true);
    expect(bloomMayContain(bloom, hex('03'))).toBe(false);
    expect(unionBloom(bloom, emptyBloom)).toEqual(bloom);
    expect(logsBloom([])).toBe(emptyBloom);
  });
});

describe('G7 stored receipts', () => {
  const receipt: Receipt = {
    type: 0,
    status: 1,
    postState: undefined,
    cumulativeGasUsed: 21_000n,
    logsBloom: emptyBloom,
    logs: [],
    transactionHash: new Uint8Array(32),
    contractAddress: undefined,
    gasUsed: 0n,
  };
  const inner: Receipt = {
    ...receipt,
    cumulativeGasUsed: 43_000n,
    transactionHash: hex('bf71ea018f64b6449319b733baa188f5f1e6093306604004cf30d1688c940865'),
    contractAddress: hex('d9d64b7dc034fafdba5dc2902875a67b5d586420'),
  };
  const marker: Receipt = { ...receipt, cumulativeGasUsed: 43_000n, privateReceipts: new Map([['private', inner]]) };
  const golden =
    'ccc501825208c0c50182a7f8c0f852c301c080f84c01f848f8468770726976617465f83c0182a7f8c080a0bf71ea018f64b6449319b733baa188f5f1e6093306604004cf30d1688c94086594d9d64b7dc034fafdba5dc2902875a67b5d58642080';

  test('as GoQuorum writes them', () => {
    expect(bytesToBareHex(encodeStoredReceipts([receipt, marker]))).toBe(golden);
    expect(bytesToBareHex(encodeStoredReceipts([receipt]))).toBe('c6c501825208c0');
    const reverted = { ...receipt, revertReason: hex('08c379a0') };
    expect(bytesToBareHex(encodeStoredReceipts([reverted]))).toBe('c6c501825208c0c8c701c08408c379a0');
  });

  test('read back, with what is derived from the block', () => {
    const stored = decodeStoredReceipts(hex(golden));
    const send = (nonce: bigint, to: Uint8Array | undefined): LegacyTransaction =>
      signTransaction(
        { type: 0, nonce, gasPrice: 0n, gasLimit: 0n, to, value: 0n, data: hex('') },
        key,
      ) as LegacyTransaction;
    const sender = hex('ed9d02e382b34818e88b88a309c7fe71e65f419d');
    const [first, second] = deriveReceipts(stored, [send(3n, undefined), send(4n, zeroAddress)], [sender, sender]) as [
      Receipt,
      Receipt,
    ];
    expect(first).toMatchObject({ type: 0, gasUsed: 21_000n, contractAddress: inner.contractAddress });
    expect(second).toMatchObject({ gasUsed: 22_000n, contractAddress: undefined, cumulativeGasUsed: 43_000n });
    expect(second.privateReceipts?.get('private')).toMatchObject({
      transactionHash: inner.transactionHash,
      contractAddress: inner.contractAddress,
      gasUsed: 0n,
    });
    expect(() => deriveReceipts(stored, [], [])).toThrow('transaction and receipt count mismatch');
  });

  test('empty extra items, unknown versions, lists of another length', () => {
    expect(decodeStoredReceipts(hex('c6c501825208c0c1c0'))).toHaveLength(1);
    expect(() => decodeStoredReceipts(hex('c6c501825208c0c4c302c080'))).toThrow('unknown version 2');
    expect(() => decodeStoredReceipts(hex('c6c501825208c0c0'))).toThrow(
      expect.objectContaining({ code: 'RECEIPT_COUNT_MISMATCH' }),
    );
  });
});

describe('gas limit of the next block', () => {
  const next = (gasLimit: bigint, gasUsed = 0n): bigint => nextGasLimit({ gasLimit, gasUsed }, 700_000_000n);

  test('goquorum.md 11.2', () => {
    expect(next(16_234_336n)).toBe(700_000_000n);
    expect(next(0xe0000000n)).toBe(0xe0000000n - (0xe0000000n / 4096n - 1n));
    expect(next(800_000_000n)).toBe(799_804_689n);
    expect(next(800_000_000n, 800_000_000n)).toBe(defaultGasCeiling);
    expect(next(700_000_000n)).toBe(700_000_000n);
  });
});
