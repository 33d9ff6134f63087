import { bytesToBareHex } from '@isoquorum/primitives/hex';
import fc from 'fast-check';
import { addressOf } from './addresses.ts';

/** Contracts that random programs know: each may call the others. */
export const knownContracts: readonly Uint8Array[] = [addressOf(11), addressOf(12), addressOf(13)];

const byte = (value: number): string => value.toString(16).padStart(2, '0');

function push(value: bigint): string {
  const text = value.toString(16);
  const digits = text.length % 2 === 0 ? text : `0${text}`;
  return byte(0x5f + digits.length / 2) + digits;
}

const word = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: 0n, max: 40n }) },
  { weight: 2, arbitrary: fc.bigInt({ min: 0n, max: 0xffffn }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 256 }).map((bits) => (1n << BigInt(bits)) - 1n) },
  { weight: 1, arbitrary: fc.constantFrom((1n << 255n) | 1n, (1n << 256n) - 2n, 1n << 255n) },
);

/** An address worth calling: a known contract, a precompile, nobody. */
const target = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...knownContracts.map((address) => BigInt(`0x${bytesToBareHex(address)}`))) },
  { weight: 3, arbitrary: fc.constantFrom(1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 11n) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0x70n, max: 0x90n }) },
  { weight: 1, arbitrary: fc.constant(BigInt(`0x${bytesToBareHex(addressOf(999))}`)) },
);

const small = fc.bigInt({ min: 0n, max: 130n });
const slot = fc.bigInt({ min: 0n, max: 3n });
const gas = fc.oneof(
  fc.bigInt({ min: 0n, max: 60_000n }),
  fc.constant((1n << 64n) - 1n),
  fc.constant((1n << 256n) - 1n),
);
const value = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0n) },
  { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: 3n }) },
);

const binary = fc.constantFrom(
  0x01,
  0x02,
  0x03,
  0x04,
  0x05,
  0x06,
  0x07,
  0x0a,
  0x0b,
  0x10,
  0x11,
  0x12,
  0x13,
  0x14,
  0x16,
  0x17,
  0x18,
  0x1a,
  0x1b,
  0x1c,
  0x1d,
);
const nullary = fc.constantFrom(
  0x30,
  0x32,
  0x33,
  0x34,
  0x36,
  0x38,
  0x3a,
  0x3d,
  0x41,
  0x42,
  0x43,
  0x44,
  0x45,
  0x46,
  0x47,
  0x48,
  0x4a,
  0x5f,
  0x58,
  0x59,
  0x5a,
);
const ofAddress = fc.constantFrom(0x31, 0x3b, 0x3f);

function sequence(...parts: (string | bigint)[]): string {
  return parts.map((part) => (typeof part === 'bigint' ? push(part) : part)).join('');
}

const instruction: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(word, word, binary).map(([a, b, code]) => sequence(a, b, byte(code))) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(word, word, word, fc.constantFrom(0x08, 0x09))
      .map(([a, b, c, code]) => sequence(a, b, c, byte(code))),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(word, fc.constantFrom(0x15, 0x19, 0x35, 0x40)).map(([a, code]) => sequence(a, byte(code))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(word, word, fc.constantFrom('80', '81'), binary)
      .map(([a, b, dup, code]) => sequence(a, b, dup, byte(code))),
  },
  { weight: 1, arbitrary: slot.map((at) => sequence(at, '5c')) },
  { weight: 1, arbitrary: fc.tuple(word, slot).map(([a, at]) => sequence(a, at, '5d')) },
  { weight: 1, arbitrary: fc.tuple(small, small, small).map(([length, from, to]) => sequence(length, from, to, '5e')) },
  { weight: 1, arbitrary: slot.map((index) => sequence(index, '49')) },
  { weight: 2, arbitrary: nullary.map(byte) },
  { weight: 2, arbitrary: fc.tuple(target, ofAddress).map(([a, code]) => sequence(a, byte(code))) },
  { weight: 4, arbitrary: fc.tuple(word, small).map(([a, at]) => sequence(a, at, '52')) },
  { weight: 1, arbitrary: fc.tuple(word, small).map(([a, at]) => sequence(a, at, '53')) },
  { weight: 2, arbitrary: small.map((at) => sequence(at, '51')) },
  { weight: 4, arbitrary: fc.tuple(fc.oneof(fc.constant(0n), word), slot).map(([a, at]) => sequence(a, at, '55')) },
  { weight: 3, arbitrary: slot.map((at) => sequence(at, '54')) },
  { weight: 2, arbitrary: fc.tuple(small, small).map(([length, at]) => sequence(length, at, '20')) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(small, small, small, fc.constantFrom('37', '39', '3e'))
      .map(([length, from, to, code]) => sequence(length, from, to, code)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(small, small, small, target)
      .map(([length, from, to, a]) => sequence(length, from, to, a, '3c')),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(word, word, small, small, fc.integer({ min: 0, max: 2 }))
      .map(([a, b, length, at, topics]) => sequence(a, b, length, at, byte(0xa0 + topics))),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(small, small, small, small, value, target, gas, fc.constantFrom('f1', 'f2'))
      .map(([ol, o, il, i, v, a, g, code]) => sequence(ol, o, il, i, v, a, g, code)),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(small, small, small, small, target, gas, fc.constantFrom('f4', 'fa'))
      .map(([ol, o, il, i, a, g, code]) => sequence(ol, o, il, i, a, g, code)),
  },
  { weight: 2, arbitrary: fc.tuple(small, small, value).map(([length, at, v]) => sequence(length, at, v, 'f0')) },
  {
    weight: 1,
    arbitrary: fc.tuple(slot, small, small, value).map(([salt, length, at, v]) => sequence(salt, length, at, v, 'f5')),
  },
  { weight: 2, arbitrary: fc.integer({ min: 0x80, max: 0x9f }).map(byte) },
  { weight: 1, arbitrary: fc.constantFrom('50', '5b', '3d') },
  {
    weight: 1,
    arbitrary: fc
      .tuple(small, small, fc.constantFrom('f3', 'fd'))
      .map(([length, at, code]) => sequence(length, at, code)),
  },
  { weight: 1, arbitrary: fc.tuple(word, small).map(([condition, at]) => sequence(condition, at, '57')) },
  { weight: 1, arbitrary: fc.tuple(word, small).map(([condition, at]) => sequence(condition, '8015', at, '57')) },
  { weight: 1, arbitrary: target.map((a) => sequence(a, 'ff')) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 3 }).map(bytesToBareHex) },
  { weight: 1, arbitrary: fc.constantFrom('5b6000565b', '600356005b', 'fe', '00') },
);

