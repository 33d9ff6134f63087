import { describe, expect, test } from 'vitest';
import { bareHexToBytes, bytesToBareHex, bytesToHex } from '../hex.ts';
import { headerHash } from '../header.ts';
import { genesisJson, ibftExtra, type Json, mixHash, other, parse, validator } from '../testing/genesis-json.ts';
import { createGenesisHeader, parseGenesis } from './genesis.ts';
import { validateStart } from './validate.ts';

describe('G3 genesis hashes', () => {
  const emptyRoot = '56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';
  test.each([
    ['QBFT', genesisJson(), emptyRoot, '69dd35a919256a238c0541171620ef552c58c9ef48c0384de508f6bd9b2d230c'],
    [
      'IBFT',
      genesisJson({}, { extraData: ibftExtra }),
      emptyRoot,
      'c43fa0975697439e543859277bf603957a14aef8201dc8b8d761ba56cb76965c',
    ],
    [
      'Istanbul without extra',
      {
        config: { chainId: 2017, istanbul: {} },
        gasLimit: '0x47b760',
        difficulty: '0x1',
        mixHash,
        alloc: {
          '491937757d1b26e29c507b8d4c0b233c2747e68d': { balance: '0x446c3b15f9926687d2c40534fdb564000000000000' },
        },
      },
      '37074907644f0ace88ad380cdd8577bdfa4a1fc433644546a0d5110ed2c9db48',
      '05770abd0d86be84e155ce0c9f32024b5884bc6ae025b44619baf11708f2b05f',
    ],
    [
      'Raft',
      {
        config: { chainId: 10 },
        gasLimit: '0xE0000000',
        difficulty: '0x0',
        extraData: `0x${'00'.repeat(32)}`,
        mixhash: '0x00000000000000000000000000000000000000647572616c65787365646c6578',
        alloc: { ed9d02e382b34818e88b88a309c7fe71e65f419d: { balance: '1000000000000000000000000000' } },
      },
      '8e0eda84327cb810632f7d6ab845ab2dc0c1960156beb095384eb4bd0900eeb0',
      '6a6605601e17bbfbc0a199104a05f222d11da37fe2320c023394ff1e516243a2',
    ],
  ])('%s', (_name, json, root, hash) => {
    const header = createGenesisHeader(parseGenesis(JSON.stringify(json)), bareHexToBytes(root));
    expect(bytesToBareHex(headerHash(header))).toBe(hash);
  });
});

describe('reading', () => {
  test('keys in any case, the last of equal keys, unknown keys ignored, null is absent', () => {
    const genesis = parseGenesis({
      CONFIG: {
        CHAINID: 7,
        qBft: { EpochLength: 5, emptyBlockPeriodSeconds: null },
        nobody: { knows: 1 },
        isquorum: null,
      },
      GASLIMIT: '0x1',
      gaslimit: '0x2',
      Difficulty: 3,
      alloc: {},
    });
    expect(genesis.config).toMatchObject({ chainId: 7n, isQuorum: true, qbft: { epochLength: 5 } });
    expect(genesis.config.qbft?.emptyBlockPeriodSeconds).toBeUndefined();
    expect(genesis).toMatchObject({ gasLimit: 2n, difficulty: 3n });
    expect(parse({ isQuorum: false }).config.isQuorum).toBe(false);
  });

  test('alloc', () => {
    const { alloc } = parse(
      {},
      {
        alloc: {
          [`${validator}`]: {
            balance: '0x10',
            nonce: '0x2',
            code: '0x6001',
            storage: { '0x01': '0x0203', [`${'ab'.repeat(32)}`]: '04' },
          },
          [other.slice(2)]: { balance: '12' },
        },
      },
    );
    expect(alloc).toHaveLength(2);
    expect(alloc[1]).toMatchObject({ balance: 12n, nonce: 0n, storage: [] });
    expect(alloc[0]).toMatchObject({ balance: 16n, nonce: 2n });
    expect(alloc[0]?.storage.map(({ slot, value }) => [bytesToHex(slot), bytesToHex(value)])).toEqual([
      [`0x${'00'.repeat(31)}01`, `0x${'00'.repeat(30)}0203`],
      [`0x${'ab'.repeat(32)}`, `0x${'00'.repeat(31)}04`],
    ]);
  });

  test('integers beyond 2^53 keep their digits', () => {
    const text = JSON.stringify(genesisJson()).replace('"chainId":10', '"chainId":9007199254740993');
    expect(parseGenesis(text).config.chainId).toBe(9_007_199_254_740_993n);
  });

  test.each<[unknown, string, string]>([
    ['{', 'GENESIS_JSON_INVALID', 'genesis'],
    [[], 'GENESIS_FIELD_INVALID', 'genesis'],
    [{ config: {} }, 'GENESIS_FIELD_INVALID', 'alloc'],
    [{ alloc: {} }, 'GENESIS_FIELD_INVALID', 'config'],
    [genesisJson({ chainId: 'x' }), 'GENESIS_FIELD_INVALID', 'config.chainId'],
    [genesisJson({ byzantiumBlock: 1.5 }), 'GENESIS_FIELD_INVALID', 'config.byzantiumBlock'],
    [genesisJson({ qbft: { epochlength: '5' } }), 'GENESIS_FIELD_INVALID', 'config.qbft.epochlength'],
    [
      genesisJson({ transitions: [{ block: 0 }, { block: 'x' }] }),
      'GENESIS_FIELD_INVALID',
      'config.transitions[1].block',
    ],
    [genesisJson({}, { gasLimit: undefined }), 'GENESIS_FIELD_INVALID', 'gasLimit'],
    [genesisJson({}, { difficulty: '-1' }), 'GENESIS_FIELD_INVALID', 'difficulty'],
    [genesisJson({}, { extraData: '0xf' }), 'GENESIS_FIELD_INVALID', 'extraData'],
    [genesisJson({}, { mixHash: '0x00' }), 'GENESIS_FIELD_INVALID', 'mixHash'],
    [genesisJson({}, { number: '0xffffffffffffffff' }), 'GENESIS_FIELD_INVALID', 'number'],
    [genesisJson({}, { alloc: { abc: { balance: '0x0' } } }), 'GENESIS_FIELD_INVALID', 'alloc.abc'],
    [genesisJson({}, { alloc: { [validator]: {} } }), 'GENESIS_FIELD_INVALID', `alloc.${validator}`],
  ])('%j', (json, code, field) => {
    expect(() => parseGenesis(json)).toThrow(expect.objectContaining({ code, fields: { field } }));
  });
});

