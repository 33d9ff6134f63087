import {
  EMPTY_VIEW,
  type DirectoryEntryView,
  type OperationView,
  type TransactionView,
} from '@isoquorum/participant/participant-view';
import { describe, expect, it } from 'vitest';
import readyMade from '../contracts/ready-made.json' with { type: 'json' };
import { encodeCall, parseContractAbi } from '../abi/contract-abi.ts';
import { audienceArguments, audienceText, partyOptions } from './audience.ts';
import { ageText, groupDigits, plural, shorten } from './format.ts';
import { markModel } from './mark.ts';
import { operationSteps } from './operation-model.ts';
import { toProblem } from './problem.ts';
import { transactionModel } from './transaction-model.ts';

const abi = parseContractAbi(readyMade.contracts.SimpleStorage.abi);
const set = abi.functions.find((fn) => fn.name === 'set')!;

const entry = (name: string, change: Partial<DirectoryEntryView> = {}): DirectoryEntryView => ({
  enclaveKey: `${name}=`,
  name,
  kind: 'node',
  trust: 'verified',
  detail: '',
  route: 'home',
  peerId: undefined,
  ...change,
});

const transaction: TransactionView = {
  hash: '0x01',
  blockNumber: 5,
  index: 0,
  from: '0xaa',
  to: '0xbb',
  nonce: '0',
  readability: 'party',
  mine: true,
  data: encodeCall(set, ['42']),
  payloadHash: 'x',
  parties: [],
  status: 'success',
  revertReason: undefined,
  contractAddress: undefined,
  logs: [],
};

describe('texts', () => {
  it('shorten, group, count and tell ages', () => {
    expect(shorten('0x1234567890abcdef1234')).toBe('0x123456…ef1234');
    expect(shorten('short')).toBe('short');
    expect(groupDigits(1234567)).toBe('1\u202f234\u202f567');
    expect([plural(1, 'block'), plural(2, 'block')]).toEqual(['1 block', '2 blocks']);
    expect([0, 59, 61, 7200, 200_000].map(ageText)).toEqual([
      'just now',
      '59 s ago',
      '1 min ago',
      '2 h ago',
      '2 d ago',
    ]);
  });
});

describe('mark', () => {
  it('is never better than what is running', () => {
    const head = { ...EMPTY_VIEW.head, mark: 'verified' as const };
    expect(markModel(head, 'ready').label).toBe('Verified');
    expect(markModel(head, 'failed').label).toBe('Not verified');
    expect(markModel({ ...head, mark: 'old' }, 'ready').tone).toBe('stale');
  });
});

describe('audience', () => {
  it('offers nodes first, leaves the own key out, and blocks conflicts', () => {
    const options = partyOptions(
      [entry('b', { kind: 'page' }), entry('me'), entry('a'), entry('c', { trust: 'conflict' })],
      'me=',
    );
    expect(options.map(({ entry: { name } }) => name)).toEqual(['a', 'c', 'b']);
    expect(options.find(({ entry: { name } }) => name === 'c')?.blocked).toContain('Nothing is sent');
  });

  it('says privateFor also when it is empty, and nothing of the kind in public', () => {
    expect(audienceArguments({ kind: 'private', parties: [] }, 'me=')).toEqual({ privateFor: [], privateFrom: 'me=' });
    expect(audienceArguments({ kind: 'public' }, 'me=')).toEqual({});
    expect(audienceText({ kind: 'private', parties: ['a='] }, () => 'node1')).toContain('Only this page and node1');
    expect(audienceText({ kind: 'public' }, String)).toContain('Everyone');
  });
});

describe('operation', () => {
  const operation: OperationView = {
    id: '1',
    step: 'signing',
    text: '',
    transactionHash: undefined,
    problem: undefined,
  };

  it('shows what is behind and ahead', () => {
    expect(operationSteps(operation, true).map(({ state }) => state)).toEqual([
      'done',
      'done',
      'done',
      'current',
      'ahead',
      'ahead',
    ]);
    expect(operationSteps({ ...operation, step: 'done' }, false).every(({ state }) => state === 'done')).toBe(true);
  });

  it('shows where it failed', () => {
    const steps = operationSteps({ ...operation, step: 'failed' }, true, 'handing-over');
    expect(steps.find(({ state }) => state === 'failed')?.key).toBe('handing-over');
  });
});

describe('transaction', () => {
  it('is told by its function where the ABI is known', () => {
    expect(transactionModel(transaction, abi, 'Simple storage')).toMatchObject({
      title: 'Simple storage: set(42)',
      outcome: 'Succeeded',
      tone: 'private',
    });
  });

  it('tells a stranger neither what it did nor whether it succeeded', () => {
    const model = transactionModel(
      { ...transaction, readability: 'stranger', data: undefined, status: undefined },
      abi,
      'Simple storage',
    );
    expect(model).toMatchObject({ title: 'A private transaction', outcome: undefined, badge: 'Private, hidden' });
  });

  it('tells why it failed', () => {
    const model = transactionModel({ ...transaction, status: 'failed', revertReason: 'Token: balance too low' });
    expect(model).toMatchObject({ outcome: 'Failed: Token: balance too low', outcomeTone: 'bad' });
  });
});

describe('problem', () => {
  it('keeps our own code and advice, and always has some', () => {
    const error = Object.assign(new Error('no'), {
      code: -32000,
      data: { code: 'NO_HOME', advice: 'wait', fields: {} },
    });
    expect(toProblem(error)).toMatchObject({ code: 'NO_HOME', message: 'no', advice: 'wait' });
    expect(toProblem('odd')).toMatchObject({ code: 'UNEXPECTED', message: 'odd' });
    expect(toProblem(undefined).advice.length).toBeGreaterThan(10);
  });
});
