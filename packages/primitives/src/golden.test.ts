import { describe, expect, test } from 'vitest';
import { createContractAddress } from './address.ts';
import { bareHexToBytes, bytesToBareHex, concatBytes } from './hex.ts';
import { emptyBloom } from './bloom.ts';
import { emptyBytes } from './bytes.ts';
import { type Header, headerHash } from './header.ts';
import {
  decodeIbftExtra,
  decodeQbftExtra,
  encodeIbftExtra,
  encodeQbftExtra,
  ISTANBUL_DIGEST,
  qbftVoteAdd,
  qbftVoteDrop,
} from './istanbul-extra.ts';
import { ibftSigHash, withIbftProposerSeal, withIbftSeals, withQbftSeals } from './istanbul-seal.ts';
import { nodeIdToHash, nodeKeyToAddress, nodeKeyToNodeId } from './node-key.ts';
import { parseEnode } from './enode.ts';
import { keccak256 } from './keccak.ts';
import { utf8ToBytes } from './utf8.ts';
import { privateKeyToPublicKey, publicKeyToAddress, recoverAddressFromBytes, signDigestBytes } from './secp256k1.ts';
import {
  decodeTransaction,
  encodeTransaction,
  isPrivateTransaction,
  type LegacyTransaction,
  signTransaction,
  transactionHash,
  transactionSender,
  transactionSigningHash,
} from './transaction/transaction.ts';
import { setPrivate } from './transaction/private.ts';
import { bigintToFixedBytes } from './integer.ts';

/** Golden values of spec/goquorum.md, sections G1 to G5 and G13. */
const hex = bareHexToBytes;
const text = bytesToBareHex;

const validators = [
  '44add0ec310f115a0e603b2d7db9f067778eaf8a',
  '294fc7e8f22b3bcdcf955dd7ff3ba2ed833f8212',
  '6beaaed781d2d2ab6350f5c4566a2c6eaac407a6',
  '8be76812f765c24641ec63dc2852b378aba2b440',
].map((address) => hex(address));
const vanity = new Uint8Array(32);
const zeroSeal = new Uint8Array(65);

const zeroHeader: Header = {
  parentHash: new Uint8Array(32),
  uncleHash: new Uint8Array(32),
  coinbase: new Uint8Array(20),
  stateRoot: new Uint8Array(32),
  transactionsRoot: new Uint8Array(32),
  receiptsRoot: new Uint8Array(32),
  logsBloom: emptyBloom,
  difficulty: 0n,
  number: 0,
  gasLimit: 0n,
  gasUsed: 0n,
  timestamp: 0n,
  extraData: emptyBytes,
  mixHash: ISTANBUL_DIGEST,
  nonce: new Uint8Array(8),
};

describe('G1 header hash filtering', () => {
  const extraData = encodeIbftExtra({ vanity, validators, seal: zeroSeal, committedSeals: [] });
  const header = { ...zeroHeader, extraData };

  test('the block hash and the proposer hash', () => {
    expect(text(headerHash(header))).toBe('cefefd3ade63a5955bca4562ed840b67f39e74df217f7e5f7241a6e9552cca70');
    expect(text(ibftSigHash(header))).toBe('bd7d052e48ef42d78a2f0bfbd4dfa75852fef14659f034a81396b7dd0e18628b');
    const sealed = withIbftSeals(header, [zeroSeal, zeroSeal]);
    expect(text(headerHash(sealed))).toBe('cefefd3ade63a5955bca4562ed840b67f39e74df217f7e5f7241a6e9552cca70');
  });

  test('an extra that does not decode is hashed as it is', () => {
    const longer = { ...header, extraData: concatBytes(extraData, Uint8Array.of(1, 2, 3)) };
    expect(text(headerHash(longer))).toBe('7a465cfce5c3c3e44b61d58016ed93241489b5f4ab9625751955f44e36a75ee7');
  });
});