describe('validation texts of geth init', () => {
  const prefix = 'transitions data invalid: ';
  test.each<[Json, string, string]>([
    [
      { maxCodeSize: 35 },
      'config.maxCodeSize',
      'maxCodeSize data invalid: maxCodeSize & maxCodeSizeChangeBlock deprecated. Consider using maxCodeSizeConfig',
    ],
    [
      { maxCodeSizeChangeBlock: 0 },
      'config.maxCodeSizeChangeBlock',
      'maxCodeSize data invalid: maxCodeSize & maxCodeSizeChangeBlock deprecated. Consider using maxCodeSizeConfig',
    ],
    [
      { maxCodeSizeConfig: [{ block: 0, size: 23 }] },
      'config.maxCodeSizeConfig[0].size',
      'Genesis max code size must be between 24 and 128',
    ],
    [
      { maxCodeSizeConfig: [{ size: 24 }] },
      'config.maxCodeSizeConfig[0].block',
      'Block number not given in maxCodeSizeConfig data',
    ],
    [
      {
        maxCodeSizeConfig: [
          { block: 5, size: 24 },
          { block: 4, size: 24 },
        ],
      },
      'config.maxCodeSizeConfig[1].block',
      'invalid maxCodeSize detail, block order has to be ascending',
    ],
    [
      { transitions: [{ block: 0, algorithm: 'raft' }] },
      'config.transitions[0].algorithm',
      `${prefix}transition algorithm is invalid, should be either \`ibft\` or \`qbft\``,
    ],
    [
      { transitions: [{ block: 0, validatorselectionmode: 'x' }] },
      'config.transitions[0].validatorselectionmode',
      `${prefix}validator selection mode is invalid, should be either \`contract\` or \`blockheader\``,
    ],
    [
      { qbft: undefined, istanbul: { testQBFTBlock: 3 }, transitions: [{ block: 0, algorithm: 'qbft' }] },
      'config.transitions[0].algorithm',
      `${prefix}can't use transition algorithm and testQBFTBlock at the same time`,
    ],
    [
      { maxCodeSizeConfig: [{ block: 0, size: 32 }], transitions: [{ block: 0, contractsizelimit: 32 }] },
      'config.transitions[0].contractsizelimit',
      `${prefix}can't use transition ContractSizeLimit and MaxCodeSizeConfig at the same time`,
    ],
    [{ transitions: [{}] }, 'config.transitions[0].block', `${prefix}block number not given in transitions data`],
    [
      { transitions: [{ block: 5 }, { block: 5 }, { block: 4 }] },
      'config.transitions[2].block',
      `${prefix}block order should be ascending`,
    ],
    [
      {
        qbft: undefined,
        ibft: {},
        transitions: [
          { block: 5, algorithm: 'QBFT' },
          { block: 6, algorithm: 'ibft' },
        ],
      },
      'config.transitions[1].algorithm',
      `${prefix}can't transition from qbft to ibft`,
    ],
    [
      { transitions: [{ block: 0, contractsizelimit: 129 }] },
      'config.transitions[0].contractsizelimit',
      `${prefix}transition contract code size must be between 24 and 128`,
    ],
    [
      { transitions: [{ block: 0, validatorcontractaddress: validator }] },
      'config.transitions[0].validatorselectionmode',
      `${prefix}validator selection mode is missing, should specify \`contract\` when using validatorcontractaddress`,
    ],
    [
      { transitions: [{ block: 0, transactionSizeLimit: 31 }] },
      'config.transitions[0].transactionSizeLimit',
      `${prefix}genesis transaction size limit must be between 32 and 128`,
    ],
    [
      { transitions: [{ block: 0, beneficiaryMode: 'me' }] },
      'config.transitions[0].beneficiaryMode',
      `${prefix}beneficiary mode is not valid`,
    ],
    [
      { qbft: { validatorcontractaddress: validator } },
      'extraData',
      'invalid genesis file: cant combine extraData validators and config.qbft.validatorcontractaddress at the same time',
    ],
    [{ txnSizeLimit: 31 }, 'config.txnSizeLimit', 'Genesis transaction size limit must be between 32 and 128'],
  ])('%j', (config, field, message) => {
    expect(() => parse(config)).toThrow(
      expect.objectContaining({ code: 'GENESIS_INVALID', message, fields: { field } }),
    );
    expect(() => parse({ ...config, isQuorum: false })).not.toThrow();
    expect(() => parseGenesis(genesisJson(config), { validate: false })).not.toThrow();
  });

  test('equal blocks and all allowed modes pass', () => {
    const transitions = ['fixed', 'validators', 'list', ''].map((beneficiaryMode) => ({ block: 3, beneficiaryMode }));
    expect(parse({ transitions }).config.transitions).toHaveLength(4);
  });
});

