import { describe, expect, test } from 'vitest';
import { isIsoquorumError } from './errors.ts';
import { checkTransactionType } from './fork.ts';
import { bytesToHex, hexToBytes } from './hex.ts';
import { bigintToBytes } from './integer.ts';
import { decodeRlp, encodeRlp, type RlpItem } from './rlp.ts';
import { hasShared, hasSharedData, sharedTitle } from './testing/shared-data.ts';
import { readSuite } from './testing/unpack-suite.ts';
import {
  decodeTransaction,
  isPrivateTransaction,
  transactionHash,
  transactionSender,
} from './transaction/transaction.ts';

const archive = 'ethereum-format-tests.tar.gz';
const isPresent = hasSharedData && hasShared('suites', archive);

type RlpInput = string | number | readonly RlpInput[];
interface RlpTest {
  readonly in: RlpInput;
  readonly out: string;
}

/** Text is a byte string of its UTF-8 bytes, except `#` and digits, which is a number. */
function toItem(input: RlpInput): RlpItem {
  if (typeof input === 'number') return bigintToBytes(BigInt(input));
  if (typeof input !== 'string') return input.map(toItem);
  return input.startsWith('#') ? bigintToBytes(BigInt(input.slice(1))) : new TextEncoder().encode(input);
}

function plain(item: RlpItem): unknown {
  return item instanceof Uint8Array ? bytesToHex(item) : item.map(plain);
}

describe.skipIf(!isPresent)(sharedTitle('Ethereum RLP tests'), () => {
  const cases = isPresent
    ? readSuite(archive, 'RLPTests').flatMap(({ path, json }) =>
        Object.entries(json as Record<string, RlpTest>).map(([name, one]) => ({ name: `${path} ${name}`, ...one })),
      )
    : [];

  test('there are cases', () => {
    expect(cases.length).toBeGreaterThan(40);
  });

  test.each(cases)('$name', ({ in: input, out }) => {
    const bytes = hexToBytes(out.startsWith('0x') ? out : `0x${out}`);
    if (input === 'INVALID') {
      let error: unknown;
      try {
        decodeRlp(bytes);
      } catch (caught) {
        error = caught;
      }
      expect(isIsoquorumError(error) && error.code).toMatch(/^RLP_/);
      return;
    }
    const decoded = decodeRlp(bytes);
    expect(bytesToHex(encodeRlp(decoded))).toBe(bytesToHex(bytes));
    if (input !== 'VALID') {
      expect(plain(decoded)).toEqual(plain(toItem(input)));
      expect(bytesToHex(encodeRlp(toItem(input)))).toBe(bytesToHex(bytes));
    }
  });
});

interface TransactionTest {
  readonly txbytes: string;
  readonly result: Readonly<
    Record<string, { readonly hash?: string; readonly sender?: string; readonly exception?: string }>
  >;
}

/** Refusals that are rules of execution, not of the format. */
const executionRules = /INTRINSIC_GAS_TOO_LOW|NONCE_TOO_BIG|GASLIMIT_PRICE_PRODUCT_OVERFLOW|GASPRICE_OVERFLOW|INITCODE/;

const forks = {
  Homestead: { chainId: undefined, isBerlin: false },
  EIP150: { chainId: undefined, isBerlin: false },
  EIP158: { chainId: 1n, isBerlin: false },
  Byzantium: { chainId: 1n, isBerlin: false },
  Constantinople: { chainId: 1n, isBerlin: false },
  ConstantinopleFix: { chainId: 1n, isBerlin: false },
  Istanbul: { chainId: 1n, isBerlin: false },
  Berlin: { chainId: 1n, isBerlin: true },
} as const;

describe.skipIf(!isPresent)(sharedTitle('Ethereum transaction tests'), () => {
  const cases = isPresent
    ? readSuite(archive, 'TransactionTests').flatMap(({ path, json }) =>
        Object.entries(json as Record<string, TransactionTest>).map(([name, one]) => ({
          name: `${path} ${name}`,
          ...one,
        })),
      )
    : [];

  test('there are cases (those signed for chain id 1 look private to Quorum and are passed over)', () => {
    expect(cases.length).toBeGreaterThan(200);
  });

  test.each(cases)('$name', ({ txbytes, result }) => {
    for (const [fork, { chainId, isBerlin }] of Object.entries(forks)) {
      const expected = result[fork];
      if (expected === undefined || executionRules.test(expected.exception ?? '')) continue;
      let outcome: { hash: string; sender: string } | string;
      try {
        const transaction = decodeTransaction(hexToBytes(txbytes));
        if (isPrivateTransaction(transaction)) continue;
        checkTransactionType(transaction, { isBerlin });
        const sender = bytesToHex(transactionSender(transaction, chainId));
        outcome = { hash: bytesToHex(transactionHash(transaction)), sender };
      } catch (error) {
        if (!isIsoquorumError(error)) throw error;
        outcome = error.code;
      }
      if (expected.exception === undefined) expect(outcome).toEqual({ hash: expected.hash, sender: expected.sender });
      else expect(outcome).toMatch(/^(RLP|TRANSACTION)_/);
    }
  });
});
