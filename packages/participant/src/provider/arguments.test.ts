import { describe, expect, it } from 'vitest';
import { readCall, readSend } from './arguments.ts';

const from = '0x00000000000000000000000000000000000000aa';
const to = '0x00000000000000000000000000000000000000bb';
const key = 'BULeR8JyUWhiuuCMU/HLA0Q5pzkYT+cHII3ZKBey3Bo=';
const never = (): boolean => false;

describe('arguments of eth_sendTransaction', () => {
  it('reads a private one, an empty list included', () => {
    const args = readSend({ from, to, data: '0x01', privateFor: [key], privateFrom: key }, undefined, never);
    expect(args.privateFor).toHaveLength(1);
    expect(args.privateFrom).toHaveLength(32);
    expect(readSend({ from, to, data: '0x01', privateFor: [] }, undefined, never).privateFor).toEqual([]);
  });

  it('refuses value in private with the text of GoQuorum', () => {
    expect(() => readSend({ from, to, data: '0x01', value: '0x1', privateFor: [key] }, undefined, never)).toThrow(
      expect.objectContaining({
        code: 'VALUE_IN_PRIVATE',
        message: 'ether value is not supported for private transactions',
      }),
    );
  });

  it.each([
    ['names privateFrom', { privateFrom: key }, never],
    ['names a privacy flag', { privacyFlag: 0 }, never],
    ['goes to a private contract', {}, (): boolean => true],
  ])('refuses to go public silently when it %s', (_what, extra, isPrivate) => {
    expect(() => readSend({ from, to, data: '0x01', ...extra }, undefined, isPrivate)).toThrow(
      expect.objectContaining({ code: 'SILENT_DOWNGRADE' }),
    );
  });

  it.each([
    ['Gas price not 0', { gasPrice: '0x1' }],
    ['PrivacyEnhancements are disabled', { privateFor: [key], privacyFlag: 1 }],
    ['invalid privacy flag', { privateFor: [key], privacyFlag: 4 }],
    ['both "data" and "input"', { input: '0x02' }],
    ['privateFor: a list', { privateFor: key }],
    ['privateFor[0]', { privateFor: ['not base64!'] }],
  ])('refuses: %s', (text, extra) => {
    expect(() => readSend({ from, to, data: '0x01', ...extra }, undefined, never)).toThrow(text);
  });

  it('takes privacy flags where the chain has them, with who has to be a party', () => {
    const read = (extra: object) =>
      readSend({ from, to, data: '0x01', privateFor: [key], ...extra }, undefined, never, true);
    expect(read({})).toMatchObject({ privacyFlag: 0, mandatoryFor: [] });
    expect(read({ privacyFlag: 3 })).toMatchObject({ privacyFlag: 3 });
    expect(read({ privacyFlag: 2, mandatoryFor: [key] }).mandatoryFor).toHaveLength(1);
    expect(() => read({ privacyFlag: 2 })).toThrow('missing mandatory recipients data');
    expect(() => read({ privacyFlag: 1, mandatoryFor: [key] })).toThrow('privacy metadata invalid');
  });

  it('refuses a creation without data', () => {
    expect(() => readSend({ from }, undefined, never)).toThrow('contract creation without any data provided');
  });

  it('reads calls', () => {
    expect(readCall({ to, data: '0x0102' })).toMatchObject({ from: undefined, data: Uint8Array.of(1, 2) });
    expect(() => readCall('0x')).toThrow('an object is wanted');
  });
});