describe('validation at the start', () => {
  test.each<[Json, Json, object, string, string]>([
    [{ chainId: 1 }, {}, {}, 'config.chainId', 'Cannot have chain id or network id as 1.'],
    [{}, {}, { networkId: 1n }, 'networkId', 'Cannot have chain id or network id as 1.'],
    [{ qbft: undefined }, {}, {}, 'config', 'Consensus not specified. Exiting!!'],
    [
      { istanbul: {} },
      {},
      {},
      'config.istanbul',
      'the attributes config.Istanbul and config.[IBFT|QBFT] are mutually exclusive on the genesis file',
    ],
    [
      { ibft: {} },
      {},
      {},
      'config.ibft',
      'the attributes config.IBFT and config.QBFT are mutually exclusive on the genesis file',
    ],
    [
      {},
      {},
      { isPrivacyMarkerEnabled: true },
      'config.privacyPrecompileBlock',
      'Privacy marker transactions require privacyPrecompileBlock to be set in genesis.json',
    ],
    [{}, { extraData: '0x00' }, {}, 'extraData', 'invalid extra data format'],
    [{ qbft: undefined, ibft: {} }, {}, {}, 'extraData', 'invalid extra data format'],
    [{}, { mixHash: `0x${'00'.repeat(32)}` }, {}, 'mixHash', 'invalid Istanbul mix digest'],
    [{}, { difficulty: '0x2' }, {}, 'difficulty', 'invalid difficulty'],
    [{ qbft: undefined, ibft: {} }, { extraData: ibftExtra, nonce: '0x1' }, {}, 'nonce', 'invalid nonce'],
  ])('%j %j %o', (config, rest, options, field, message) => {
    expect(() => validateStart(parse(config, rest), { networkId: 10n, ...options })).toThrow(
      expect.objectContaining({ code: 'GENESIS_INVALID', message, fields: { field } }),
    );
  });

  test('good ones pass', () => {
    expect(() => validateStart(parse(), { networkId: 10n })).not.toThrow();
    expect(() => validateStart(parse({ qbft: undefined }), { networkId: 10n, isRaft: true })).not.toThrow();
    expect(() => validateStart(parse({ chainId: 1, isQuorum: false }), { networkId: 1n })).not.toThrow();
  });
});
