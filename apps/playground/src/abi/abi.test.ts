import { describe, expect, it } from 'vitest';
import readyMade from '../contracts/ready-made.json' with { type: 'json' };
import { abiOutputToText, decodeAbiValues } from './abi-decode.ts';
import { encodeAbiValues } from './abi-encode.ts';
import { parseAbiType } from './abi-type.ts';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { decodeCall, decodeLog, encodeCall, parseBytecode, parseContractAbi } from './contract-abi.ts';

const named = (...types: string[]) => types.map((type, index) => ({ name: `v${index}`, type: parseAbiType({ type }) }));

describe('ABI values', () => {
  it('encodes the example of the Solidity specification (sam(bytes,bool,uint256[]))', () => {
    const encoded = bytesToHex(
      encodeAbiValues(named('bytes', 'bool', 'uint256[]'), ['0x64617665', 'true', ['1', '2', '3']]),
    );
    expect(encoded).toBe(
      '0x' +
        '0000000000000000000000000000000000000000000000000000000000000060' +
        '0000000000000000000000000000000000000000000000000000000000000001' +
        '00000000000000000000000000000000000000000000000000000000000000a0' +
        '0000000000000000000000000000000000000000000000000000000000000004' +
        '6461766500000000000000000000000000000000000000000000000000000000' +
        '0000000000000000000000000000000000000000000000000000000000000003' +
        '0000000000000000000000000000000000000000000000000000000000000001' +
        '0000000000000000000000000000000000000000000000000000000000000002' +
        '0000000000000000000000000000000000000000000000000000000000000003',
    );
  });

  it('gives back what it encoded, for nested and negative values', () => {
    const types = [
      { name: 'a', type: parseAbiType({ type: 'int8' }) },
      { name: 'b', type: parseAbiType({ type: 'string[2]' }) },
      { name: 'c', type: parseAbiType({ type: 'tuple', components: [{ type: 'address' }, { type: 'bytes3[]' }] }) },
    ];
    const values = ['-128', ['grüße', ''], ['0x00000000000000000000000000000000000000aa', ['0x010203']]];
    expect(decodeAbiValues(types, encodeAbiValues(types, values))).toEqual(values);
    expect(abiOutputToText(values)).toBe('[-128, [grüße, ], [0x00000000000000000000000000000000000000aa, [0x010203]]]');
  });

  it('refuses values that do not fit, naming them', () => {
    const attempt = (type: string, value: string) => () => encodeAbiValues(named(type), [value]);
    expect(attempt('uint8', '256')).toThrow('v0: does not fit uint8.');
    expect(attempt('uint256', '-1')).toThrow('v0: does not fit uint256.');
    expect(attempt('uint256', 'many')).toThrow('v0: a whole number is wanted.');
    expect(attempt('address', '0x01')).toThrow('v0: an address has 20 bytes.');
    expect(attempt('bool', 'yes')).toThrow('v0: true or false is wanted.');
  });

  it('refuses lengths that point outside', () => {
    expect(() => decodeAbiValues(named('uint256[]'), new Uint8Array(64).fill(255))).toThrow('points outside');
  });
});

describe('contract ABI', () => {
  const abi = parseContractAbi(readyMade.contracts.SimpleStorage.abi);
  const set = abi.functions.find((fn) => fn.name === 'set')!;

  it('has the selectors and topics that compilers give', () => {
    expect(set.signature).toBe('set(uint256)');
    expect(bytesToHex(set.selector)).toBe('0x60fe47b1');
    expect(abi.functions.find((fn) => fn.name === 'get')).toMatchObject({ readOnly: true });
  });

  it('reads a call and a log back', () => {
    const call = decodeCall(abi, encodeCall(set, ['42']));
    expect(call?.fn.name).toBe('set');
    expect(call?.values).toEqual(['42']);
    const topic = abi.events[0]!.topic;
    const data = bytesToHex(encodeAbiValues(named('uint256'), ['42']));
    expect(decodeLog(abi, { topics: [topic], data })).toEqual({
      name: 'SimpleStorageSet',
      values: [{ name: 'value', value: '42' }],
    });
    expect(decodeCall(abi, '0x00000000')).toBeUndefined();
  });

  it('names what is wrong in pasted input', () => {
    expect(() => parseContractAbi({})).toThrow('The ABI is a JSON list.');
    expect(() => parseContractAbi([{ type: 'function', name: 'f', inputs: [{}] }])).toThrow(
      'f: parameter 0 has no type.',
    );
    expect(() => parseBytecode('6080__$lib$__')).toThrow('unlinked');
    expect(() => parseBytecode('0xzz')).toThrow('hexadecimal');
  });
});