describe('G2 extra data', () => {
  const list = text(concatBytes(...validators.flatMap((address) => [Uint8Array.of(0x94), address])));

  test('IBFT', () => {
    const encoded = encodeIbftExtra({ vanity, validators, seal: emptyBytes, committedSeals: [] });
    expect(text(encoded)).toBe(`${'00'.repeat(32)}f858f854${list}80c0`);
    expect(decodeIbftExtra(encoded)).toEqual({ vanity, validators, seal: emptyBytes, committedSeals: [] });
    expect(() => decodeIbftExtra(new Uint8Array(31))).toThrow('invalid istanbul header extra-data');
    const header = { ...zeroHeader, extraData: encoded };
    expect(() => withIbftProposerSeal(header, new Uint8Array(66))).toThrow('invalid signature');
    expect(() => withIbftSeals(header, [new Uint8Array(66)])).toThrow('invalid committed seals');
    expect(decodeIbftExtra(withIbftProposerSeal(header, zeroSeal).extraData).seal).toEqual(zeroSeal);
  });

  test('QBFT', () => {
    const empty = `f85a80f854${list}c080c0`;
    const decoded = decodeQbftExtra(hex(empty));
    expect(decoded).toEqual({ vanity: emptyBytes, validators, vote: undefined, round: 0, committedSeals: [] });
    expect(text(encodeQbftExtra(decoded))).toBe(empty);
    expect(text(encodeQbftExtra({ ...decoded, vanity }))).toBe(`f87aa0${'00'.repeat(32)}f854${list}c080c0`);
    const round5 = { ...decoded, round: 5 };
    expect(text(encodeQbftExtra(round5))).toBe(`f85a80f854${list}c005c0`);
    const recipient = hex('44add0ec310f115a0e603b2d7db9f06777123456');
    const added = encodeQbftExtra({ ...round5, vote: { recipient, voteType: qbftVoteAdd } });
    expect(text(added)).toBe(`f87180f854${list}d794${text(recipient)}81ff05c0`);
    expect(decodeQbftExtra(added).vote).toEqual({ recipient, voteType: 0xff });
    const dropped = encodeQbftExtra({ ...round5, vote: { recipient, voteType: qbftVoteDrop } });
    expect(text(dropped)).toBe(`f87080f854${list}d694${text(recipient)}8005c0`);
  });

  test('QBFT seals', () => {
    const header = { ...zeroHeader, extraData: hex(`f85a80f854${list}c080c0`) };
    const seal = concatBytes(Uint8Array.of(1, 2, 3), new Uint8Array(62));
    expect(decodeQbftExtra(withQbftSeals(header, 7, [seal]).extraData)).toMatchObject({
      round: 7,
      committedSeals: [seal],
    });
    expect(() => withQbftSeals(header, 0, [new Uint8Array(66)])).toThrow('invalid committed seals');
    expect(headerHash(withQbftSeals(header, 7, [seal]))).toEqual(headerHash(header));
  });
});

describe('G4 keys', () => {
  test.each([
    ['bb047e5940b6d83354d9432db7c449ac8fca2248008aaa7271369880f9f11cc1', '70524d664ffe731100208a0154e556f9bb679ae6'],
    ['e6181caaffff94a09d7e332fc8da9884d99902c7874eb74354bdcadf411929f1', 'ed9d02e382b34818e88b88a309c7fe71e65f419d'],
    ['1be3b50b31734be48452c29d714941ba165ef0cbf3ccea8ca16c45e3d8d45fb0', 'd8dba507e85f116b1f7e231ca8525fc9008a6966'],
    ['b68c0338aa4b266bf38ebe84c6199ae9fac8b29f32998b3ed2fbeafebe8d65c9', '491937757d1b26e29c507b8d4c0b233c2747e68d'],
    ['b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291', '71562b71999873db5b286df957af199ec94617f7'],
  ])('%s', (key, address) => {
    expect(text(nodeKeyToAddress(hex(key)))).toBe(address);
  });

  test('node id, its hash, and a signature that recovers', () => {
    const key = hex('1be3b50b31734be48452c29d714941ba165ef0cbf3ccea8ca16c45e3d8d45fb0');
    const nodeId = nodeKeyToNodeId(key);
    expect(text(nodeId)).toBe(
      'ac6b1096ca56b9f6d004b779ae3728bf83f8e22453404cc3cef16a3d9b96608bc67c4b30db88e0a5a6c6390213f7acbe1153ff6d23ce57380104288ae19373ef',
    );
    expect(text(nodeIdToHash(nodeId))).toBe('7577115fd9184a27da527128d8dba507e85f116b1f7e231ca8525fc9008a6966');
    const digest = keccak256(utf8ToBytes('Here is a string....'));
    const signer = hex('bb047e5940b6d83354d9432db7c449ac8fca2248008aaa7271369880f9f11cc1');
    expect(recoverAddressFromBytes(digest, signDigestBytes(digest, signer))).toEqual(nodeKeyToAddress(signer));
    expect(publicKeyToAddress(privateKeyToPublicKey(signer))).toEqual(nodeKeyToAddress(signer));
  });
});