/** Instructions that leave the stack as it was, a few times over. */
interface Loop {
  readonly rounds: number;
  readonly body: string;
  /** Whether the way back goes through ISZERO twice. */
  readonly isNegated: boolean;
}

const neutral: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(word, word, binary).map(([a, b, code]) => sequence(a, b, byte(code), '50')),
  fc.tuple(word, small).map(([a, at]) => sequence(a, at, '52')),
  fc.tuple(word, slot).map(([a, at]) => sequence(a, at, '55')),
  fc.tuple(small, small).map(([length, at]) => sequence(length, at, '2050')),
  fc.tuple(small, small, target, gas).map(([length, at, a, g]) => sequence(length, at, length, at, 0n, a, g, 'f150')),
  fc.tuple(small, small).map(([length, at]) => sequence(length, 0n, at, '3e')),
  fc.tuple(small, small).map(([length, at]) => sequence(length, at, 0n, 'f050')),
  fc.constantFrom('5a50', '5950', '5b', '3d50', '4750'),
);

const loop: fc.Arbitrary<Loop> = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.array(neutral, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([rounds, bodies, isNegated]) => ({ rounds, body: bodies.join(''), isNegated }));

/** Where memory ends for good: at the limits of our engines, of geth's 64 bits, of a word. */
const far = fc.constantFrom(
  ...[32n, 36n, 37n, 40n, 41n, 63n, 64n, 128n, 256n].flatMap((bits) =>
    [-33n, -32n, -31n, -1n, 0n, 1n].map((more) => BigInt.asUintN(256, (1n << bits) + more)),
  ),
);
const near = fc.bigInt({ min: 0n, max: 3n });

/** An instruction whose memory is mostly too far away: a program's last. */
const farInstruction: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      '20',
      '37',
      '39',
      '3c',
      '3e',
      '51',
      '52',
      '53',
      '5e',
      'a0',
      'a2',
      'f0',
      'f1',
      'f2',
      'f3',
      'f4',
      'f5',
      'fa',
      'fd',
    ),
    fc.array(fc.oneof({ weight: 3, arbitrary: near }, { weight: 1, arbitrary: far }), { minLength: 7, maxLength: 7 }),
  )
  .map(([code, operands]) => sequence(...operands, code));

/** Code of the parts; loops know where they are. */
function assemble(parts: readonly (string | Loop)[]): string {
  let code = '';
  for (const part of parts) {
    if (typeof part === 'string') {
      code += part;
      continue;
    }
    const start = (code.length / 2 + 2).toString(16).padStart(4, '0');
    // PUSH1 rounds, JUMPDEST, body, PUSH1 1, SWAP1, SUB, DUP1, (ISZERO, ISZERO,) PUSH2 start, JUMPI, POP
    code += `60${byte(part.rounds)}5b${part.body}6001900380${part.isNegated ? '1515' : ''}61${start}5750`;
  }
  return code;
}

/** Code that mostly does something: instructions with operands that make sense, loops, now and then rubbish. Hex without 0x. */
export const randomProgram: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 8, arbitrary: instruction }, { weight: 1, arbitrary: loop }), {
      minLength: 1,
      maxLength: 40,
    }),
    fc.oneof({ weight: 7, arbitrary: fc.constant('') }, { weight: 1, arbitrary: farInstruction }),
  )
  .map(([parts, last]) => assemble([...parts, last]));