describe('G5 private transactions', () => {
  const sender = 'ed9d02e382b34818e88b88a309c7fe71e65f419d';

  test('a filled transaction, not yet signed', () => {
    const raw =
      'f84d02808347b7608080b84075902a24f8f3248a8c6d342506f018b2ef735bca0badecbaf7dc98b5799b3c8db4cc65f1a9294f29f018ce603cf93a212ebdde4a8f2d83d44a98eb97ffa690d6258080';
    const transaction = decodeTransaction(hex(raw));
    expect(text(transactionHash(transaction))).toBe('c0bbb6326ebafb7b0b18cf85d7b93e73ec8ae72b1c8d043d77d7ac5fecd9ccb5');
    expect(() => transactionSender(transaction, 10n)).toThrow('invalid transaction v, r, s values');
  });

  test.each([
    [
      'f88d01808347b7608080b84034ec48699ce5877f0f97a5bea4550d52296368b1dcdc89667559555066c9894525e4878d0689cfeb4b6fda3dd6566aa06ce772f2e19e0404e45fe6351ebf640326a0ffecedc570d3520d283508f00d8b2c162096ebddca753979da95062c1df234cea033ceb36d46e3e86a399e8fde35b078248c90fb71344aadcc7e83b9324958a4ed',
      '2e67509a19fd86535a1d17fccc7fdf9e454aa2a9a3ce99ba7d5019ca7d0c8a2c',
      'e5af5cfbe2e131b02fa9c920973f896bdeceb982dbd7d309cf89b7460bea7752',
    ],
    [
      'f88d03808347b7608080b840c23a8cc005b977ff5b736f8fa670e3a68c0ce4c9609494a9d482d12b2bae9a5037fdad0164d0e6fd21527e20363507262e528eb3187a0f0a1f097eaaedc845b725a0ef2562c04b2da7a90007068990b5279d6cb468e5347d40fe0aaa523485367bffa03530a3a6188cb0a3ebcfce29ada3ff3ed59976e6c88d1557f48554dfc0c3849e',
      '8f4ff28bc835df087eac6778f0c5c8b64cdaeaae2f9adc43c2c92dcebaee8ac0',
      '7cb8fbda0c76632ee801e27cc3ef5445378cf65cc0c36ffaf79b738c16d6ff18',
    ],
  ])('%s', (raw, signingHash, hash) => {
    const transaction = decodeTransaction(hex(raw));
    expect(isPrivateTransaction(transaction)).toBe(true);
    expect(text(transactionSigningHash(transaction, 18n))).toBe(signingHash);
    expect(text(transactionSigningHash({ ...transaction }, undefined))).toBe(signingHash);
    expect(text(transactionHash(transaction))).toBe(hash);
    expect(text(transactionHash({ ...transaction }))).toBe(hash);
    for (const chainId of [undefined, 18n, 1337n]) expect(text(transactionSender(transaction, chainId))).toBe(sender);
    expect(text(encodeTransaction({ ...transaction }))).toBe(raw);
  });

  test('a signature made here', () => {
    const data = hex(
      'd6ebe92d200d85613b16083340478280239eedd243477d3070e984d114c6918f26575923b17a21ce53b60469cd1a1b7f8d3f2ccc8af12ee17873e9852138cafd',
    );
    const key = hex('e6181caaffff94a09d7e332fc8da9884d99902c7874eb74354bdcadf411929f1');
    const unsigned = { type: 0, nonce: 0n, gasPrice: 0n, gasLimit: 0x47b760n, to: undefined, value: 0n, data } as const;
    const signed = signTransaction(unsigned, key, { isPrivate: true, chainId: 1337n });
    expect(text(transactionSigningHash(unsigned, undefined))).toBe(
      '8e7bde9b37d82bb1439b30abc1b779f66b3fb96d2cbd21faf05acf90a648cd7c',
    );
    expect(text(encodeTransaction(signed))).toBe(
      'f88d80808347b7608080b840d6ebe92d200d85613b16083340478280239eedd243477d3070e984d114c6918f26575923b17a21ce53b60469cd1a1b7f8d3f2ccc8af12ee17873e9852138cafd26a0c19e83f4f83b6ad1b44ac2eb804896ed23023541a0b47c6db0c819a14dbf0daca01272f61900d253a411867de985351573dad292b397d3491a7fbcd5012b99a65a',
    );
    expect(text(transactionHash(signed))).toBe('3bafab19b5641538262e21e24b91a8b0ce62fca0de208022538e161eedcdaa5e');
    expect(text(createContractAddress(hex(sender), 0n))).toBe('1932c48b2bf8102ba33b4a6b545c32236e342f34');
    expect(text(createContractAddress(hex(sender), 3n))).toBe('d9d64b7dc034fafdba5dc2902875a67b5d586420');
  });

  test('the known answer of web3js-quorum (features.md 3.2)', () => {
    const key = hex('e6181caaffff94a09d7e332fc8da9884d99902c7874eb74354bdcadf411929f1');
    const data = new Uint8Array(64).fill(7);
    const signed = signTransaction(
      { type: 0, nonce: 0n, gasPrice: 0n, gasLimit: 4_300_000n, to: undefined, value: 0n, data },
      key,
    );
    expect(text(encodeTransaction(setPrivate(signed as LegacyTransaction)))).toBe(
      `f88d808083419ce08080b840${'07'.repeat(64)}26a044349b78997201065a2e65438a79ffebe29d597b4c69e68940a03a05af4984e8a065e5bf6debae48cd58fda0a749f2b5ac67bb464b89a6d913b09b7fc7dda70c90`,
    );
  });

  describe.each([
    {
      key: 25807260602402504536675820444142779248993100028628438487502323668296269534891n,
      address: '67bc1c99bab063aeda214995809df79113172d1d',
      v: [28n, 39n, 37n, 38n],
      raw: 'f85d8080809467bc1c99bab063aeda214995809df79113172d1d808026a08ca70f5cc98e07ae0100976adc9e4c3b6a47f9c71e9819b0f06d70e7793f24fba0580203e46f806f0b0b274098e684f2f39ddc2d4fe72ba86fd6302c55cc1180c1',
      hash: 'd7885e832ed2c3c14e6506401769b74290026fa15a544b26e924f73c55fe7069',
    },
    {
      key: 10148397294747000913768625849546502595195728826990639993137198410557736548965n,
      address: 'e50d7b2987a6cb7dabb86bf632dff389e8e1bc59',
      v: [27n, 40n, 38n, 37n],
      raw: 'f85d80808094e50d7b2987a6cb7dabb86bf632dff389e8e1bc59808025a01a796ad42e6872e9d10191038b0ed066e4fa00ea363c140db7932d5d7d8745dfa0352137554afe74783473018f82ca70ac9386433866b78db314294d1058dec6a0',
      hash: '8dd86b74cfb7a67bea3cc8aab77fd029bc574ed717aec4b711decff65c029581',
    },
  ])('$address', ({ key, address, v, raw, hash }) => {
    const privateKey = bigintToFixedBytes(key, 32);
    const to = hex(address);
    const unsigned = { type: 0, nonce: 0n, gasPrice: 0n, gasLimit: 0n, to, value: 0n, data: emptyBytes } as const;
    const homestead = signTransaction(unsigned, privateKey) as LegacyTransaction;
    const onChain2 = signTransaction(unsigned, privateKey, { chainId: 2n }) as LegacyTransaction;
    const onChain1 = signTransaction(unsigned, privateKey, { chainId: 1n }) as LegacyTransaction;
    const marked = setPrivate(homestead);

    test('V values', () => {
      expect([homestead.v, onChain2.v, onChain1.v, marked.v]).toEqual(v);
    });

    test('private form', () => {
      expect(text(encodeTransaction(marked))).toBe(raw);
      expect(text(transactionHash(marked))).toBe(hash);
      expect(transactionSender(marked, undefined)).toEqual(to);
      expect(transactionSender({ ...marked }, 18n)).toEqual(to);
    });

    test('chain id 1 looks private, with another sender; EIP-155 does not survive setPrivate', () => {
      expect(isPrivateTransaction(onChain1)).toBe(true);
      expect(transactionSender(onChain1, 1n)).not.toEqual(to);
      expect(transactionSender(setPrivate(onChain2), 2n)).not.toEqual(to);
    });

    test('chain ids', () => {
      expect(transactionSender(onChain2, 2n)).toEqual(to);
      expect(transactionSender(homestead, 2n)).toEqual(to);
      expect(() => transactionSender(onChain2, 3n)).toThrow('invalid chain id for signer');
      expect(() => transactionSender(onChain2, undefined)).toThrow('invalid transaction v, r, s values');
    });
  });
});

describe('G13 enode', () => {
  const id =
    '1dd9d65c4552b5eb43d5ad55a2ee3f56c6cbc1c64a5c8d659f51fcd51bace24351232b8d7821617d2b29b54b81cdefb9b3e9c37d7fd5f63270bcc9e1a6f6a439';

  test('with raftport the host may be a name', () => {
    expect(parseEnode(`enode://${id}@hostname:3?raftport=50401`)).toEqual({
      nodeId: hex(id),
      host: 'hostname',
      port: 3,
      raftPort: 50401,
    });
    expect(() => parseEnode(`enode://${id}@:3?raftport=50401`)).toThrow('empty hostname in raft url');
  });
});
